#include "lib/queue/signal.h"

#include <algorithm>
#include <utility>

#include "lib/queue/answer.h"
#include "lib/queue/signal_forget.lua.h"
#include "lib/queue/signal_list.lua.h"
#include "lib/queue/signal_put.lua.h"
#include "lib/queue/signal_read.lua.h"
#include "lib/queue/signal_start.lua.h"
#include "lib/queue/signal_stats.lua.h"
#include "lib/queue/signal_store.lua.h"
#include "lib/queue/work.h"

namespace queue {

using answer::into;
using answer::number_at;
using answer::text_at;
using base::Errc;
using redis::Reply;

namespace {

// Three elements: epoch, number, tag.
Position position_at(const Reply& r, size_t i) {
  return {text_at(r, i), static_cast<uint64_t>(number_at(r, i + 1)), text_at(r, i + 2)};
}

Start parse_start(const Reply& r) {
  return {position_at(r, 1), text_at(r, 0) == "stored"};
}

ReadAnswer parse_read(const Reply& r) {
  ReadAnswer a;
  const int64_t missed = number_at(r, 0);
  a.unknown = missed < 0;
  a.missed = static_cast<uint64_t>(std::max<int64_t>(missed, 0));
  a.more = text_at(r, 1) == "1";
  a.next = position_at(r, 2);
  for (size_t i = 5; i + 2 < r.items.size(); i += 3) {
    const auto number = static_cast<uint64_t>(number_at(r, i));
    a.messages.push_back({{a.next.epoch, number, text_at(r, i + 1)}, text_at(r, i + 2)});
  }
  return a;
}

SignalStats parse_stats(const Reply& r) {
  SignalStats s;
  s.mode = text_at(r, 0) == "signal" ? Mode::signal : Mode::none;
  s.epoch = text_at(r, 1);
  s.last = static_cast<uint64_t>(number_at(r, 2));
  s.first = static_cast<uint64_t>(number_at(r, 3));
  s.kept = static_cast<uint64_t>(number_at(r, 4));
  s.waiters = static_cast<uint64_t>(number_at(r, 5));
  return s;
}

WaiterPage parse_waiters(const Reply& r) {
  WaiterPage page;
  page.cursor = text_at(r, 0);
  for (size_t i = 1; i + 3 < r.items.size(); i += 4) {
    page.waiters.push_back({text_at(r, i), position_at(r, i + 1)});
  }
  return page;
}

// One entry of XREAD: its id N-0, and e, t, m with their values.
Message parse_entry(const Reply& entry) {
  Message m;
  m.at.number = static_cast<uint64_t>(number_at(entry, 0));  // up to the '-'
  if (entry.items.size() < 2) return m;
  const Reply& fields = entry.items[1];
  m.at.epoch = text_at(fields, 1);
  m.at.tag = text_at(fields, 3);
  m.payload = text_at(fields, 5);
  return m;
}

}  // namespace

std::string text(const Position& position) {
  return base::cat(position.epoch, "-", std::to_string(position.number), "-", position.tag);
}

Signal::Signal(redis::Scripts& scripts, std::string queue)
    : scripts_(scripts), queue_(std::move(queue)), mode_key_(key(queue_, "mode")) {}

void Signal::call(const redis::Script& script, const std::vector<std::string_view>& arguments,
                  redis::Client::Done done) {
  scripts_.call(script, {mode_key_}, arguments, std::move(done));
}

void Signal::put(const SignalPutOptions& options, const std::vector<std::string_view>& payloads,
                 Done<Position> done) {
  const bool big = std::any_of(payloads.begin(), payloads.end(),
                               [](std::string_view p) { return p.size() > kMaxPayload; });
  if (big) return done(base::error(Errc::too_big, "a message has at most 1 MiB"));
  const std::string epoch = random_hex(8), tag = random_hex(4);
  const std::string ring = std::to_string(options.ring);
  std::vector<std::string_view> arguments{epoch, tag, ring, options.exact ? "=" : "~"};
  arguments.insert(arguments.end(), payloads.begin(), payloads.end());
  call(lua::signal_put, arguments,
       into(std::move(done), [](const Reply& r) { return position_at(r, 0); }));
}

void Signal::start(std::string_view waiter, Done<Start> done) {
  call(lua::signal_start, {waiter, random_hex(8)}, into(std::move(done), parse_start));
}

void Signal::read(const Position& from, int count, Done<ReadAnswer> done) {
  call(lua::signal_read, {from.epoch, std::to_string(from.number), from.tag, std::to_string(count)},
       into(std::move(done), parse_read));
}

void Signal::store(std::string_view waiter, const Position& position, Done<void> done) {
  call(lua::signal_store, {waiter, position.epoch, std::to_string(position.number), position.tag},
       into(std::move(done), [](const Reply&) { return base::Result<void>(); }));
}

void Signal::forget(std::string_view waiter, Done<bool> done) {
  call(lua::signal_forget, {waiter},
       into(std::move(done), [](const Reply& r) { return r.integer == 1; }));
}

void Signal::stats(Done<SignalStats> done) {
  call(lua::signal_stats, {}, into(std::move(done), parse_stats));
}

void Signal::list(std::string_view cursor, int count, Done<WaiterPage> done) {
  call(lua::signal_list, {cursor, std::to_string(count)}, into(std::move(done), parse_waiters));
}

std::vector<std::string> Signal::block_command(const Position& from, int64_t block_ms) const {
  return {"XREAD",
          "COUNT",
          "100",
          "BLOCK",
          std::to_string(std::max<int64_t>(block_ms, 1)),
          "STREAMS",
          key(queue_, "signal"),
          base::cat(std::to_string(from.number), "-0")};
}

std::vector<Message> Signal::following(const Reply& block, const Position& from) {
  std::vector<Message> messages;
  if (block.items.empty() || block.items[0].items.size() < 2) return messages;
  for (const Reply& entry : block.items[0].items[1].items) {
    Message m = parse_entry(entry);
    if (m.at.epoch != from.epoch || m.at.number != from.number + messages.size() + 1) break;
    messages.push_back(std::move(m));
  }
  return messages;
}

}  // namespace queue
