// Server: the consoled (or goconserver) that is asked, over its unix socket or where CONGO_URL
// says. One connection, kept from request to request. Blocks, each request until its deadline at
// most.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/http/parser.h"
#include "lib/net/child.h"
#include "lib/net/loop.h"
#include "tools/conctl/options.h"

namespace conctl {

// A connection to host and port; with TLS where files are given. It ends with this.
class Link {
 public:
  static base::Result<std::unique_ptr<Link>> open_unix(const std::string& path,
                                                       base::Time deadline);
  // `name`: whom the certificate must be for.
  static base::Result<std::unique_ptr<Link>> open_tcp(const std::string& host,
                                                      const std::string& port, bool tls,
                                                      const TlsFiles& files,
                                                      const std::string& name, base::Time deadline);
  int fd() const { return fd_.get(); }
  // The descriptor, non-blocking; the rest of the Link must live as long as it.
  base::Fd take() { return std::move(fd_); }

 private:
  base::Fd fd_;
  std::unique_ptr<net::Loop> loop_;  // Child wants one; it never runs
  std::unique_ptr<net::Child> tlspipe_;
};

class Server {
 public:
  explicit Server(const Options& options);

  // One request and its answer, whatever its status. Errors name the server, and what to do.
  base::Result<http::Answer> call(std::string_view method, std::string_view target,
                                  std::string_view body = {});
  // The same where every answer but a 2xx is an error, of the code that fits its status.
  base::Result<std::string> ask(std::string_view method, std::string_view target,
                                std::string_view body = {});

  // The path of a node: "/nodes/NAME", encoded.
  static std::string node_path(std::string_view name);
  // The socket for commands beside the one for HTTP. not_found where the server is a remote one.
  base::Result<std::string> control_socket() const;

 private:
  base::Result<void> connect(base::Time deadline);
  base::Result<void> connect_unix(base::Time deadline);
  base::Result<http::Answer> exchange(const std::string& request, bool head, base::Time deadline);

  const Options& options_;
  std::string socket_;  // that answered
  std::string host_, prefix_;
  std::unique_ptr<Link> link_;
};

// "409 conflict": congo's words for a status.
std::string status_words(int status);

// The server's own words for what was wrong: of a JSON error, or the text as it came.
std::string reason_of(const http::Answer& answer);

}  // namespace conctl
