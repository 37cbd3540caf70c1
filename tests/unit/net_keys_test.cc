#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/net/keys.h"

using net::Keys;

namespace {
using Sender = std::shared_ptr<Keys::Sender>;

// One who types, and what it was told: "hold" and "go".
Sender typist(std::vector<std::string>& told) {
  auto s = std::make_shared<Keys::Sender>();
  s->hold = [&told](bool on) { told.emplace_back(on ? "hold" : "go"); };
  return s;
}

// Takes everything, `step` bytes at once.
std::string take_all(Keys& keys, size_t step) {
  std::string out;
  while (!keys.empty()) {
    const std::string_view bytes = keys.front().substr(0, step);
    out += bytes;
    keys.pop(bytes.size());
  }
  return out;
}
}  // namespace

TEST_CASE("keys keep the order of arrival and never mix two units") {
  for (const size_t step : {1U, 2U, 100U}) {
    Keys keys;
    const auto a = std::make_shared<Keys::Sender>();
    const auto b = std::make_shared<Keys::Sender>();
    keys.push(a, "one\n");
    keys.push(b, "TWO\n");
    keys.push(a, "");
    keys.push(a, "three\n");
    CHECK(keys.waiting() == 14);
    CHECK(a->waiting == 10);
    CHECK(take_all(keys, step) == "one\nTWO\nthree\n");
    CHECK(keys.waiting() == 0);
    CHECK(a->waiting == 0);
    CHECK(b->waiting == 0);
  }
}

TEST_CASE("a unit that was half taken goes on where it stopped") {
  Keys keys;
  const auto a = std::make_shared<Keys::Sender>();
  keys.push(a, "abcdef");
  keys.pop(2);
  CHECK(keys.front() == "cdef");
  CHECK(keys.waiting() == 4);
  keys.push(std::make_shared<Keys::Sender>(), "X");
  CHECK(keys.front() == "cdef");
  keys.pop(4);
  CHECK(keys.front() == "X");
}

TEST_CASE("one who types too much is held back alone, and let go at low water") {
  Keys keys;
  std::vector<std::string> told, other_told;
  const Sender a = typist(told), b = typist(other_told);
  keys.push(b, "quiet");
  keys.push(a, std::string(Keys::kHighWater - 1, 'a'));
  CHECK(told.empty());
  keys.push(a, "aa");
  CHECK(told == std::vector<std::string>{"hold"});
  keys.push(a, "more that was read already");
  CHECK(told.size() == 1);
  keys.pop(keys.front().size());  // b's
  CHECK(told.size() == 1);
  while (a->waiting > Keys::kLowWater + 1) keys.pop(1);
  CHECK(told.size() == 1);
  keys.pop(1);
  CHECK(told == std::vector<std::string>{"hold", "go"});
  CHECK(other_told.empty());
}

TEST_CASE("keys of one who is gone are still taken") {
  Keys keys;
  std::vector<std::string> told;
  Sender a = typist(told);
  keys.push(a, std::string(Keys::kHighWater, 'a'));
  a->hold = nullptr;
  a.reset();
  CHECK(take_all(keys, 5000).size() == Keys::kHighWater);
  CHECK(told == std::vector<std::string>{"hold"});
}

TEST_CASE("clear throws all keys away, counts them, and lets everybody go on") {
  Keys keys;
  std::vector<std::string> told;
  const Sender a = typist(told);
  keys.push(a, std::string(Keys::kHighWater, 'a'));
  keys.push(std::make_shared<Keys::Sender>(), "xyz");
  keys.pop(10);
  CHECK(keys.clear() == Keys::kHighWater - 7);
  CHECK(keys.empty());
  CHECK(keys.front().empty());
  CHECK(keys.waiting() == 0);
  CHECK(told == std::vector<std::string>{"hold", "go"});
  CHECK(keys.clear() == 0);
  keys.push(a, "again");
  CHECK(keys.front() == "again");
}
