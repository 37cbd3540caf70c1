#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "lib/wire/console_record.h"

using wire::ConsoleRecord;

namespace {
std::string go_text(std::string_view text) {
  std::string out;
  wire::append_go_string(text, out);
  return out;
}
}  // namespace

TEST_CASE("a record of a console has goconserver's keys in goconserver's order") {
  std::string out;
  ConsoleRecord r;
  r.type = "console";
  r.message = "hello";
  r.node = "n1";
  r.date = "2026-11-20T20:37:55.429972Z";
  wire::append_record(r, out);
  CHECK(out ==
        "{\"type\":\"console\",\"message\":\"hello\",\"node\":\"n1\","
        "\"date\":\"2026-11-20T20:37:55.429972Z\"}\n");
  r.date = "";
  r.epoch = -4;
  r.offset = 7;
  r.key = "k";
  out.clear();
  wire::append_record(r, out);
  CHECK(out ==
        "{\"type\":\"console\",\"message\":\"hello\",\"node\":\"n1\",\"epoch\":-4,\"offset\":7,"
        "\"key\":\"k\"}\n");
}

TEST_CASE("bytes are escaped as Go's encoder does it") {
  const std::vector<std::pair<std::string, std::string>> table{
      {"a\"b\\c", R"("a\"b\\c")"},
      {"\n\r\t", R"("\n\r\t")"},
      {std::string("\0\b\f\x1b", 4), R"("\u0000\u0008\u000c\u001b")"},
      {"<a&b>", R"("\u003ca\u0026b\u003e")"},
      {"\x7f", "\"\x7f\""},
      {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
      {"\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", "\"\\u2028\\u2029\xe2\x80\xaa\""},
      {"\xff\xc3", R"("\ufffd\ufffd")"},
      {"\xc3(", R"("\ufffd(")"},
      {"\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"},
      {"\xf0\x9f\x98", R"("\ufffd\ufffd\ufffd")"},
  };
  for (const auto& [text, want] : table) CHECK(go_text(text) == want);
}

TEST_CASE("every byte makes JSON that can be read") {
  for (unsigned c = 0; c < 256; c++) {
    const std::string text = go_text(std::string(3, static_cast<char>(c)));
    CHECK(nlohmann::json::accept(text));
  }
}
