#include <set>

#include <doctest/doctest.h>

#include "lib/queue/names.h"
#include "lib/queue/work.h"

using base::Errc;

TEST_CASE("a queue's name is short and plain") {
  for (const char* good : {"a", "jobs", "A-b_c.9", "0"}) CHECK(queue::check_name(good));
  CHECK(queue::check_name(std::string(128, 'x')));
  for (const char* bad : {"", ".a", "-a", "a b", "a}b", "a/b", "\xc3\xa4", "q{"}) {
    const auto r = queue::check_name(bad);
    REQUIRE_FALSE(r);
    CHECK(r.error().code == Errc::bad_input);
  }
  CHECK_FALSE(queue::check_name(std::string(129, 'x')));
}

TEST_CASE("keys of a queue share a hash tag, and tell the name again") {
  CHECK(queue::key("jobs", "wake") == "lineman:{q.jobs}:wake");
  CHECK(queue::result_key("jobs", "e-1-t") == "lineman:{q.jobs}:result:e-1-t");
  CHECK(queue::queue_of_key(queue::key("a.b", "mode")) == "a.b");
  for (const char* other : {"lineman:{q.}:mode", "lineman:{q.a}:wake", "lineman:{n}:mode", "",
                            "x:{q.a}:mode", "lineman:{q.a}:b}:mode"}) {
    CHECK(queue::queue_of_key(other).empty());
  }
}

TEST_CASE("random words have the length that was asked for and do not repeat") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; i++) {
    const std::string word = queue::random_hex(16);
    CHECK(word.size() == 16);
    CHECK(word.find_first_not_of("0123456789abcdef") == word.npos);
    seen.insert(word);
  }
  CHECK(seen.size() == 1000);
  CHECK(queue::random_hex(5).size() == 5);
}

TEST_CASE("an error answer's first word says what kind it is, its text is kept") {
  const std::pair<const char*, Errc> table[] = {
      {"MODE queue a is in signal mode", Errc::usage},
      {"ARGS work_put: x", Errc::bad_input},
      {"OOM command not allowed", Errc::too_big},
      {"READONLY You can't", Errc::denied},
      {"NOPERM this user", Errc::denied},
      {"WRONGPASS invalid", Errc::denied},
      {"NOAUTH Authentication", Errc::denied},
      {"LOADING Redis is", Errc::busy},
      {"MISCONF Errors writing", Errc::io},
      {"ERR whatever", Errc::io},
      {"ERR The user executing the script can't run this command", Errc::denied}};
  for (const auto& [text, code] : table) {
    redis::Reply reply;
    reply.kind = redis::Reply::Kind::error;
    reply.text = text;
    CHECK(queue::error_of(reply).code == code);
    CHECK(queue::error_of(reply).what == text);
  }
}

TEST_CASE("a lease's text form can be read again") {
  const auto lease = queue::parse_lease(queue::text(queue::Lease{"ab-12-cd", "0123"}));
  REQUIRE(lease);
  CHECK(lease->id == "ab-12-cd");
  CHECK(lease->token == "0123");
  for (const char* bad : {"", ":", "a:", ":b", "ab-12-cd"}) CHECK_FALSE(queue::parse_lease(bad));
}

TEST_CASE("a waiter blocks until something is due, and never longer than it may") {
  queue::TakeAnswer a;
  a.now_ms = 1000;
  CHECK(a.block_ms() == queue::kLookMs);
  const std::pair<int64_t, int64_t> table[] = {
      {900, 1}, {1000, 1}, {1001, 1}, {1700, 700}, {99000, queue::kLookMs}};
  for (const auto& [next, block] : table) {
    a.next_ms = next;
    CHECK(a.block_ms() == block);
  }
}
