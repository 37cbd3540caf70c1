#include <vector>

#include <doctest/doctest.h>

#include "lib/base/cat.h"
#include "lib/redis/resp.h"

using base::Errc;
using redis::Reader;
using redis::Reply;
using namespace std::string_literals;

namespace {

std::string shown(const Reply& r) {
  if (r.kind == Reply::Kind::nil) return "nil";
  if (r.kind == Reply::Kind::integer) return std::to_string(r.integer);
  if (r.kind == Reply::Kind::status) return "+" + r.text;
  if (r.kind == Reply::Kind::error) return "-" + r.text;
  if (r.kind == Reply::Kind::text) return "'" + r.text + "'";
  std::string out = "[";
  for (const Reply& item : r.items) out += (out.size() > 1 ? " " : "") + shown(item);
  return out + "]";
}

// All answers in the bytes, given `step` at a time; an error ends them.
std::string read(std::string_view bytes, size_t step = 65536) {
  Reader reader;
  std::string out;
  while (!bytes.empty()) {
    const size_t n = std::min(step, bytes.size());
    reader.feed(bytes.substr(0, n));
    bytes.remove_prefix(n);
    for (;;) {
      auto next = reader.next();
      if (!next) return out + "!" + next.error().what;
      if (!*next) break;
      out += shown(**next) + ";";
    }
  }
  return out;
}

}  // namespace

TEST_CASE("a command is a list of texts, whatever bytes they are") {
  std::string out;
  redis::append_command(out, {"SET", "", std::string_view("a\r\n\0b", 5)});
  CHECK(out == "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$5\r\na\r\n\0b\r\n"s);
}

TEST_CASE("answers are read the same, however they are cut") {
  const std::string bytes = base::cat(
      "+OK\r\n-ERR no\r\n:-7\r\n$-1\r\n*-1\r\n$0\r\n\r\n$3\r\na\r\n\r\n*0\r\n",
      "*4\r\n:1\r\n*2\r\n+a\r\n*1\r\n$1\r\nx\r\n$-1\r\n*2\r\n-E\r\n:2\r\n:9223372036854775807\r\n");
  const std::string expected =
      "+OK;-ERR no;-7;nil;nil;'';'a\r\n';[];[1 [+a ['x']] nil [-E 2]];9223372036854775807;";
  for (const size_t step : {65536U, 1U, 2U, 3U, 7U}) CHECK(read(bytes, step) == expected);
}

TEST_CASE("what is no RESP2 is an error") {
  for (const char* bytes : {"HTTP/1.1 400 Bad Request\r\n", "\x16\x03\x01", "+OK\r\n?\r\n"}) {
    CHECK(read(bytes).find("!the answer is not of Redis: ") != std::string::npos);
  }
}

TEST_CASE("lists in lists have a limit of depth") {
  std::string deep;
  for (int i = 0; i < 20; i++) deep += "*1\r\n";
  CHECK(read(deep + ":1\r\n").starts_with("!the answer is not of Redis: "));
}

TEST_CASE("an answer of 64 MiB is taken, a longer one is an error before it is all there") {
  const auto feed_text = [](size_t announced, size_t sent) {
    Reader reader;
    reader.feed(base::cat("$", announced, "\r\n"));
    const std::string part(65536, 'x');
    for (size_t done = 0; done < sent; done += part.size()) {
      reader.feed(std::string_view(part).substr(0, std::min(part.size(), sent - done)));
      const auto next = reader.next();
      if (!next) return next.error().code == Errc::too_big ? "too big" : "?";
    }
    reader.feed("\r\n");
    const auto next = reader.next();
    return next && *next && (*next)->text.size() == announced ? "taken" : "?";
  };
  constexpr size_t kMax = Reader::kMaxAnswer;
  CHECK(feed_text(kMax, kMax) == std::string("taken"));
  CHECK(feed_text(size_t{512} << 20U, kMax + 65536) == std::string("too big"));
}

TEST_CASE("a list of many small items counts by the memory they take") {
  Reader reader;
  reader.feed("*2000000000\r\n");
  std::string part;
  for (int i = 0; i < 16000; i++) part += ":1\r\n";
  size_t fed = 0;
  while (fed < (1U << 26U)) {
    reader.feed(part);
    fed += part.size();
    const auto next = reader.next();
    if (next) continue;
    CHECK(next.error().code == Errc::too_big);
    break;
  }
  CHECK(fed < (1U << 23U));
}
