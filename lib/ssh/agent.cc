#include "lib/ssh/agent.h"

#include <libssh/libssh.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace ssh {

using base::Errc;
using base::Result;

namespace {

constexpr char kFailure = 5, kListRequest = 11, kListAnswer = 12, kSignRequest = 13,
               kSignAnswer = 14;
constexpr size_t kLength = 4;
constexpr size_t kMostAnswer = 256 * 1024;
constexpr size_t kMostKey = 16 * 1024;
constexpr size_t kMostKeys = 64;

std::string u32(size_t n) {
  return {static_cast<char>(n >> 24U), static_cast<char>(n >> 16U), static_cast<char>(n >> 8U),
          static_cast<char>(n)};
}

// The number at the front, which must be there.
size_t get_u32(std::string_view bytes) {
  size_t n = 0;
  for (size_t i = 0; i < kLength; i++) n = n << 8U | static_cast<unsigned char>(bytes[i]);
  return n;
}

std::string framed(std::string_view message) {
  return u32(message.size()).append(message);
}

// Takes a string with its length off the front; null: it is cut short.
std::optional<std::string_view> take_string(std::string_view& bytes) {
  if (bytes.size() < kLength || bytes.size() - kLength < get_u32(bytes)) return {};
  const std::string_view out = bytes.substr(kLength, get_u32(bytes));
  bytes.remove_prefix(kLength + out.size());
  return out;
}

}  // namespace

std::string agent_list_request() {
  return {kListRequest};
}

std::string agent_failure() {
  return {kFailure};
}

bool is_sign_request(std::string_view message) {
  return message.starts_with(kSignRequest);
}

bool is_sign_answer(std::string_view message) {
  return message.starts_with(kSignAnswer);
}

Result<std::vector<Identity>> parse_identities(std::string_view message) {
  const base::Error bad = base::error(Errc::bad_input, "an answer that makes no sense");
  if (!message.starts_with(kListAnswer) || message.size() < 1 + kLength) return bad;
  message.remove_prefix(1);
  const size_t count = get_u32(message);
  message.remove_prefix(kLength);
  std::vector<Identity> out;
  for (size_t i = 0; i < count && i < kMostKeys; i++) {
    const auto blob = take_string(message);
    const auto comment = blob ? take_string(message) : std::nullopt;
    if (!comment) return bad;
    if (blob->size() <= kMostKey) out.push_back({std::string(*blob), ""});
  }
  return out;
}

std::string identities_answer(const Identity& identity) {
  return base::cat(kListAnswer, u32(1), framed(identity.blob), framed(identity.comment));
}

AgentTalk::AgentTalk(net::Loop& loop, const std::string& socket, std::string question,
                     base::Time deadline, Done done)
    : loop_(loop),
      socket_(socket),
      question_(std::move(question)),
      done_(std::move(done)),
      timer_(loop, [this] { finish(*failed_); }) {
  const Result<net::Address> address = net::unix_address(socket);
  if (!address) {
    failed_ = address.error();
    timer_.at(loop_.now());
    return;
  }
  dialler_.emplace(loop_, *address, deadline,
                   [this](Result<base::Fd> fd) { dialled(std::move(fd)); });
}

void AgentTalk::dialled(Result<base::Fd> fd) {
  if (!fd) return finish(fd.error());
  stream_.emplace(loop_, std::move(*fd),
                  net::Stream::Events{
                      .data = [this](std::string_view bytes) { take(bytes); },
                      .end =
                          [this](std::optional<base::Error> e) {
                            finish(e ? *e : base::error(Errc::closed, "closed without an answer"));
                          },
                      .low_water = nullptr});
  stream_->send(framed(question_));
}

void AgentTalk::take(std::string_view bytes) {
  answer_ += bytes;
  if (answer_.size() < kLength) return;
  const size_t size = get_u32(answer_);
  if (size > kMostAnswer)
    return finish(base::error(Errc::too_big, "an answer of ", size, " bytes"));
  if (answer_.size() >= kLength + size) finish(answer_.substr(kLength, size));
}

void AgentTalk::finish(Result<std::string> result) {
  if (!done_) return;
  if (stream_) stream_->pause(true);
  const Done done = std::exchange(done_, nullptr);
  done(result ? std::move(result) : base::in(base::cat("agent ", socket_), result.error()));
}

Result<Prompter> Prompter::make(ssh_session_struct* session,
                                const std::vector<std::string>& answers, const Prompter* before) {
  Result<base::SocketPair> pair = base::make_socket_pair();
  if (!pair) return pair.error();
  Prompter out{std::move(pair->one)};
  base::Fd theirs = std::move(pair->other);
  for (const std::string& answer : answers) {
    const std::string bytes = framed(answer);
    const ssize_t n = ::write(out.end_.get(), bytes.data(), bytes.size());
    if (n != static_cast<ssize_t>(bytes.size())) {
      return base::error(Errc::too_big, "an answer that does not fit");
    }
  }
  ::shutdown(out.end_.get(), SHUT_WR);
  if (ssh_set_agent_socket(session, theirs.get()) != SSH_OK) {
    return base::error(Errc::io, ssh_get_error(session));
  }
  if (before != nullptr) ::close(before->theirs_);
  out.theirs_ = theirs.release();
  return out;
}

std::string Prompter::sign_request() const {
  std::string bytes(kMostAnswer, '\0');
  const ssize_t n = ::read(end_.get(), bytes.data(), bytes.size());
  bytes.resize(n > 0 ? static_cast<size_t>(n) : 0);
  std::string_view rest = bytes;
  while (const auto message = take_string(rest)) {
    if (is_sign_request(*message)) return std::string(*message);
  }
  return "";
}

}  // namespace ssh
