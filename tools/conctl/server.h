// Server: the consoled (or goconserver) that is asked, over its unix socket or where CONGO_URL
// says. One connection, kept from request to request. Blocks, each request until its deadline at
// most.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/parser.h"
#include "tools/conctl/link.h"

namespace conctl {

class Server {
 public:
  explicit Server(const Options& options);

  // One request and its answer, whatever its status. `fields`: lines for the header. Errors name
  // the server, and what to do.
  base::Result<http::Answer> call(std::string_view method, std::string_view target,
                                  std::string_view body = {}, std::string_view fields = {});
  // The same where every answer but a 2xx is an error, of the code that fits its status.
  base::Result<std::string> ask(std::string_view method, std::string_view target,
                                std::string_view body = {});

  // GET, with the body given to `take` as it comes; false: enough. What is no 2xx is an error as
  // above. Only the first word has a deadline: the rest may take its time.
  base::Result<void> get(std::string_view target,
                         const std::function<bool(std::string_view)>& take);

  // The next request has a connection of its own: an idle one may have been closed meanwhile, which
  // for what changes something is an error.
  void hang_up() { link_.reset(); }

  // The path of a node: "/nodes/NAME", encoded.
  static std::string node_path(std::string_view name);
  // The socket for commands beside the one for HTTP. not_found where the server is a remote one.
  base::Result<std::string> control_socket() const;

 private:
  base::Result<void> connect(base::Time deadline);
  std::vector<std::string> places() const;
  base::Error nobody() const;
  base::Result<void> connect_unix(base::Time deadline);
  base::Result<void> ready(base::Time deadline);
  std::string request_text(std::string_view method, std::string_view target, std::string_view body,
                           std::string_view fields) const;
  base::Result<http::Answer> exchange(const std::string& request, bool head, base::Time deadline);
  base::Result<void> receive(http::AnswerParser& parser,
                             const std::function<bool(std::string_view)>& take,
                             base::Time deadline);
  base::Error named(const base::Error& error) const;

  const Options& options_;
  std::string socket_;  // that answered
  std::string host_, prefix_;
  std::unique_ptr<Link> link_;
};

// "response == 409 conflict": congo's words for a status.
std::string status_words(int status);

// What an answer that is no 2xx is as an error.
base::Error refusal(const http::Answer& answer);

// The server's own words for what was wrong: of a JSON error, or the text as it came.
std::string reason_of(const http::Answer& answer);

}  // namespace conctl
