#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/atomic_file.h"
#include "lib/base/fd.h"
#include "lib/base/high_fd.h"
#include "tests/unit/help.h"

using base::Errc;
using base::Fd;
using base::Result;
using help::Folder;

TEST_CASE("an atomic file has its bytes and exactly its mode") {
  const Folder dir;
  for (const unsigned mode : {0600U, 0644U, 0666U, 0400U}) {
    REQUIRE(base::write_atomic(dir / "f", base::cat("mode ", mode), mode));
    CHECK(help::text(dir / "f") == base::cat("mode ", mode));
    CHECK(help::mode_of(dir / "f") == mode);
    CHECK_FALSE(help::exists(dir / "f.new"));
  }
  REQUIRE(base::write_atomic(dir / "f", "", 0600));
  CHECK(help::text(dir / "f").empty());
}

TEST_CASE("what a crash left beside an atomic file is overwritten") {
  const Folder dir;
  help::put_file(dir / "f", "old");
  help::put_file(dir / "f.new", "half of something that is longer");
  REQUIRE(base::write_atomic(dir / "f", "new", 0640));
  CHECK(help::text(dir / "f") == "new");
  CHECK(help::mode_of(dir / "f") == 0640);
  CHECK_FALSE(help::exists(dir / "f.new"));
}

TEST_CASE("an atomic file replaces a link, and writes through none") {
  const Folder dir;
  help::put_file(dir / "other", "untouched");
  std::filesystem::create_symlink(dir / "other", dir / "f");
  REQUIRE(base::write_atomic(dir / "f", "new", 0600));
  CHECK(help::text(dir / "f") == "new");
  std::filesystem::create_symlink(dir / "other", dir / "g.new");
  CHECK_FALSE(base::write_atomic(dir / "g", "new", 0600));
  CHECK(help::text(dir / "other") == "untouched");
}

TEST_CASE("an error leaves the old file and nothing beside it") {
  const Folder dir;
  help::put_file(dir / "f", "old");
  std::filesystem::create_directory(dir / "f.new");
  CHECK_FALSE(base::write_atomic(dir / "f", "new", 0600));
  CHECK(help::text(dir / "f") == "old");

  std::filesystem::create_directory(dir / "folder");
  const Result<void> r = base::write_atomic(dir / "folder", "new", 0600);
  REQUIRE_FALSE(r);
  CHECK(r.error().what == base::cat(dir / "folder", ": Is a directory"));
  CHECK_FALSE(help::exists(dir / "folder.new"));

  const Result<void> none = base::write_atomic(dir / "no/such", "new", 0600);
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Errc::not_found);
}

TEST_CASE("a full disk is an error, and the old file stays") {
  const Folder dir;
  if (!help::exists("/dev/full")) return;
  const Result<Fd> full = base::open_file("/dev/full", O_WRONLY);
  REQUIRE(full);
  const Result<void> r = base::write_all(full->get(), "x");
  REQUIRE_FALSE(r);
  CHECK(r.error().sys == ENOSPC);
  CHECK(r.error().what == "write: No space left on device");
}

TEST_CASE("read_file takes a file up to its limit") {
  const Folder dir;
  help::put_file(dir / "f", std::string(40000, 'x'));
  CHECK(base::read_file(dir / "f", 40000)->size() == 40000);
  const Result<std::string> over = base::read_file(dir / "f", 39999);
  REQUIRE_FALSE(over);
  CHECK(over.error().code == Errc::too_big);
  CHECK(over.error().what == base::cat(dir / "f", ": more than 39999 bytes"));
  help::put_file(dir / "empty", "");
  CHECK(base::read_file(dir / "empty", 0)->empty());
  const Result<std::string> none = base::read_file(dir / "none", 10);
  REQUIRE_FALSE(none);
  CHECK(none.error().what == base::cat(dir / "none", ": No such file or directory"));
  CHECK_FALSE(base::read_file(dir.path(), 10));
}

TEST_CASE("write_all writes more than a pipe holds") {
  Result<base::Pipe> pipe = base::make_pipe();
  REQUIRE(pipe);
  std::string sent;
  for (int i = 0; i < 100000; i++) sent += base::cat(i, "\n");
  std::string got;
  std::thread reader([&] {
    std::vector<char> buf(5000);
    for (ssize_t n = 0; (n = ::read(pipe->read.get(), buf.data(), buf.size())) > 0;) {
      got.append(buf.data(), static_cast<size_t>(n));
    }
  });
  CHECK(base::write_all(pipe->write.get(), sent));
  pipe->write.reset();
  reader.join();
  CHECK((got == sent));
}

TEST_CASE("descriptors close with their owner, and not in programs that are started") {
  const size_t before = help::open_descriptors();
  {
    Result<base::Pipe> pipe = base::make_pipe();
    REQUIRE(pipe);
    CHECK(help::open_descriptors() == before + 2);
    CHECK((::fcntl(pipe->read.get(), F_GETFD) & FD_CLOEXEC) != 0);
    Fd moved = std::move(pipe->read);
    CHECK_FALSE(pipe->read);  // NOLINT(bugprone-use-after-move)
    moved = std::move(pipe->write);
    CHECK(help::open_descriptors() == before + 1);
    const Fd owner(moved.release());
    CHECK_FALSE(moved);
    CHECK(owner);
  }
  CHECK(help::open_descriptors() == before);
}

TEST_CASE("set_nonblocking sets and clears one flag") {
  const help::Ends ends = help::socket_pair();
  const int flags = ::fcntl(ends.near.get(), F_GETFL);
  base::set_nonblocking(ends.near.get(), false);
  CHECK(::fcntl(ends.near.get(), F_GETFL) == (flags & ~O_NONBLOCK));
  base::set_nonblocking(ends.near.get(), true);
  CHECK(::fcntl(ends.near.get(), F_GETFL) == flags);
  base::set_nonblocking(-1, true);  // says nothing
}

TEST_CASE("a descriptor that stays gets a high number, with its file and no copy of it") {
  const Folder dir;
  help::put_file(dir / "f", "text");
  const size_t before = help::open_descriptors();
  Result<Fd> opened = base::open_file(dir / "f", O_RDONLY);
  REQUIRE(opened);
  Fd fd = base::high(std::move(*opened));
  CHECK(fd.get() >= base::kLowFds);
  CHECK(::fcntl(fd.get(), F_GETFD) == FD_CLOEXEC);
  std::string got(4, '\0');
  CHECK(::read(fd.get(), got.data(), got.size()) == 4);
  CHECK(got == "text");
  const int number = fd.get();
  fd = base::high(std::move(fd));
  CHECK(fd.get() == number);
  CHECK(help::open_descriptors() == before + 1);
  errno = ENOENT;
  CHECK_FALSE(base::high(Fd()));
  CHECK(errno == ENOENT);
}
