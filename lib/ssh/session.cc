#include "lib/ssh/session.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>  // ssh_send_keepalive, which is a client's as well
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lib/base/check.h"
#include "lib/ssh/words.h"

namespace ssh {

using base::Errc;
using base::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// So long may the answer to "are you there" take, or as long as the silence before it.
constexpr auto kAnswer = seconds(15);

constexpr int kMostFd = 0xffff;

// The library would look into the home of the user and into /etc for keys, known hosts and
// settings.
Result<void> ignore_the_user(ssh_session_struct* s) {
  const int off = 0;
  const bool ok = ssh_options_set(s, SSH_OPTIONS_PROCESS_CONFIG, &off) == SSH_OK &&
                  ssh_options_set(s, SSH_OPTIONS_SSH_DIR, "/nonexistent") == SSH_OK &&
                  ssh_options_set(s, SSH_OPTIONS_KNOWNHOSTS, "/dev/null") == SSH_OK &&
                  ssh_options_set(s, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null") == SSH_OK &&
                  ssh_options_set(s, SSH_OPTIONS_COMPRESSION, "no") == SSH_OK;
  if (!ok) return base::error(Errc::io, ssh_get_error(s));
  return {};
}

// libssh keeps its last error alone. After "nothing in common" it closes the socket, and may find
// that it cannot write to that one any more: so what it says is listened to.
class Mismatch {
 public:
  Mismatch() {
    ssh_set_log_callback(note);
    ssh_set_log_userdata(&text_);
    ssh_set_log_level(SSH_LOG_WARN);
  }
  ~Mismatch() { ssh_set_log_userdata(nullptr); }
  Mismatch(const Mismatch&) = delete;
  Mismatch& operator=(const Mismatch&) = delete;
  // Empty: there was none.
  const std::string& text() const { return text_; }

 private:
  static void note(int, const char*, const char* text, void* kept) {
    if (std::strstr(text, "no match for method") != nullptr) {
      *static_cast<std::string*>(kept) = text;
    }
  }
  std::string text_;
};

}  // namespace

struct Session::Counters {
  ssh_counter_struct socket{}, packets{};
  uint64_t seen = 0;  // bytes from the host when it was looked at last
};

Session::Session(Client& client, base::Fd socket, const Options& options, base::Time deadline,
                 Events events)
    : client_(client),
      options_(options),
      events_(std::move(events)),
      deadline_(deadline),
      socket_(std::move(socket)),
      counters_(std::make_unique<Counters>()),
      session_(ssh_new()),
      watch_(client.loop, socket_.get(), [this](unsigned) { event(); }),
      timer_(client.loop, [this] { timeout(); }),
      again_(client.loop, [this] { event(); }) {
  CHECK(session_ != nullptr);
  set_patience(socket_.get());
  if (Result<void> ok = configure(); !ok) {
    expect(client_.loop.now(), ok.error());
    return;
  }
  expect(deadline, base::error(Errc::timeout, "the host did not answer in time"));
  if (options_.host_key_check == HostKeyCheck::off) {
    known_types({});
  } else {
    look_up({}, [this](const KnownHostsFiles::Answer& known) { known_types(known.types); });
  }
}

Session::~Session() = default;

// What was sent and is not acknowledged for so long breaks the connection. Not for a socket pair.
void Session::set_patience(int fd) {
  if (options_.keepalive == base::Duration::zero()) return;
  const auto ms =
      std::chrono::duration_cast<milliseconds>(options_.keepalive + answer_time()).count();
  const unsigned patience = static_cast<unsigned>(ms);
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
}

Result<void> Session::configure() {
  ssh_session_struct* s = session_.get();
  if (Result<void> ok = ignore_the_user(s); !ok) return ok;
  // It wants a name, checks its form by rules of its own, and does not need it.
  ssh_options_set(s, SSH_OPTIONS_HOST, "host");
  if (ssh_options_set(s, SSH_OPTIONS_USER, options_.credentials.user.c_str()) != SSH_OK) {
    return base::error(Errc::bad_input, "no user name: ", options_.credentials.user);
  }
  return {};
}

// On its thread: the file may be on a disk that hangs.
void Session::look_up(std::optional<HostKey> key, KnownHostsFiles::Request::Done done) {
  waiting_ = true;
  known_.emplace(client_.known_hosts,
                 KnownHostsFiles::Question{options_.known_hosts,
                                           known_hosts_name(options_.host, options_.port),
                                           std::move(key), options_.host_key_check},
                 [this, done = std::move(done)](const KnownHostsFiles::Answer& answer) {
                   waiting_ = false;
                   look_again();
                   done(answer);
                 });
}

void Session::known_types(const std::vector<std::string>& types) {
  Result<void> set = set_algorithms(session_.get(), options_.algorithms, types);
  if (!set) return expect(client_.loop.now(), set.error());
  state_ = State::begin;
  interest();
}

void Session::interest() {
  unsigned want = net::Watch::kNothing;
  // A connection that broke was closed by libssh, and its number may be another's soon.
  const bool there = state_ == State::begin || ssh_get_fd(session_.get()) >= 0;
  if (there && state_ != State::over && !waiting_) {
    if (!held_) want |= net::Watch::kRead;
    const bool unsent = (ssh_get_status(session_.get()) & SSH_WRITE_PENDING) != 0;
    if (unsent || state_ == State::begin) want |= net::Watch::kWrite;
  }
  watch_.want(want);
}

void Session::event() {
  if (state_ != State::open && state_ != State::over) events_.progress();
  step();
}

void Session::step() {
  if (state_ == State::begin) {
    // It keeps but the lower half of the number.
    if (socket_.get() > kMostFd) return fail(base::sys_error(EMFILE, "descriptor"));
    const int fd = socket_.release();
    ssh_options_set(session_.get(), SSH_OPTIONS_FD, &fd);
    ssh_set_blocking(session_.get(), 0);
    ssh_set_counters(session_.get(), &counters_->socket, &counters_->packets);
    state_ = State::kex;
  }
  if (state_ == State::kex) key_exchange();
  if (state_ == State::host_key && !waiting_) host_key();
  if (state_ == State::login) {
    login();
  } else if (state_ == State::open) {
    flushed();
    events_.activity();
  }
  interest();
}

void Session::key_exchange() {
  const Mismatch mismatch;
  const int rc = ssh_connect(session_.get());
  // libssh makes the socket a blocking one when it takes it over.
  if (const int fd = ssh_get_fd(session_.get()); fd >= 0) base::set_nonblocking(fd, true);
  if (rc == SSH_AGAIN) return;
  if (rc != SSH_OK && !mismatch.text().empty()) {
    return fail(base::error(Errc::denied, library_words(mismatch.text())));
  }
  if (rc != SSH_OK) return fail(why());
  state_ = State::host_key;
}

void Session::host_key() {
  ssh_key raw = nullptr;
  if (ssh_get_server_publickey(session_.get(), &raw) != SSH_OK) return fail(why());
  const Key key = own_key(raw);
  char* base64 = nullptr;
  if (ssh_pki_export_pubkey_base64(raw, &base64) != SSH_OK) return fail(why());
  const HostKey shown{ssh_key_type_to_char(ssh_key_type(raw)), base64};
  ssh_string_free_char(base64);
  if (options_.host_key_check == HostKeyCheck::off) return trusted();
  look_up(shown, [this](const KnownHostsFiles::Answer& known) {
    known.may ? trusted() : fail(known.may.error());
  });
}

void Session::trusted() {
  login_.emplace(client_, session_.get(), options_.credentials, deadline_, [this] {
    waiting_ = false;
    look_again();  // and not here, within the callback of what it may have done with
  });
  state_ = State::login;
}

void Session::login() {
  const Result<Login::Step> step = login_->step();
  if (!step) return fail(step.error());
  waiting_ = *step == Login::Step::other;
  if (*step != Login::Step::done) return;
  login_.reset();
  state_ = State::open;
  events_.ready();
}

bool Session::flushed() {
  const bool all = ssh_blocking_flush(session_.get(), 0) == SSH_OK;
  called();
  return all;
}

void Session::called() {
  interest();
}

base::Error Session::why() const {
  return base::error(Errc::closed, library_words(ssh_get_error(session_.get())));
}

void Session::hold(bool on) {
  held_ = on;
  interest();
}

void Session::look_again() {
  again_.at(client_.loop.now());
}

void Session::expect(base::Time by, base::Error otherwise) {
  otherwise_ = std::move(otherwise);
  timer_.at(by);
}

void Session::settled() {
  otherwise_.reset();
  asked_ = false;
  if (options_.keepalive == base::Duration::zero()) return timer_.cancel();
  counters_->seen = counters_->socket.in_bytes;
  timer_.after(options_.keepalive);
}

base::Duration Session::answer_time() const {
  return std::min<base::Duration>(kAnswer, options_.keepalive);
}

void Session::timeout() {
  if (otherwise_ && waiting_ && state_ != State::login) {
    return fail(base::error(Errc::timeout, "known hosts: ", options_.known_hosts,
                            ": the disk does not answer"));
  }
  if (otherwise_ && waiting_) {
    return fail(base::error(Errc::timeout, "the agent, or the disk with the key, did not answer"));
  }
  if (otherwise_) return fail(*otherwise_);
  const bool heard = counters_->socket.in_bytes != counters_->seen;
  const bool answered = asked_ && heard;
  counters_->seen = counters_->socket.in_bytes;
  if (asked_ && !heard && !held_) {
    return fail(base::error(Errc::timeout, "the host does not answer any more"));
  }
  asked_ = false;
  // From the answer on it was silent already.
  if (answered) return timer_.after(options_.keepalive - answer_time());
  // What is not read cannot be missed.
  if (heard || held_) return timer_.after(options_.keepalive);
  ask();
}

void Session::ask() {
  // A call may do no more than to take note of the answer to the last one.
  const uint64_t before = counters_->packets.out_packets;
  ssh_send_keepalive(session_.get());
  if (counters_->packets.out_packets == before) ssh_send_keepalive(session_.get());
  asked_ = true;
  timer_.after(answer_time());
  look_again();  // the call may have read what is for the channel
  called();
}

void Session::fail(base::Error why) {
  if (state_ == State::over) return;
  state_ = State::over;
  timer_.cancel();
  again_.cancel();
  known_.reset();
  login_.reset();
  interest();
  events_.ended(base::in(options_.name(), std::move(why)));
}

}  // namespace ssh
