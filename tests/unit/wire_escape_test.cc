#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/wire/escape.h"

using namespace std::string_literals;

namespace {
struct Judged {
  std::string bytes;
  bool good;
};
struct Pair {
  std::string bytes;
  std::string text;
};
}  // namespace

TEST_CASE("valid_utf8 is RFC 3629") {
  const std::vector<Judged> cases = {
      {"", true},
      {"a\0b"s, true},
      {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", true},
      {"\xf4\x8f\xbf\xbf", true},
      {"\xed\x9f\xbf\xee\x80\x80", true},
      {"\x80", false},
      {"\xc3", false},
      {"\xc3z", false},
      {"\xe2\x82", false},
      {"\xf0\x9f\x98", false},
      {"\xc0\xaf", false},
      {"\xc1\xbf", false},
      {"\xe0\x9f\xbf", false},
      {"\xf0\x8f\xbf\xbf", false},
      {"\xed\xa0\x80", false},
      {"\xf4\x90\x80\x80", false},
      {"\xf5\x80\x80\x80", false},
      {"\xff", false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.bytes);
    CHECK(wire::valid_utf8(c.bytes) == c.good);
  }
}

TEST_CASE("text stays text and the rest becomes base64") {
  const std::vector<Judged> cases = {
      {"", true},          {"login: ", true},  {"a\tb\r\n", true}, {"gr\xc3\xbc\xc3\x9f", true},
      {"\xc2\xa0", true},  {"\x1b[0m", false}, {"a\0"s, false},    {"\x7f", false},
      {"\xc2\x9b", false}, {"\xe4", false},    {"ok\xff", false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.bytes);
    const wire::Encoded e = wire::text_or_base64(c.bytes);
    CHECK(e.base64 != c.good);
    CHECK(e.value == (c.good ? c.bytes : wire::base64_encode(c.bytes)));
  }
}

TEST_CASE("base64 is RFC 4648") {
  const std::vector<Pair> cases = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xff\xfe\xfb\x00"s, "//77AA=="},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    CHECK(wire::base64_encode(c.bytes) == c.text);
    const auto back = wire::base64_decode(c.text);
    REQUIRE(back);
    CHECK(*back == c.bytes);
  }
}

TEST_CASE("base64 takes back every byte") {
  std::string bytes;
  for (int i = 0; i < 1000; i++) {
    bytes += static_cast<char>(static_cast<unsigned char>(i * 7 % 256));
    const auto back = wire::base64_decode(wire::base64_encode(bytes));
    REQUIRE(back);
    REQUIRE(*back == bytes);
  }
}

TEST_CASE("base64 that is not quite right is an error") {
  for (const char* text : {"Z", "Zg", "Zg=", "Z===", "====", "=", "Zg==Zg==", "Zh==", "Zm9=",
                           "Zm9v\n", "Z m9", "Zm-_", "Zm9v====", "Zg=a"}) {
    CAPTURE(text);
    CHECK_FALSE(wire::base64_decode(text));
  }
  CHECK(wire::base64_decode("Zm9vZ!==").error().what == "base64: wrong at offset 5");
}
