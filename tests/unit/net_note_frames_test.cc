// Note frames: a stream, and what was put into it.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/net/note_frames.h"

namespace {

std::string framed(std::string_view text, bool note) {
  std::string out(net::Framing::kMaxHeader, '\0');
  const auto header = note ? net::kFrames.note_header : net::kFrames.header;
  out.resize(header(text.size(), out.data()));
  return out + std::string(text);
}

// What is left of the bytes, given in pieces of n.
struct Taken {
  std::string text;
  uint64_t passed = 0;
  std::vector<std::string> notes;
};
Taken take(std::string bytes, size_t n) {
  net::Unframer frames;
  Taken out;
  for (size_t at = 0; at < bytes.size(); at += n) {
    const std::span<char> piece = std::span(bytes).subspan(at, std::min(n, bytes.size() - at));
    const auto found = frames.take(piece);
    out.text.append(piece.data(), found.kept);
    out.passed += found.passed;
    if (!found.last.empty()) out.notes.push_back(found.last);
  }
  return out;
}

}  // namespace

TEST_CASE("note frames: data and notes come out as they went in, however they are cut") {
  const std::string marker = net::loss_marker(1000);
  const std::string bytes = framed("hello ", false) + framed(marker, true) + framed("x", false) +
                            framed("[[a note]]", true) + framed(std::string(70000, 'y'), false);
  for (const size_t n : {1UL, 2UL, 3UL, 5UL, 11UL, 4096UL, bytes.size()}) {
    const Taken t = take(bytes, n);
    CHECK(t.text == "hello " + marker + "x[[a note]]" + std::string(70000, 'y'));
    CHECK(t.passed == 6 + 1000 + 1 + 70000);
    if (n <= 11) CHECK(t.notes == std::vector<std::string>{marker, "[[a note]]"});
  }
}

TEST_CASE("note frames: what was seen before is left out, and counts") {
  const std::string bytes = framed("hello ", false) + framed("[[a note]]", true) +
                            framed(net::loss_marker(10), true) + framed("world", false);
  for (const uint64_t again : {0UL, 2UL, 6UL, 10UL, 16UL, 18UL, 30UL}) {
    net::Unframer frames(true, again);
    std::string_view rest = bytes;
    std::string text;
    uint64_t passed = 0;
    while (const auto piece = frames.next(rest)) {
      if (!piece->note) text += piece->bytes;
      passed += piece->passed;
    }
    const uint64_t before = std::min<uint64_t>(again, 6),
                   behind = std::max<uint64_t>(again, 16) - 16;
    CHECK(text == std::string("hello ").substr(before) +
                      std::string("world").substr(std::min<uint64_t>(behind, 5)));
    CHECK(passed == 21);
  }
}

TEST_CASE("note frames: bytes that are not framed are all the source's") {
  net::Unframer frames(false);
  const std::string bytes = framed("hello", true);
  std::string_view rest = bytes;
  const auto piece = frames.next(rest);
  REQUIRE(piece);
  CHECK(piece->bytes == bytes);
  CHECK(piece->passed == bytes.size());
  CHECK_FALSE(piece->note);
  CHECK_FALSE(frames.next(rest));
}

TEST_CASE("note frames: a marker that the source itself wrote is the source's") {
  const std::string marker = net::loss_marker(1000);
  CHECK(take(framed(marker, false), 4096).passed == marker.size());
}

TEST_CASE("only a whole loss marker counts as one") {
  CHECK(net::marked_bytes(net::loss_marker(42)) == 42);
  CHECK(net::marked_bytes(net::loss_marker(UINT64_MAX)) == UINT64_MAX);
  for (const char* text : {"", "\n[[", "\n[[ bytes skipped]]\n", "\n[[x bytes skipped]]\n",
                           "[[1 bytes skipped]]\n", "\n[[-1 bytes skipped]]\n",
                           "\n[[99999999999999999999 bytes skipped]]\n", "\n[[1 bytes skipped]]"}) {
    CHECK(net::marked_bytes(text) == 0);
  }
}
