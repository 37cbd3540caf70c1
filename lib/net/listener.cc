#include "lib/net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "lib/base/args.h"
#include "lib/base/log.h"

namespace net {

using base::Fd;
using base::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {
constexpr int kBacklog = 512;
constexpr int kAcceptsPerTurn = 64;
constexpr auto kPause = milliseconds(200);
constexpr auto kLockPatience = milliseconds(500);
constexpr auto kLogInterval = seconds(10);
constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START
constexpr int kMaxInherited = 64;

Result<Fd> make_socket(const Address& a) {
  Fd fd(::socket(a.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return base::sys_error(errno, "socket");
  return fd;
}

// 0: somebody accepts connections there; else why not. EAGAIN: a unix socket whose queue is full
// has somebody behind it; so has a TCP one under way.
int try_connect(const Address& a) {
  Result<Fd> fd = make_socket(a);
  if (!fd) return fd.error().sys;
  if (::connect(fd->get(), a.get(), a.size) == 0) return 0;
  return errno == EAGAIN || errno == EINPROGRESS ? 0 : errno;
}

// Nobody answers and the file is a socket: then it may go. Only a refusal means that there is
// nobody: another user's socket (EACCES) may be a live one, and so may /dev/log (EPROTOTYPE).
Result<void> clear_the_way(const Address& a, bool replace_dead) {
  struct stat st {};
  if (::lstat(a.text.c_str(), &st) < 0) return {};
  if (!S_ISSOCK(st.st_mode)) return base::error(base::Errc::busy, a.text, ": is not a socket");
  const int why = try_connect(a);
  if (why == 0) {
    return base::error(base::Errc::busy, a.text, ": is in use: a live job answers there");
  }
  if (why == ENOENT) return {};
  if (why != ECONNREFUSED) return base::sys_error(why, a.text);
  if (!replace_dead) {
    return base::error(base::Errc::busy, a.text, ": a dead socket is in the way: use --force");
  }
  if (::unlink(a.text.c_str()) < 0) return base::sys_error(errno, a.text);
  return {};
}

// Two who find the same dead socket must not take it away from each other: between look, unlink and
// bind the folder is locked. Anybody may lock a shared folder, so nobody is waited for for long.
Fd lock_folder(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string dir = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  Result<Fd> fd = base::open_file(dir, O_RDONLY | O_DIRECTORY);
  if (!fd) return {};
  const base::Time deadline = base::Clock::now() + kLockPatience;
  while (::flock(fd->get(), LOCK_EX | LOCK_NB) < 0 && base::Clock::now() < deadline) {
    ::poll(nullptr, 0, 5);
  }
  return std::move(*fd);
}

int bind_under(const Address& a, int fd, unsigned mask) {
  const mode_t old = ::umask(mask);
  const int rc = ::bind(fd, a.get(), a.size);
  const int saved = errno;
  ::umask(old);
  errno = saved;
  return rc;
}

uint64_t inode_of(const std::string& path) {
  struct stat st {};
  return !path.empty() && ::lstat(path.c_str(), &st) == 0 ? st.st_ino : 0;
}

bool short_of_descriptors(int sys) {
  return sys == EMFILE || sys == ENFILE || sys == ENOBUFS || sys == ENOMEM;
}
}  // namespace

Result<bool> answers(const Address& address) {
  const int why = try_connect(address);
  if (why == EACCES || why == EPERM) return base::sys_error(why, address.text);
  return why == 0;
}

Result<Fd> bind_listen(const Address& a, const BindOptions& options) {
  Fd lock;
  if (a.is_path()) {
    lock = lock_folder(a.text);
    if (Result<void> r = clear_the_way(a, options.replace_dead); !r) return r.error();
  }
  Result<Fd> fd = make_socket(a);
  if (!fd) return fd.error();
  const int on = 1;
  if (!a.is_unix()) ::setsockopt(fd->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind_under(a, fd->get(), options.umask) < 0) return base::sys_error(errno, a.text);
  if (::listen(fd->get(), kBacklog) < 0) return base::sys_error(errno, a.text);
  return fd;
}

uint16_t port_of(int socket) {
  sockaddr_storage s{};
  socklen_t size = sizeof s;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&s), &size) < 0) return 0;
  // Both families have it in the same place.
  return ntohs(reinterpret_cast<const sockaddr_in&>(s).sin_port);
}

void remove_socket(const std::string& path) {
  ::unlink(path.c_str());
}

std::vector<Fd> inherited_sockets() {
  std::vector<Fd> out;
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  const bool ours = pid != nullptr && count != nullptr && std::to_string(::getpid()) == pid;
  if (ours) {
    const Result<int64_t> n = base::parse_number(count, 0, kMaxInherited);
    for (int i = 0; n && i < *n; i++) {
      Fd fd(kFirstInherited + i);
      ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
      base::set_nonblocking(fd.get(), true);
      out.push_back(std::move(fd));
    }
  }
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  return out;
}

Listener::Listener(Loop& loop, Fd socket, std::string remove, OnAccept on_accept)
    : loop_(loop),
      socket_(std::move(socket)),
      remove_(std::move(remove)),
      inode_(inode_of(remove_)),
      on_accept_(std::move(on_accept)),
      resume_(loop,
              [this] {
                paused_ = false;
                interest();
              }),
      watch_(loop, socket_.get(), [this](unsigned) { accept_some(); }) {
  interest();
}

Listener::~Listener() {
  close();
}

void Listener::close() {
  if (!socket_) return;
  watch_.want(Watch::kNothing);
  resume_.cancel();
  // Another daemon may have taken the name since: its file stays.
  if (!remove_.empty() && inode_of(remove_) == inode_) ::unlink(remove_.c_str());
  socket_.reset();
}

void Listener::interest() {
  watch_.want(socket_ && !paused_ ? Watch::kRead : Watch::kNothing);
}

void Listener::accept_some() {
  for (int i = 0; i < kAcceptsPerTurn && socket_; i++) {
    Fd fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
      if (short_of_descriptors(errno)) pause(errno);
      return;  // EAGAIN: none waits; ECONNABORTED and its like: that peer is gone
    }
    const int on = 1;
    // Both are refused on unix sockets. Keep-alive: a peer that lost its power says no goodbye.
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    on_accept_(std::move(fd));
  }
}

void Listener::pause(int sys) {
  paused_ = true;
  pauses_++;
  interest();
  resume_.after(kPause);
  if (pauses_ > 1 && loop_.now() - logged_at_ < kLogInterval) return;
  logged_at_ = loop_.now();
  base::log::warn("accept: ", base::sys_text(sys), ": new connections wait");
}

void turn_away(int socket, std::string_view why) {
  static_cast<void>(::send(socket, why.data(), why.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

}  // namespace net
