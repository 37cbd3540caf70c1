#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "lib/journal/output.h"
#include "tests/unit/journal_help.h"

using base::Ring;
using journal::Append;
using journal::Options;
using journal::Output;
using namespace journal_help;

namespace {
// A fifo that is held open and not read: what is written there hangs like a dead NFS server.
class HungDisk {
 public:
  explicit HungDisk(std::string path) : path_(std::move(path)) {
    REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
    base::Result<base::Fd> fd = base::open_file(path_, O_RDWR | O_NONBLOCK);
    REQUIRE(fd);
    reader_ = std::move(*fd);
  }
  // Reads what there is; the disk has come back.
  std::string read() {
    std::string out;
    std::array<char, 65536> buf{};
    ssize_t n = 0;
    while ((n = ::read(reader_.get(), buf.data(), buf.size())) > 0) {
      out.append(buf.data(), static_cast<size_t>(n));
    }
    return out;
  }
  void close() { reader_.reset(); }

 private:
  std::string path_;
  base::Fd reader_;
};

std::string marker(uint64_t n) {
  return base::cat("\n[[", n, " bytes skipped]]\n");
}

// A file of which all but `lost` bytes of `sent` are there, with one marker in place of the rest.
void check_gap(const std::string& got, const std::string& sent, uint64_t lost) {
  const size_t at = got.find(marker(lost));
  REQUIRE(at != std::string::npos);
  CHECK((got.substr(0, at) == sent.substr(0, at)));
  CHECK((got.substr(at + marker(lost).size()) == sent.substr(at + lost)));
}
}  // namespace

TEST_CASE("a journal that is renamed goes on under its own name") {
  const Folder dir;
  const Running run;
  Ring ring(4096);
  Append append(*run, ring, options(dir / "log"));
  feed_all(ring, append, "one\n");
  REQUIRE(std::rename((dir / "log").c_str(), (dir / "log.old").c_str()) == 0);
  std::string sent = "one\n";
  CHECK(eventually([&] {
    feed_all(ring, append, "more\n");
    sent += "more\n";
    return exists(dir / "log");
  }));
  CHECK(text(dir / "log.old") + text(dir / "log") == sent);
  CHECK(status(append).lost == 0);
}

TEST_CASE("a journal that is removed is made again") {
  const Folder dir;
  const Running run;
  Ring ring(4096);
  Append append(*run, ring, options(dir / "log"));
  feed_all(ring, append, "one\n");
  REQUIRE(::unlink((dir / "log").c_str()) == 0);
  CHECK(eventually([&] {
    feed_all(ring, append, "more\n");
    return exists(dir / "log");
  }));
  CHECK(mode_of(dir / "log") == 0600);
}

TEST_CASE("reopen makes a moved journal new at once") {
  const Folder dir;
  const Running run;
  Ring ring(4096);
  Append append(*run, ring, options(dir / "log"));
  feed_all(ring, append, "one\n");
  REQUIRE(std::rename((dir / "log").c_str(), (dir / "log.old").c_str()) == 0);
  append.reopen();
  feed_all(ring, append, "two\n");
  CHECK(text(dir / "log.old") == "one\n");
  CHECK(text(dir / "log") == "two\n");
}

TEST_CASE("a full disk loses counted bytes, and the marker stands before the next ones") {
  const Folder dir;
  REQUIRE(::symlink("/dev/full", (dir / "log").c_str()) == 0);
  const Running run;
  Ring ring(65536);
  Append append(*run, ring, options(dir / "log"));
  const std::string sent = lines(20000);
  feed_all(ring, append, sent);
  CHECK(status(append).error == ENOSPC);
  CHECK(status(append).lost == sent.size());
  CHECK(status(append).written == 0);
  CHECK_FALSE(status(append).stuck);

  put_file(dir / "log.new", "");
  REQUIRE(std::rename((dir / "log.new").c_str(), (dir / "log").c_str()) == 0);
  CHECK(eventually([&] { return status(append).error == 0; }));
  feed_all(ring, append, "after\n");
  CHECK(text(dir / "log") == marker(sent.size()) + "after\n");
  CHECK(status(append).lost == sent.size());
  CHECK(status(append).written == 6);
}

TEST_CASE("a disk that is free again gets the marker though the console is silent") {
  const Folder dir;
  const Running run;
  Ring ring(4096);
  Append append(*run, ring, options(dir / "none/log"));
  feed_all(ring, append, "lost\n");
  CHECK(status(append).error == ENOENT);
  CHECK_FALSE(status(append).open);
  REQUIRE(::mkdir((dir / "none").c_str(), 0700) == 0);
  CHECK(eventually([&] { return exists(dir / "none/log"); }));
  CHECK(eventually([&] { return text(dir / "none/log") == marker(5); }));
}

TEST_CASE("a write that is taken in part is counted to the byte") {
  // The pipe takes some bytes and then its reader goes: what was taken is known, the rest is lost.
  base::Result<base::Pipe> pipe = base::make_pipe();
  REQUIRE(pipe);
  Options wanted;
  wanted.fd = pipe->write.get();
  base::set_nonblocking(pipe->read.get(), true);
  const Running run;
  Ring ring(1 << 20);
  Append append(*run, ring, wanted);
  const std::string sent = lines(10000);
  feed(ring, append, sent);
  append.flush();
  pollfd p{pipe->read.get(), POLLIN, 0};
  REQUIRE(::poll(&p, 1, 30000) == 1);
  std::string got(10000, '\0');
  REQUIRE(::read(pipe->read.get(), got.data(), got.size()) == 10000);
  CHECK((got == sent.substr(0, got.size())));
  pipe->read.reset();
  CHECK(run->stop(soon()));
  const journal::Status s = status(append);
  CHECK(s.error == EPIPE);
  CHECK(s.pending == 0);
  CHECK(s.written >= 10000);
  CHECK(s.lost > 0);
  CHECK(s.written + s.lost == sent.size());
}

TEST_CASE("an error while bytes are given up keeps one account") {
  const Folder dir;
  REQUIRE(::symlink("/dev/full", (dir / "log").c_str()) == 0);
  Output output(options(dir / "log"));
  std::string scratch;
  base::Time now = base::Clock::now();
  output.put("12345", now, scratch);
  CHECK(output.counters().error == ENOSPC);
  CHECK(output.resting(now));
  output.lose(10);  // what came while it rested
  now = output.rest_until();
  output.put("123", now, scratch);  // still full, rests longer
  CHECK(output.rest_until() - now > std::chrono::milliseconds(100));
  REQUIRE(::unlink((dir / "log").c_str()) == 0);
  output.put("ok\n", output.rest_until(), scratch);
  CHECK(text(dir / "log") == marker(18) + "ok\n");
  CHECK(output.counters().lost == 18);
  CHECK_FALSE(output.owes());
}

TEST_CASE("a hung disk is overtaken, and comes back with a marker") {
  const Folder dir;
  HungDisk disk(dir / "log");
  const Running run;
  Ring ring(1 << 19);
  Append append(*run, ring, options(dir / "log"));
  const std::string sent = lines(50000);
  REQUIRE(sent.size() > 3 * ring.size());
  const size_t first = 100000;  // more than a fifo holds: the thread hangs from here on
  ring.append(std::string_view(sent).substr(0, first));
  append.dirty();
  append.flush();
  CHECK(eventually([&] { return append.cursor() == first; }));
  uint64_t given_up = 0;
  for (size_t at = first; at < sent.size(); at += 4096) {
    const std::string_view next = std::string_view(sent).substr(at, 4096);
    const uint64_t end = ring.head() + next.size();
    // The loop would wait a moment for a disk that is only slow; this one is known to hang.
    while (end - append.cursor() > ring.size()) {
      const uint64_t to = end - ring.size() / 2;
      if (append.overtake(to)) given_up++;
    }
    ring.append(next);
    append.dirty();
  }
  CHECK(given_up > 0);
  CHECK(eventually([&] { return status(append).stuck; }));
  const journal::Status s = status(append);
  CHECK(s.lost > 0);
  CHECK(s.written + s.lost + s.pending == sent.size());

  std::string got;
  CHECK(eventually([&] {
    append.flush();
    got += disk.read();
    return status(append).pending == 0;
  }));
  got += disk.read();
  check_gap(got, sent, status(append).lost);
  CHECK_FALSE(status(append).stuck);
}

TEST_CASE("the floor is the cursor, until the disk hangs and half of the ring waits for it") {
  const Folder dir;
  HungDisk disk(dir / "log");
  const Running run;
  Ring ring(1 << 19);
  Append append(*run, ring, options(dir / "log"));
  const size_t first = 100000;  // more than a fifo holds
  ring.append(std::string(first, 'x'));
  append.dirty();
  append.flush();
  CHECK(eventually([&] { return append.cursor() == first; }));
  ring.append(std::string(ring.size() / 2, 'x'));
  CHECK(eventually([&] { return status(append).stuck; }));
  CHECK(append.floor() == first);
  ring.append("x");
  CHECK(append.floor() == ring.head() - ring.size() / 4);
  CHECK(append.cursor() == append.floor());
}

TEST_CASE("stop gives up a hung disk at its deadline and says how much is missing") {
  const Folder dir;
  HungDisk disk(dir / "log");
  Running run;
  auto ring = std::make_unique<Ring>(1 << 20);
  auto append = std::make_unique<Append>(*run, *ring, options(dir / "log"));
  const std::string sent(1 << 20, 'x');
  ring->append(sent);
  append->dirty();
  append->flush();
  CHECK(eventually([&] { return append->cursor() > 0; }));
  const base::Time before = base::Clock::now();
  CHECK_FALSE(run->stop(before + std::chrono::milliseconds(50)));
  CHECK(base::Clock::now() - before < std::chrono::seconds(5));
  const journal::Status s = status(*append);
  CHECK(s.pending > 0);
  CHECK(s.written + s.pending + s.lost == sent.size());
  append.reset();
  ring.reset();
  disk.close();  // and the thread ends by itself
}

TEST_CASE("other journals behind a hung one are overtaken too, and opened when it is back") {
  const Folder dir;
  HungDisk disk(dir / "hung");
  const Running run;
  Ring ring(1 << 20), small(4096);
  Append hung(*run, ring, options(dir / "hung"));
  ring.append(std::string(1 << 20, 'x'));
  hung.dirty();
  hung.flush();
  CHECK(eventually([&] { return hung.cursor() > 0; }));
  Append other(*run, small, options(dir / "other"));
  small.append("lost\nkept\n");
  other.dirty();
  CHECK(other.overtake(5));
  CHECK_FALSE(exists(dir / "other"));
  CHECK(eventually([&] {
    disk.read();
    return status(other).pending == 0;
  }));
  CHECK(text(dir / "other") == marker(5) + "kept\n");
}

TEST_CASE("a fifo that nobody reads yet is an error and holds nobody up") {
  const Folder dir;
  REQUIRE(::mkfifo((dir / "log").c_str(), 0600) == 0);
  const Running run;
  Ring ring(4096);
  Append append(*run, ring, options(dir / "log"));
  feed_all(ring, append, "nobody\n");
  CHECK(status(append).error == ENXIO);
  CHECK(status(append).lost == 7);
  CHECK(run->stop(soon()));
}
