#include "lib/ssh/channel.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include <algorithm>
#include <array>

#include "lib/ssh/words.h"

namespace ssh {

using base::Errc;
using base::Result;

namespace {

constexpr uint32_t kBreakMs = 500;
constexpr size_t kMostAtOnce = 32 * 1024;
// A host that says "no more" says the status, too, or never.
constexpr auto kEnding = std::chrono::seconds(2);

}  // namespace

// libssh reads from the host when a stream that is asked for is empty, and what comes may be the
// other stream's: so it tells which of them has something, and only then is one read.
struct Channel::Callbacks {
  Callbacks() {
    table.size = sizeof table;
    table.userdata = this;
    table.channel_data_function = arrived;
  }
  static int arrived(ssh_session, ssh_channel, void*, uint32_t, int is_stderr, void* self) {
    static_cast<Callbacks*>(self)->waiting[is_stderr == 0 ? 0 : 1] = true;
    return 0;  // none of it was taken
  }
  ssh_channel_callbacks_struct table{};
  std::array<bool, 2> waiting{};
};

Channel::Channel(Session& session)
    : session_(session),
      callbacks_(std::make_unique<Callbacks>()),
      channel_(ssh_channel_new(session.get())) {
  if (channel_) ssh_set_channel_callbacks(channel_.get(), &callbacks_->table);
}

Channel::~Channel() = default;

base::Error Channel::why(std::string_view doing) const {
  return base::in(doing, base::error(Errc::closed, library_words(ssh_get_error(session_.get()))));
}

// True: on to the next step; false: called again later.
Result<bool> Channel::request(int rc, Step next) {
  session_.called();
  if (rc == SSH_AGAIN) return false;
  if (rc != SSH_OK) return base::error(Errc::denied, "");
  step_ = next;
  return true;
}

Result<bool> Channel::open_console(const Console& console) {
  if (!channel_) return why("channel");
  ssh_channel_struct* c = channel_.get();
  if (step_ == Step::begin) {
    const Result<bool> r = request(ssh_channel_open_session(c), Step::terminal);
    if (!r) return why("channel");
    if (!*r) return false;
  }
  if (step_ == Step::terminal) {
    const int rc =
        ssh_channel_request_pty_size(c, console.term.c_str(), console.columns, console.rows);
    const Result<bool> r = request(rc, Step::start);
    if (!r && ssh_is_connected(session_.get()) == 0) return why("terminal");
    if (r && !*r) return false;
    step_ = Step::start;
  }
  const bool shell = console.command.empty();
  what_ = shell ? "the shell" : "the command";
  const Result<bool> r = request(
      shell ? ssh_channel_request_shell(c) : ssh_channel_request_exec(c, console.command.c_str()),
      Step::done);
  if (!r) return why(shell ? "shell" : "command");
  return r;
}

Result<bool> Channel::open_forward(const std::string& host, uint16_t port) {
  if (!channel_) return why("channel");
  const Result<bool> r = request(
      ssh_channel_open_forward(channel_.get(), host.c_str(), port, "localhost", 0), Step::done);
  if (!r) return why(base::cat("connection to ", host, ":", port));
  return r;
}

Result<size_t> Channel::read(std::span<char> room) {
  std::array<bool, 2>& waiting = callbacks_->waiting;
  int there = 0;
  if (!waiting[0] && !waiting[1]) there = ssh_channel_poll(channel_.get(), 0);
  int got = 0;
  for (const int stream : {0, 1}) {
    const size_t at = static_cast<size_t>(stream);
    if (got != 0 || !waiting[at]) continue;
    got = ssh_channel_read_nonblocking(channel_.get(), room.data(),
                                       static_cast<uint32_t>(room.size()), stream);
    waiting[at] = got == static_cast<int>(room.size());
  }
  session_.called();
  if (got > 0) return static_cast<size_t>(got);
  if (there == SSH_ERROR || got < 0) return session_.why();
  if (there == SSH_EOF || ssh_channel_is_closed(channel_.get()) != 0) return end();
  return size_t{0};
}

// The status may come behind the last byte.
Result<size_t> Channel::end() {
  const int status = ssh_channel_get_exit_status(channel_.get());
  session_.called();
  if (status >= 0) return base::error(Errc::closed, what_, " ended: exit status ", status);
  const base::Error ended = base::error(Errc::closed, what_, " was closed by the host");
  const bool closed = ssh_channel_is_closed(channel_.get()) != 0;
  if (closed || ssh_is_connected(session_.get()) == 0) return ended;
  if (!ending_) session_.expect(session_.now() + kEnding, ended);
  ending_ = true;
  return size_t{0};
}

bool Channel::writable() {
  return session_.flushed() && ssh_channel_is_open(channel_.get()) != 0 &&
         ssh_channel_window_size(channel_.get()) > 0;
}

size_t Channel::write(std::string_view bytes) {
  if (!writable()) return 0;
  const size_t window = ssh_channel_window_size(channel_.get());
  const size_t size = std::min({bytes.size(), window, kMostAtOnce});
  const int n = ssh_channel_write(channel_.get(), bytes.data(), static_cast<uint32_t>(size));
  session_.called();
  // The call may have read what is to be taken, or that the connection broke.
  const bool news = callbacks_->waiting[0] || callbacks_->waiting[1];
  if (news || ssh_is_connected(session_.get()) == 0) session_.look_again();
  return n > 0 ? static_cast<size_t>(n) : 0;
}

void Channel::finish() {
  ssh_channel_send_eof(channel_.get());
  session_.called();
}

void Channel::resize(int rows, int columns) {
  ssh_channel_change_pty_size(channel_.get(), columns, rows);
  session_.called();
}

void Channel::send_break() {
  ssh_channel_request_send_break(channel_.get(), kBreakMs);
  session_.called();
}

}  // namespace ssh
