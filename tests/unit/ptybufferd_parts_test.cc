// The pure parts of ptybufferd: history, the about block, line stamps.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/cat.h"
#include "lib/base/ring.h"
#include "tools/ptybufferd/about.h"
#include "tools/ptybufferd/history.h"
#include "tools/ptybufferd/stamp.h"

using base::Ring;
using ptybufferd::About;
using ptybufferd::History;

namespace {
std::string shown(const Ring& ring, uint64_t from) {
  std::string out(ring.head() - from, '\0');
  ring.copy(from, out.size(), out.data());
  return out;
}
}  // namespace

TEST_CASE("a new viewer is shown the lines that -n keeps and -t shows") {
  struct Row {
    int64_t keep, tail;
    const char* kept;
    const char* shown;
  };
  for (const Row& row : std::vector<Row>{
           {100, -1, "1\n2\n3\n4\npart", "1\n2\n3\n4\npart"},
           {3, -1, "3\n4\npart", "3\n4\npart"},
           {3, 1, "3\n4\npart", "part"},
           {2, 9, "4\npart", "4\npart"},
           {5, 0, "1\n2\n3\n4\npart", ""},
           {0, -1, "", ""},
           {1, -1, "part", "part"},
       }) {
    CAPTURE(row.keep);
    CAPTURE(row.tail);
    Ring ring(64);
    History h(ring, row.keep, row.tail);
    CHECK(h.first_shown() == 0);
    ring.append("1\n2\n3\n4\npart");
    h.committed();
    CHECK(shown(ring, h.begin()) == row.kept);
    CHECK(shown(ring, h.first_shown()) == row.shown);
    CHECK(h.lines() == 4);
    CHECK(h.bytes() == 12);
    CHECK(h.keep() == row.keep);
  }
}

TEST_CASE("lines are counted from the start, also what the ring has forgotten") {
  Ring ring(32);
  History h(ring, 1000, -1);
  uint64_t bytes = 0;
  for (int i = 0; i < 100; i++) {
    const std::string line = base::cat("line ", i, "\n");
    ring.append(line);
    h.committed();
    bytes += line.size();
  }
  CHECK(h.lines() == 100);
  CHECK(h.bytes() == bytes);
  // 32 bytes hold three lines of eight and a bit: the bit is not shown.
  CHECK(shown(ring, h.first_shown()) == "line 97\nline 98\nline 99\n");
  CHECK(h.lines_before(h.first_shown()) == 97);
  CHECK(h.lines_before(ring.head()) == 100);
  CHECK(h.lines_before(h.first_shown() + 1) == 97);
}

TEST_CASE("a line longer than the ring is shown as far as it is there") {
  Ring ring(16);
  History h(ring, 10, -1);
  for (int i = 0; i < 5; i++) {
    ring.append("0123456789");
    h.committed();
  }
  CHECK(h.first_shown() == ring.tail());
  CHECK(h.lines() == 0);
  CHECK(h.lines_before(ring.head()) == 0);
}

TEST_CASE("the about block has ptybuffer's keys in ptybuffer's order") {
  About a;
  a.info = "some job";
  a.parent = 1;
  a.pid = 22;
  a.child = 333;
  a.tty = "/dev/pts/4";
  a.bytes = 5000000000;
  a.lines = 66;
  a.first_line = 7;
  a.history_lines = 59;
  a.history_max = 1000;
  a.skip_bytes = 88;
  a.skip_lines = 9;
  a.sockets = 3;
  a.socket_fd = 10;
  a.socket_name = "(unix:/x.sock)";
  CHECK(about_block(a) ==
        "INFO=some job\nPPID=1\nPID=22\nPTY=/dev/pts/4\nCHILD=333\nBYTES=5000000000\nBLOCKS=66\n"
        "STARTBLOCK=7\nHISTORYBLOCKS=59\nHISTORYMAX=1000\nSKIPBYTES=88\nSKIPBLOCKS=9\nSOCKETS=3\n"
        "SOCKFD=10\nSOCKNAME=(unix:/x.sock)\n.\n");
}

namespace {
// "T" for each "2026-11-20 20:43:41" that begins a line.
std::string without_times(const std::string& lines) {
  const std::string_view form = "dddd-dd-dd dd:dd:dd";
  const auto matches = [&](size_t at) {
    for (size_t i = 0; i < form.size(); i++) {
      const char c = at + i < lines.size() ? lines[at + i] : ' ';
      if (form[i] == 'd' ? c < '0' || c > '9' : c != form[i]) return false;
    }
    return true;
  };
  std::string out;
  for (size_t i = 0; i < lines.size(); i++) {
    const bool stamp = (i == 0 || lines[i - 1] == '\n') && matches(i);
    out += stamp ? 'T' : lines[i];
    i += stamp ? form.size() - 1 : 0;
  }
  return out;
}
}  // namespace

TEST_CASE("each line of the output file begins with its time, whatever pieces it comes in") {
  const std::string text = "one\n\ntwo three\r\npart";
  for (size_t step = 1; step <= text.size(); step++) {
    const journal::Filter filter = ptybufferd::stamp_lines();
    std::string out;
    for (size_t at = 0; at < text.size(); at += step) filter(text.substr(at, step), out);
    filter("", out);
    CHECK(without_times(out) == "T one\nT \nT two three\r\nT part");
  }
}

TEST_CASE("each file remembers for itself where in a line it is") {
  const journal::Filter a = ptybufferd::stamp_lines(), b = ptybufferd::stamp_lines();
  std::string in_a, in_b;
  a("x", in_a);
  b("y", in_b);
  a("x\n", in_a);
  CHECK(in_a.substr(20) == "xx\n");
  CHECK(in_b.substr(20) == "y");
}
