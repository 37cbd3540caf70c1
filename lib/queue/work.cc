#include "lib/queue/work.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "lib/queue/answer.h"
#include "lib/queue/work_ack.lua.h"
#include "lib/queue/work_bury.lua.h"
#include "lib/queue/work_delete.lua.h"
#include "lib/queue/work_drop.lua.h"
#include "lib/queue/work_list.lua.h"
#include "lib/queue/work_peek.lua.h"
#include "lib/queue/work_put.lua.h"
#include "lib/queue/work_release.lua.h"
#include "lib/queue/work_renew.lua.h"
#include "lib/queue/work_requeue.lua.h"
#include "lib/queue/work_stats.lua.h"
#include "lib/queue/work_take.lua.h"

namespace queue {

using answer::into;
using answer::number_at;
using answer::text_at;
using answer::time_at;
using base::Errc;
using base::Result;
using redis::Reply;

namespace {

constexpr std::string_view kStates[] = {"ready", "delayed", "leased", "dead"};

// Redis takes seconds with a fraction; 0 would mean for ever.
std::string seconds(int64_t ms) {
  const int64_t at_least = std::max<int64_t>(ms, 1);
  const std::string thousandths = std::to_string(1000 + at_least % 1000);
  return base::cat(std::to_string(at_least / 1000), ".", thousandths.substr(1));
}

Item parse_item(const Reply& row) {
  Item item;
  item.id = text_at(row, 0);
  item.priority = static_cast<int>(number_at(row, 1));
  item.put_ms = number_at(row, 2);
  item.tries = static_cast<int>(number_at(row, 3));
  item.limit = static_cast<int>(number_at(row, 4));
  item.result_ms = number_at(row, 5);
  item.unique = text_at(row, 6);
  item.worker = text_at(row, 7);
  item.reason = text_at(row, 8);
  item.at_ms = number_at(row, 9);
  item.size = static_cast<uint64_t>(number_at(row, 10));
  item.payload = text_at(row, 11);
  return item;
}

PutAnswer parse_put(const Reply& r) {
  PutAnswer a;
  if (text_at(r, 0) == "exists") a.what = PutAnswer::What::exists;
  if (text_at(r, 0) == "full") a.what = PutAnswer::What::full;
  a.dropped = static_cast<uint64_t>(number_at(r, 1));
  for (size_t i = 2; i < r.items.size(); i++) a.ids.push_back(r.items[i].text);
  return a;
}

TakeAnswer parse_take(const Reply& r, const std::string& token) {
  TakeAnswer a;
  a.now_ms = number_at(r, 0);
  a.next_ms = time_at(r, 1);
  if (r.items.size() > 2) {
    a.item = parse_item(r.items[2]);
    a.lease = {a.item->id, token};
  }
  return a;
}

Fate parse_fate(const Reply& r) {
  if (text_at(r, 0) == "dead") return Fate::dead;
  return text_at(r, 0) == "done" ? Fate::done : Fate::lost;
}

Page parse_page(const Reply& r) {
  Page page;
  page.cursor = text_at(r, 0);
  for (size_t i = 1; i < r.items.size(); i++) page.items.push_back(parse_item(r.items[i]));
  return page;
}

WorkStats parse_stats(const Reply& r) {
  WorkStats s;
  s.mode = text_at(r, 0) == "work" ? Mode::work : Mode::none;
  s.epoch = text_at(r, 1);
  s.put = number_at(r, 2);
  for (size_t p = 0; p < kPriorities; p++) s.ready[p] = number_at(r, 3 + p);
  s.delayed = number_at(r, 13);
  s.leased = number_at(r, 14);
  s.dead = number_at(r, 15);
  s.unique = number_at(r, 16);
  s.wake = number_at(r, 17);
  s.oldest_ms = time_at(r, 18);
  s.next_ms = time_at(r, 19);
  s.now_ms = number_at(r, 20);
  return s;
}

DeadAnswer parse_dead(const Reply& r) {
  return {static_cast<uint64_t>(number_at(r, 0)), static_cast<uint64_t>(number_at(r, 1)),
          static_cast<uint64_t>(number_at(r, 2))};
}

// One word of a line, up to the next space or its end.
std::string_view next_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

bool next_number(std::string_view& line, int64_t& number) {
  const std::string_view word = next_word(line);
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc{} && end == word.data() + word.size();
}

Result<void> check_put(const PutOptions& options, const std::vector<std::string_view>& payloads) {
  if (payloads.empty() || payloads.size() > kMaxBatch) {
    return base::error(Errc::bad_input, "1 to 1000 items in one put");
  }
  if (options.unique.size() > kMaxUnique) {
    return base::error(Errc::too_big, "a unique key has at most 512 bytes");
  }
  for (const std::string_view payload : payloads) {
    if (payload.size() > kMaxPayload) {
      return base::error(Errc::too_big, "an item has at most 1 MiB, not ",
                         std::to_string(payload.size()), " bytes");
    }
  }
  return {};
}

}  // namespace

std::string text(const Lease& lease) {
  return base::cat(lease.id, ":", lease.token);
}

Result<Lease> parse_lease(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == text.npos || colon == 0 || colon + 1 == text.size()) {
    return base::error(Errc::bad_input, "'", text, "': expected ID:TOKEN, as --hold prints it");
  }
  return Lease{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

// TOKEN ID PRIORITY PUT LIMIT RESULT UNTIL NOW SIZE, then as many bytes of the unique key, then the
// payload.
Result<TakeAnswer> handed(std::string_view message) {
  TakeAnswer answer;
  if (message.empty()) return answer;
  const size_t end = std::min(message.find('\n'), message.size());
  std::string_view line = message.substr(0, end), rest = message.substr(end);
  Item item;
  answer.lease.token = next_word(line);
  answer.lease.id = item.id = next_word(line);
  int64_t numbers[7] = {};
  bool good = !answer.lease.token.empty() && !item.id.empty() && !rest.empty();
  for (int64_t& number : numbers) good = next_number(line, number) && good;
  const auto [priority, put, limit, result, until, now, size] = numbers;
  if (!good || !line.empty() || size < 0 || static_cast<size_t>(size) >= rest.size()) {
    return base::error(Errc::bad_input, "a message that no put of ours has sent");
  }
  item.priority = static_cast<int>(priority);
  item.put_ms = put;
  item.tries = 1;
  item.limit = static_cast<int>(limit);
  item.result_ms = result;
  item.unique = rest.substr(1, static_cast<size_t>(size));
  item.at_ms = until;
  item.payload = rest.substr(1 + static_cast<size_t>(size));
  item.size = item.payload.size();
  answer.now_ms = now;
  answer.item = std::move(item);
  return answer;
}

int64_t TakeAnswer::block_ms() const {
  if (!next_ms) return kLookMs;
  return std::clamp<int64_t>(*next_ms - now_ms, 1, kLookMs);
}

int64_t WorkStats::all_ready() const {
  int64_t sum = 0;
  for (const int64_t count : ready) sum += count;
  return sum;
}

Work::Work(redis::Scripts& scripts, std::string queue)
    : scripts_(scripts), queue_(std::move(queue)), mode_key_(key(queue_, "mode")) {}

void Work::call(const redis::Script& script, const std::vector<std::string_view>& arguments,
                redis::Client::Done done) {
  scripts_.call(script, {mode_key_}, arguments, std::move(done));
}

void Work::put(const PutOptions& options, const std::vector<std::string_view>& payloads,
               Done<PutAnswer> done) {
  if (const Result<void> good = check_put(options, payloads); !good) return done(good.error());
  const std::string epoch = random_hex(8), tag = random_hex(4);
  const std::string priority = std::to_string(options.priority);
  const std::string delay = std::to_string(options.delay_ms);
  const std::string limit = std::to_string(options.limit);
  const std::string result = std::to_string(options.result_ms);
  const std::string max = std::to_string(options.max);
  const bool refuse = options.over == PutOptions::Over::refuse;
  std::vector<std::string_view> arguments{
      epoch, tag, priority, delay, limit, result, options.unique, max, refuse ? "refuse" : "drop"};
  arguments.insert(arguments.end(), payloads.begin(), payloads.end());
  call(lua::work_put, arguments, into(std::move(done), parse_put));
}

void Work::take(int64_t lease_ms, std::string_view worker, Done<TakeAnswer> done) {
  take(lease_ms, worker, {.channel = "", .token = random_hex(16), .former = ""}, std::move(done));
}

void Work::take(int64_t lease_ms, std::string_view worker, const Standby& standby,
                Done<TakeAnswer> done) {
  const std::string lease = std::to_string(lease_ms);
  call(lua::work_take,
       {lease, standby.token, worker.substr(0, 256), standby.channel, standby.former},
       into(std::move(done),
            [token = standby.token](const Reply& r) { return parse_take(r, token); }));
}

void Work::renew(const Lease& lease, int64_t lease_ms, Done<Fate> done) {
  call(lua::work_renew, {lease.id, lease.token, std::to_string(lease_ms)},
       into(std::move(done), parse_fate));
}

void Work::ack(const Lease& lease, Done<Fate> done) {
  call(lua::work_ack, {lease.id, lease.token}, into(std::move(done), parse_fate));
}

void Work::ack(const Lease& lease, const Ending& ending, Done<Fate> done) {
  std::vector<std::string_view> arguments{lease.id, lease.token, ending.end};
  arguments.insert(arguments.end(), ending.parts.begin(), ending.parts.end());
  call(lua::work_ack, arguments, into(std::move(done), parse_fate));
}

void Work::release(const Lease& lease, const Back& back, Done<Fate> done) {
  call(
      lua::work_release,
      {lease.id, lease.token, std::to_string(back.delay_ms), back.counted ? "1" : "0", back.reason},
      into(std::move(done), parse_fate));
}

void Work::bury(const Lease& lease, std::string_view reason, Done<Fate> done) {
  call(lua::work_bury, {lease.id, lease.token, reason}, into(std::move(done), [](const Reply& r) {
         return text_at(r, 0) == "lost" ? Fate::lost : Fate::done;
       }));
}

void Work::remove(std::string_view id, Done<bool> done) {
  call(lua::work_delete, {id},
       into(std::move(done), [](const Reply& r) { return r.integer == 1; }));
}

void Work::peek(std::string_view id, Done<std::optional<Item>> done) {
  call(lua::work_peek, {id}, into(std::move(done), [](const Reply& r) {
         return r.items.empty() ? std::nullopt : std::optional<Item>(parse_item(r));
       }));
}

void Work::list(State state, std::string_view cursor, int count, size_t preview, Done<Page> done) {
  const std::string_view word = kStates[static_cast<size_t>(state)];
  call(lua::work_list, {word, cursor, std::to_string(count), std::to_string(preview)},
       into(std::move(done), parse_page));
}

void Work::stats(Done<WorkStats> done) {
  call(lua::work_stats, {}, into(std::move(done), parse_stats));
}

void Work::requeue(std::string_view id, Done<DeadAnswer> done) {
  call(lua::work_requeue, {id}, into(std::move(done), parse_dead));
}

void Work::drop(std::string_view id, Done<DeadAnswer> done) {
  call(lua::work_drop, {id}, into(std::move(done), parse_dead));
}

std::string Work::taker_channel(std::string_view channel) const {
  return base::cat(key(queue_, "taker"), ":", channel);
}

std::vector<std::string> Work::withdraw_command(int64_t lease_ms, std::string_view worker,
                                                const Standby& standby) const {
  return {"LREM", key(queue_, "standby"), "-1",
          base::cat(standby.channel, " ", standby.token, " ", std::to_string(lease_ms), " ",
                    worker.substr(0, 256))};
}

std::vector<std::string> Work::wake_command(int64_t block_ms) const {
  return {"BLPOP", key(queue_, "wake"), seconds(block_ms)};
}

// A list moved onto itself, head to head, stays as it is: that is how one waits without taking.
std::vector<std::string> Work::result_command(std::string_view id, int64_t block_ms) const {
  const std::string list = result_key(queue_, id);
  return {"BLMOVE", list, list, "LEFT", "LEFT", seconds(block_ms)};
}

std::vector<std::string> Work::result_parts_command(std::string_view id) const {
  return {"LRANGE", result_key(queue_, id), "1", "-1"};
}

}  // namespace queue
