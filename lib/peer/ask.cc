#include "lib/peer/ask.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <nlohmann/json.hpp>

#include "lib/net/address.h"
#include "lib/net/dialler.h"
#include "lib/peer/peer.h"

namespace peer {

using base::Errc;
using base::error;
using base::Result;
using wire::Json;

namespace {

Result<void> wait_readable(int fd, base::Time deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - base::Clock::now());
  pollfd p{fd, POLLIN, 0};
  const int n = ::poll(&p, 1, static_cast<int>(std::max<int64_t>(0, left.count())));
  if (n == 0) return base::sys_error(ETIMEDOUT, "no answer");
  if (n < 0 && errno != EINTR) return base::sys_error(errno, "poll");
  return {};
}

// Bytes up to and with the first newline, and what came behind it.
Result<std::string> read_line(int fd, base::Time deadline, std::string* rest) {
  std::string got;
  size_t looked = 0;
  std::array<char, size_t{64} * 1024> buf;  // NOLINT: filled by recv
  for (;;) {
    const size_t end = got.find('\n', looked);
    if (end != std::string::npos) {
      if (rest != nullptr) *rest = got.substr(end + 1);
      got.resize(end);
      return got;
    }
    looked = got.size();
    if (looked > kMaxAnswer) return error(Errc::too_big, "an endless answer");
    if (Result<void> r = wait_readable(fd, deadline); !r) return r.error();
    const ssize_t n = ::recv(fd, buf.data(), buf.size(), 0);
    if (n == 0) return base::Error{Errc::closed, ECONNRESET, "closed without an answer"};
    if (n < 0 && errno != EAGAIN && errno != EINTR) return base::sys_error(errno, "read");
    if (n > 0) got.append(buf.data(), static_cast<size_t>(n));
  }
}

Result<void> send_command(int fd, const Json& command) {
  const std::string line = wire::dump(command) + "\n";
  // A short request on a fresh connection fits its buffer. One that was turned away has an answer.
  const ssize_t sent = ::send(fd, line.data(), line.size(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(line.size()) || (sent < 0 && errno == EPIPE)) return {};
  return base::sys_error(errno, "send");
}

}  // namespace

Result<Json> answer_of(int fd, base::Time deadline, std::string* rest) {
  const Result<std::string> answer = read_line(fd, deadline, rest);
  if (!answer) return answer.error();
  Result<Json> json = wire::parse(*answer);
  if (!json) return json;
  if (!json->is_object()) return error(Errc::bad_input, "not an answer: ", *answer);
  if (json->contains("error")) {
    const Json& refused = json->at("error");
    return error(code_named(text_of(refused, "code")).value_or(Errc::denied),
                 text_of(refused, "message", "refused"));
  }
  return json;
}

Result<Json> ask(int fd, const Json& command, base::Time deadline, std::string* rest) {
  if (const Result<void> sent = send_command(fd, command); !sent) return sent.error();
  return answer_of(fd, deadline, rest);
}

std::string text_of(const Json& object, std::string_view key, std::string_view otherwise) {
  if (!object.is_object()) return std::string(otherwise);
  const auto at = object.find(key);
  return std::string(at != object.end() && at->is_string() ? at->get_ref<const std::string&>()
                                                           : otherwise);
}

std::optional<int64_t> number_of(const Json& object, std::string_view key) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_number_integer()) return {};
  return at->get<int64_t>();
}

Result<base::Fd> begin_ask(const std::string& control, const Json& command, base::Time deadline) {
  const Result<net::Address> address = net::unix_address(control);
  if (!address) return address.error();
  Result<base::Fd> fd = net::dial(*address, deadline);
  if (!fd) return fd;
  if (const Result<void> sent = send_command(fd->get(), command); !sent) return sent.error();
  return fd;
}

Result<Json> ask(const std::string& control, const Json& command, base::Time deadline) {
  const Result<base::Fd> fd = begin_ask(control, command, deadline);
  if (!fd) return fd.error();
  return answer_of(fd->get(), deadline);
}

}  // namespace peer
