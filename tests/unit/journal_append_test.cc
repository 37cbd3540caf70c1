#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/fd.h"
#include "lib/base/ring.h"
#include "lib/journal/append.h"
#include "lib/journal/writer.h"
#include "tests/unit/journal_help.h"

using base::Ring;
using journal::Append;
using journal::Options;
using journal::Writer;
using namespace journal_help;

TEST_CASE("a journal takes megabytes through a small ring and loses none") {
  const Folder dir;
  const Running run;
  Ring ring(65536);
  Append append(*run, ring, options(dir / "log"));
  const std::string sent = lines(200000);
  feed(ring, append, sent);
  CHECK(run->stop(soon()));
  const journal::Status s = append.status(base::Clock::now());
  CHECK(s.written == sent.size());
  CHECK(s.lost == 0);
  CHECK(s.pending == 0);
  CHECK((text(dir / "log") == sent));
}

TEST_CASE("a new journal has its mode whatever the umask, an old one keeps its own") {
  const Folder dir;
  put_file(dir / "old", "before\n");
  ::chmod((dir / "old").c_str(), 0604);
  const mode_t mask = ::umask(077);
  {
    const Running run;
    Ring ring(4096);
    Options wanted = options(dir / "new");
    wanted.mode = 0664;
    Append fresh(*run, ring, wanted);
    wanted.path = dir / "old";
    Append old(*run, ring, wanted);
    CHECK(eventually([&] { return is_open(fresh) && is_open(old); }));
  }
  ::umask(mask);
  CHECK(mode_of(dir / "new") == 0664);
  CHECK(mode_of(dir / "old") == 0604);
  CHECK(text(dir / "old") == "before\n");
}

TEST_CASE("dirty asks for a timer while little waits, and wakes the thread when much does") {
  const Folder dir;
  const Running run;
  Ring ring(1 << 20);
  Append append(*run, ring, options(dir / "log"));
  CHECK(eventually([&] { return is_open(append); }));
  // The thread may be awake still from opening; then it takes the byte by itself.
  uint64_t sent = 0;
  CHECK(eventually([&] {
    ring.append("k");
    sent++;
    return append.dirty();
  }));
  append.flush();
  CHECK(eventually([&] { return append.cursor() == sent; }));
  ring.append(std::string(70000, 'x'));
  CHECK_FALSE(append.dirty());
  CHECK(eventually([&] { return append.cursor() == sent + 70000; }));
}

TEST_CASE("a journal that goes leaves its last bytes to the thread") {
  const Folder dir;
  const Running run;
  Ring ring(4096);
  {
    Append append(*run, ring, options(dir / "log"));
    ring.append("last words\n");
  }
  CHECK(run->stop(soon()));
  CHECK(text(dir / "log") == "last words\n");
}

TEST_CASE("a journal may outlive its writer") {
  const Folder dir;
  Ring ring(4096);
  auto writer = std::make_unique<Writer>();
  CHECK(writer->start());
  Append append(*writer, ring, options(dir / "log"));
  CHECK(writer->stop(soon()));
  writer.reset();
  ring.append("too late");
  append.dirty();
  append.flush();
  CHECK(append.status(base::Clock::now()).pending == 8);
}

TEST_CASE("many journals are served by one thread") {
  const Folder dir;
  const Running run;
  std::vector<std::unique_ptr<Ring>> rings;
  std::vector<std::unique_ptr<Append>> appends;
  const size_t n = 300;
  for (size_t i = 0; i < n; i++) {
    rings.push_back(std::make_unique<Ring>(4096));
    appends.push_back(std::make_unique<Append>(*run, *rings[i], options(dir / std::to_string(i))));
  }
  for (int round = 0; round < 5; round++) {
    for (size_t i = 0; i < n; i++) {
      rings[i]->append(base::cat("round ", round, " of ", i, "\n"));
      appends[i]->dirty();
    }
    if (round == 2) appends[7].reset();
    if (round == 2) appends[7] = std::make_unique<Append>(*run, *rings[7], options(dir / "7"));
  }
  CHECK(run->stop(soon()));
  for (size_t i = 0; i < n; i++) {
    std::string want;
    for (int round = 0; round < 5; round++) want += base::cat("round ", round, " of ", i, "\n");
    CHECK(text(dir / std::to_string(i)) == want);
  }
}

TEST_CASE("a filter changes what the file gets") {
  const Folder dir;
  const Running run;
  Ring ring(4096);
  Options wanted = options(dir / "log");
  bool start = true;
  wanted.filter = [&start](std::string_view in, std::string& out) {
    for (const char c : in) {
      if (start) out += "12:00 ";
      start = c == '\n';
      out += c;
    }
  };
  Append append(*run, ring, wanted);
  feed(ring, append, "one\ntw");
  feed(ring, append, "o\nthree\n");
  CHECK(run->stop(soon()));
  CHECK(text(dir / "log") == "12:00 one\n12:00 two\n12:00 three\n");
}

TEST_CASE("an open descriptor can take a journal") {
  const Folder dir;
  base::Result<base::Fd> fd = base::open_file(dir / "out", O_WRONLY | O_CREAT);
  REQUIRE(fd);
  const Running run;
  Ring ring(4096);
  Options wanted;
  wanted.fd = fd->get();
  Append append(*run, ring, wanted);
  feed(ring, append, "to stdout\n");
  CHECK(run->stop(soon()));
  CHECK(::fcntl(fd->get(), F_GETFD) >= 0);
  CHECK(text(dir / "out") == "to stdout\n");
}

TEST_CASE("a closed pipe as the journal is an error and not a signal") {
  base::Result<base::Pipe> pipe = base::make_pipe();
  REQUIRE(pipe);
  pipe->read.reset();
  const Running run;
  Ring ring(4096);
  Options wanted;
  wanted.fd = pipe->write.get();
  Append append(*run, ring, wanted);
  feed(ring, append, "x");
  CHECK(run->stop(soon()));
  const journal::Status s = append.status(base::Clock::now());
  CHECK(s.error == EPIPE);
  CHECK(s.lost == 1);
}
