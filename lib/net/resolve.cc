#include "lib/net/resolve.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "lib/base/args.h"
#include "lib/base/paths.h"

namespace net {

using base::Errc;
using base::Result;

namespace {

// What the helper may print: less than a pipe holds, so that it never waits for us and its words
// are read once, when it has ended.
constexpr size_t kMostBytes = 64 * 1024;

std::string with_port(std::string_view host, uint16_t port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  return v6 ? base::cat("[", host, "]:", port) : base::cat(host, ":", port);
}

Address address_of(const addrinfo& found, uint16_t port) {
  Address a;
  a.size = found.ai_addrlen;
  std::memcpy(&a.storage, found.ai_addr, found.ai_addrlen);
  std::array<char, NI_MAXHOST> host{};
  ::getnameinfo(a.get(), a.size, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST);
  a.text = with_port(host.data(), port);
  return a;
}

base::Error failed(int rc, int sys, const std::string& host) {
  if (rc == EAI_SYSTEM) return base::sys_error(sys, host);
  // glibc tells apart a name that is not there and one that has no address.
  const bool unknown = rc == EAI_NONAME || rc == EAI_NODATA || rc == EAI_ADDRFAMILY;
  return base::error(unknown ? Errc::not_found : Errc::io, host, ": ", ::gai_strerror(rc));
}

Result<std::vector<Address>> ask(const std::string& host, uint16_t port, int flags) {
  // The resolver would take an empty name for this machine.
  if (host.empty()) return base::error(Errc::bad_input, "an empty host name");
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* first = nullptr;
  const int rc = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &first);
  if (rc != 0) return failed(rc, errno, host);
  std::vector<Address> out;
  for (const addrinfo* a = first; a != nullptr; a = a->ai_next) out.push_back(address_of(*a, port));
  ::freeaddrinfo(first);
  return out;
}

std::string read_rest(int fd) {
  std::string out(kMostBytes, '\0');
  size_t have = 0;
  while (have < out.size()) {
    const ssize_t n = ::read(fd, out.data() + have, out.size() - have);
    if (n <= 0) break;
    have += static_cast<size_t>(n);
  }
  out.resize(have);
  return out;
}

// "127.0.0.1:6379" or "[::1]:6379": the port is ours already.
Result<Address> parse_line(std::string_view line, uint16_t port) {
  std::string_view host = line.substr(0, line.rfind(':'));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return numeric_address(std::string(host), port);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

Result<std::vector<Address>> parse_addresses(std::string_view text, uint16_t port) {
  std::vector<Address> out;
  for (const std::string_view line : lines_of(text)) {
    Result<Address> a = parse_line(line, port);
    if (!a) return base::error(Errc::io, a.error().what);
    out.push_back(std::move(*a));
  }
  if (out.empty()) return base::error(Errc::io, "the resolver named no address");
  return out;
}

// The last line says why, "resolve: HOST: reason".
base::Error parse_failure(std::string_view text, int status, const std::string& host) {
  const Errc code =
      WIFEXITED(status) && WEXITSTATUS(status) == base::kExitNo ? Errc::not_found : Errc::io;
  const std::string why = last_line(text, "resolve");
  if (why.empty()) return base::error(code, host, ": resolver: ", status_text(status));
  return base::error(code, why);
}

}  // namespace

Result<Address> numeric_address(const std::string& host, uint16_t port) {
  Result<std::vector<Address>> found = ask(host, port, AI_NUMERICHOST);
  if (!found) return base::error(Errc::bad_input, host, ": not a numeric address");
  return found->front();
}

Result<std::vector<Address>> lookup(const std::string& host, uint16_t port) {
  return ask(host, port, 0);
}

Resolve::Resolve(Loop& loop, std::string host, uint16_t port, base::Time deadline, Done done)
    : loop_(loop),
      host_(std::move(host)),
      port_(port),
      done_(std::move(done)),
      timer_(loop, [this] {
        finish(early_ ? std::move(*early_)
                      : Result<std::vector<Address>>(
                            base::sys_error(ETIMEDOUT, host_, ": name lookup")));
      }) {
  if (Result<Address> a = numeric_address(host_, port_)) {
    early_ = std::vector<Address>{std::move(*a)};
  } else if (Result<void> started = start(); !started) {
    early_ = base::in(host_, started.error());
  }
  timer_.at(early_ ? loop_.now() : deadline);
}

Resolve::~Resolve() {
  if (child_) child_->end();  // nobody else will collect it
}

Result<void> Resolve::start() {
  // A name that looks like an option is none: DNS knows no such.
  if (host_.empty() || host_.front() == '-') return base::error(Errc::not_found, "no host name");
  Result<base::Pipe> pipe = base::make_pipe();
  if (!pipe) return pipe.error();
  Command command;
  command.argv = {base::paths::libexec() + "/resolve", host_, std::to_string(port_)};
  command.environment = environment();
  command.out = command.err = pipe->write.get();
  Result<std::unique_ptr<Child>> child =
      Child::start(loop_, command, [this](int status) { exited(status); });
  if (!child) return child.error();
  output_ = std::move(pipe->read);
  base::set_nonblocking(output_.get(), true);
  child_ = std::move(*child);
  return {};
}

void Resolve::exited(int status) {
  const std::string text = read_rest(output_.get());
  if (status != 0) return finish(parse_failure(text, status, host_));
  Result<std::vector<Address>> found = parse_addresses(text, port_);
  finish(found ? std::move(found) : base::in(host_, found.error()));
}

void Resolve::finish(Result<std::vector<Address>> result) {
  timer_.cancel();
  if (child_) child_->end();
  const Done done = std::move(done_);
  done(std::move(result));
}

NameDialler::NameDialler(Loop& loop, std::string host, uint16_t port, base::Time deadline,
                         Done done)
    : loop_(loop),
      host_(host),
      deadline_(deadline),
      done_(std::move(done)),
      step_(loop, [this] { dial(); }),
      resolve_(loop, std::move(host), port, deadline, [this](Result<std::vector<Address>> found) {
        if (!found) return finish(found.error());
        addresses_ = std::move(*found);
        dial();
      }) {}

// An address that swallows everything may take its share of the time and no more.
void NameDialler::dial() {
  const base::Time now = loop_.now();
  const auto left = static_cast<base::Duration::rep>(addresses_.size() - next_);
  const base::Time until = deadline_ > now ? now + (deadline_ - now) / left : now;
  dialler_ = std::make_unique<Dialler>(
      loop_, addresses_[next_++], until, [this](Result<base::Fd> connected) {
        if (!connected && next_ < addresses_.size() && loop_.now() < deadline_) {
          step_.at(loop_.now());
        } else {
          finish(std::move(connected));
        }
      });
}

void NameDialler::finish(Result<base::Fd> result) {
  const Done done = std::move(done_);
  // A Dialler's errors name the address alone.
  const bool add = !result && next_ > 0 && !numeric_address(host_, 0);
  done(add ? base::in(host_, result.error()) : std::move(result));
}

}  // namespace net
