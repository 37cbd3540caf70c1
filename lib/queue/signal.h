// Signal: a queue whose messages every waiter gets: a ring with numbers. A waiter holds a position
// and reads what is after it; what the ring lost before it came is counted.
//
// Waiting: start() once, then read() until it gives nothing, then block_command() on a second
// connection for at most kLookMs (work.h has the reason; here an emptied Redis would not wake it
// either), then read() again.
//
// Owned by its user; the Scripts must outlive it and every callback. Blocks on nothing. Page:
// lineman-redis(7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/queue/names.h"
#include "lib/redis/script.h"

namespace queue {

inline constexpr uint64_t kRing = 1000;  // messages kept, where nothing else is said

// Up to where a waiter has seen. Numbers count from 1 within an epoch; the tag is that of message
// `number`, and shows a Redis that came back older and has given the number to another message.
struct Position {
  std::string epoch;  // empty: the queue did not exist yet
  uint64_t number = 0;
  std::string tag;  // may be empty: not known
};
std::string text(const Position& position);  // "EPOCH-NUMBER-TAG", the message's id

struct Message {
  Position at;  // its own
  std::string payload;
};

struct SignalPutOptions {
  uint64_t ring = kRing;  // how many are kept
  bool exact = false;     // not one more; else up to about a hundred more, and faster
};

struct Start {
  Position position;
  bool stored = false;  // it is the named waiter's own, from before
};

struct ReadAnswer {
  std::vector<Message> messages;
  uint64_t missed = 0;  // how many the ring had lost, between `position` and the last message
  // Another epoch, or a Redis that is older than the position: how many were missed is unknown;
  // messages are from the first that there is.
  bool unknown = false;
  bool more = false;  // call again at once
  Position next;      // the position to read from next, and to store
};

struct SignalStats {
  Mode mode = Mode::none;
  std::string epoch;
  uint64_t last = 0;   // number of the last message
  uint64_t first = 0;  // of the first that is kept; 0: none
  uint64_t kept = 0;
  uint64_t waiters = 0;  // named ones
};

struct Waiter {
  std::string name;
  Position position;
};

struct WaiterPage {
  std::vector<Waiter> waiters;
  std::string cursor;  // "0": that was all
};

class Signal {
 public:
  // `queue` is a good name (check_name).
  Signal(redis::Scripts& scripts, std::string queue);

  // 1 to 1,000 messages of at most kMaxPayload bytes; answers the position of the last one.
  void put(const SignalPutOptions& options, const std::vector<std::string_view>& payloads,
           Done<Position> done);
  // The position now. With a name: the stored one, or now's, which is stored.
  void start(std::string_view waiter, Done<Start> done);
  // At most `count` (up to 1,000) messages after `from`, and no more after the first MiB.
  void read(const Position& from, int count, Done<ReadAnswer> done);
  // After the line was written out: a crash before it repeats the line, none is skipped.
  void store(std::string_view waiter, const Position& position, Done<void> done);
  // true: it had been there.
  void forget(std::string_view waiter, Done<bool> done);
  void stats(Done<SignalStats> done);
  void list(std::string_view cursor, int count, Done<WaiterPage> done);

  // To send on a second connection (it blocks there): answers when there is a message after `from`,
  // nil when time is over.
  std::vector<std::string> block_command(const Position& from, int64_t block_ms) const;
  // What of its answer follows `from` without a gap, in the same epoch: may be used as it is, which
  // saves a read(). Empty: read() has to say what happened. Only of a connection that was there
  // when `from` was read: after a reconnect comes a read() first, for it compares the tag.
  static std::vector<Message> following(const redis::Reply& block, const Position& from);

  const std::string& name() const { return queue_; }

 private:
  void call(const redis::Script& script, const std::vector<std::string_view>& arguments,
            redis::Client::Done done);

  redis::Scripts& scripts_;
  std::string queue_, mode_key_;
};

}  // namespace queue
