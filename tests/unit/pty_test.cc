#include "lib/pty/pty.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/pty/raw_mode.h"
#include "tests/unit/help.h"

using base::Errc;
using base::Fd;
using base::Result;

namespace {
bool close_on_exec(int fd) {
  return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

std::string read_some(int fd) {
  std::string buf(4096, '\0');
  pollfd p{fd, POLLIN, 0};
  ::poll(&p, 1, 5000);
  const ssize_t n = ::read(fd, buf.data(), buf.size());
  buf.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return buf;
}
}  // namespace

TEST_CASE("a new pty has its window size and the kernel's settings, and leaks into no program") {
  Result<pty::Pair> p = pty::open({50, 132});
  REQUIRE(p);
  CHECK(p->name.starts_with("/dev/pts/"));
  CHECK(pty::size_of(p->slave.get()).rows == 50);
  CHECK(pty::size_of(p->master.get()).columns == 132);
  CHECK(close_on_exec(p->master.get()));
  CHECK(close_on_exec(p->slave.get()));
  CHECK((::fcntl(p->master.get(), F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(p->slave.get(), F_GETFL) & O_NONBLOCK) == 0);
  CHECK(::isatty(p->slave.get()) == 1);
  REQUIRE(base::write_all(p->slave.get(), "a\n"));
  CHECK(read_some(p->master.get()) == "a\r\n");
  termios t{};
  REQUIRE(::tcgetattr(p->slave.get(), &t) == 0);
  CHECK((t.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO));
}

TEST_CASE("the master is told when the last slave is closed") {
  Result<pty::Pair> p = pty::open({});
  REQUIRE(p);
  char c = 0;
  CHECK(::read(p->master.get(), &c, 1) < 0);
  CHECK(errno == EAGAIN);
  p->slave.reset();
  CHECK(::read(p->master.get(), &c, 1) < 0);
  CHECK(errno == EIO);
}

TEST_CASE("a window size can be changed, and is 24x80 where there is none") {
  Result<pty::Pair> p = pty::open({});
  REQUIRE(p);
  CHECK(pty::set_size(p->master.get(), {1, 9999}));
  CHECK(size_text(pty::size_of(p->slave.get())) == "1x9999");
  CHECK(pty::set_size(p->master.get(), {0, 0}));
  CHECK(size_text(pty::size_of(p->slave.get())) == "24x80");
  Result<base::Pipe> pipe = base::make_pipe();
  CHECK(size_text(pty::size_of(pipe->read.get())) == "24x80");
  const Result<void> r = pty::set_size(pipe->read.get(), {24, 80});
  REQUIRE_FALSE(r);
  CHECK(r.error().what.starts_with("window size: "));
}

TEST_CASE("a size is written ROWSxCOLUMNS") {
  for (const char* text : {"24x80", "1x1", "9999x9999", "50x132"}) {
    const Result<pty::Size> size = pty::parse_size(text);
    REQUIRE(size);
    CHECK(size_text(*size) == text);
  }
  for (const char* text : {"", "x", "24", "24x", "x80", "0x80", "24x0", "10000x80", "24x10000",
                           "24X80", "24x80x3", " 24x80", "24x80 ", "-1x80", "24,80"}) {
    const Result<pty::Size> size = pty::parse_size(text);
    REQUIRE_FALSE(size);
    CHECK(size.error().code == Errc::usage);
    CHECK(size.error().what == base::cat(text, ": expected ROWSxCOLUMNS, such as 24x80"));
  }
}

TEST_CASE("a terminal that is there already is opened raw, and does not become ours") {
  Result<pty::Pair> p = pty::open({});
  REQUIRE(p);
  Result<Fd> fd = pty::open_device(p->name);
  REQUIRE(fd);
  CHECK(close_on_exec(fd->get()));
  CHECK((::fcntl(fd->get(), F_GETFL) & O_NONBLOCK) != 0);
  REQUIRE(base::write_all(fd->get(), "a\n"));
  CHECK(read_some(p->master.get()) == "a\n");
  REQUIRE(base::write_all(p->master.get(), "\x03\x04"));
  CHECK(read_some(fd->get()) == "\x03\x04");
}

TEST_CASE("a file, a pipe, a folder or nothing is no terminal") {
  const help::Folder dir;
  help::put_file(dir / "file", "content");
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  for (const std::string& path : {dir / "file", dir / "fifo", std::string("/dev/null")}) {
    const Result<Fd> fd = pty::open_device(path);
    REQUIRE_FALSE(fd);
    CHECK(fd.error().code == Errc::bad_input);
    CHECK(fd.error().what == path + ": is not a terminal");
  }
  CHECK(help::text(dir / "file") == "content");
  CHECK_FALSE(pty::open_device(dir.path()));
  CHECK(pty::open_device(dir / "none").error().code == Errc::not_found);
}

TEST_CASE("a text for raw mode has a CR before each LF, and no second one") {
  CHECK(pty::for_raw("") == "");
  CHECK(pty::for_raw("\n[[one]]\ntwo") == "\r\n[[one]]\r\ntwo");
  CHECK(pty::for_raw("a\r\n\n\rb") == "a\r\n\r\n\rb");
}

// In a process of its own, for it catches signals for good.
TEST_CASE("raw mode ends where it began") {
  Result<pty::Pair> p = pty::open({});
  REQUIRE(p);
  const int fd = p->slave.get();
  CHECK(help::forked([fd]() -> std::string {
          const auto canonical = [fd] {
            termios t{};
            ::tcgetattr(fd, &t);
            return (t.c_lflag & ICANON) != 0;
          };
          std::string out;
          out += canonical() ? "c" : "r";
          out += pty::RawMode::enter(fd) ? "" : "!";
          out += canonical() ? "c" : "r";
          pty::RawMode::leave();
          pty::RawMode::leave();
          out += canonical() ? "c" : "r";
          out += pty::RawMode::enter(-1) ? "!" : "";
          return out;
        }) == "crc");
}

TEST_CASE("raw mode ends with a program that aborts") {
  Result<pty::Pair> p = pty::open({});
  REQUIRE(p);
  const int fd = p->slave.get();
  CHECK(help::forked([fd]() -> std::string {
          static_cast<void>(static_cast<bool>(pty::RawMode::enter(fd)));
          std::abort();
        }).empty());
  termios t{};
  REQUIRE(::tcgetattr(fd, &t) == 0);
  CHECK((t.c_lflag & ICANON) != 0);
}
