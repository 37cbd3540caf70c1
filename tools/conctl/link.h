// Link: a connection to a server: a unix socket, or TCP to a name, with TLS where that is asked
// for. It ends with this. Blocks, each call until its deadline at most.
#pragma once

#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/child.h"
#include "lib/net/loop.h"
#include "tools/conctl/options.h"

namespace conctl {

// Why a server was not reached: "not found" (no such file, nobody listens, no such host) is io
// then, for an answer that says so is about a console.
base::Error unreachable(base::Error error);

class Link {
 public:
  static base::Result<std::unique_ptr<Link>> open_unix(const std::string& path,
                                                       base::Time deadline);
  // `name`: whom the certificate must be for.
  static base::Result<std::unique_ptr<Link>> open_tcp(const std::string& host,
                                                      const std::string& port, bool tls,
                                                      const TlsFiles& files,
                                                      const std::string& name, base::Time deadline);

  // No error where the other side has closed: read() tells what it said before.
  base::Result<void> send(std::string_view bytes, base::Time deadline);
  // What has come, at least a byte; "" at the end. Good until the next call.
  base::Result<std::string_view> read(base::Time deadline);
  // From now on read() fails when nobody reads our stdout any more (closed).
  void mind_reader() { reader_ = STDOUT_FILENO; }

  // The descriptor, non-blocking; the rest of the Link must live as long as it.
  base::Fd take() { return std::move(fd_); }

 private:
  base::Fd fd_;
  int reader_ = -1;
  std::string buffer_;
  std::unique_ptr<net::Loop> loop_;  // Child wants one; it never runs
  std::unique_ptr<net::Child> tlspipe_;
};

}  // namespace conctl
