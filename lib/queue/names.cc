#include "lib/queue/names.h"

#include <sys/random.h>

#include <cerrno>
#include <charconv>

#include "lib/base/check.h"
#include "lib/base/select.h"
#include "lib/queue/answer.h"

namespace queue {

using base::Errc;

namespace {

constexpr std::string_view kBegin = "lineman:{q.";
constexpr std::string_view kEnd = "}:mode";

Errc code_of(std::string_view word) {
  if (word == "MODE") return Errc::usage;
  if (word == "ARGS") return Errc::bad_input;
  if (word == "OOM") return Errc::too_big;
  for (const std::string_view w : {"NOPERM", "NOAUTH", "WRONGPASS", "READONLY"}) {
    if (word == w) return Errc::denied;
  }
  for (const std::string_view w : {"LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN"}) {
    if (word == w) return Errc::busy;
  }
  return Errc::io;
}

}  // namespace

base::Result<void> check_name(std::string_view queue) {
  if (base::valid_name(queue)) return {};
  return base::error(Errc::bad_input, "queue '", queue,
                     "': a name is 1 to 128 of A-Z a-z 0-9 . _ - and begins with none of . -");
}

std::string key(std::string_view queue, std::string_view part) {
  return base::cat(kBegin, queue, "}:", part);
}

std::string result_key(std::string_view queue, std::string_view id) {
  return base::cat(key(queue, "result:"), id);
}

std::string_view queue_of_key(std::string_view key) {
  if (!key.starts_with(kBegin) || !key.ends_with(kEnd)) return {};
  if (key.size() <= kBegin.size() + kEnd.size()) return {};
  const std::string_view queue =
      key.substr(kBegin.size(), key.size() - kBegin.size() - kEnd.size());
  return base::valid_name(queue) ? queue : std::string_view();
}

std::string random_hex(size_t digits) {
  unsigned char bytes[32];
  CHECK(digits <= 2 * sizeof bytes);
  ssize_t got;
  do {
    got = getrandom(bytes, sizeof bytes, 0);
  } while (got < 0 && errno == EINTR);
  CHECK(got == static_cast<ssize_t>(sizeof bytes));  // up to 256 bytes it gives all or waits
  std::string text;
  for (size_t i = 0; i < digits; i++) {
    const unsigned byte = bytes[i / 2];
    text += "0123456789abcdef"[i % 2 == 0 ? byte >> 4 : byte & 15];
  }
  return text;
}

// A command within a script that the caller may not run is not said with NOPERM by Redis 7.0.
base::Error error_of(const redis::Reply& reply) {
  const bool script = reply.text.starts_with("ERR The user executing the script can't ");
  return base::Error{script ? Errc::denied : code_of(reply.error_word()), 0, reply.text};
}

namespace answer {

const std::string& text_at(const redis::Reply& list, size_t i) {
  static const std::string kEmpty;
  return i < list.items.size() ? list.items[i].text : kEmpty;
}

int64_t number_at(const redis::Reply& list, size_t i) {
  if (i >= list.items.size()) return 0;
  const redis::Reply& item = list.items[i];
  if (item.kind == redis::Reply::Kind::integer) return item.integer;
  int64_t number = 0;
  std::from_chars(item.text.data(), item.text.data() + item.text.size(), number);
  return number;
}

std::optional<int64_t> time_at(const redis::Reply& list, size_t i) {
  const int64_t ms = number_at(list, i);
  return ms < 0 ? std::nullopt : std::optional<int64_t>(ms);
}

}  // namespace answer

}  // namespace queue
