// Work: a queue whose items each go to one taker at a time: lease, retry, dead letters, at least
// once. One call is one Lua script (work_*.lua), so nothing is ever between two keys. Times are
// Redis's own, in milliseconds since 1970; durations are milliseconds.
//
// Owned by its user; the Scripts must outlive it and every callback. Blocks on nothing. Views given
// to a call need to live until it returns. Page: lineman-redis(7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/queue/names.h"
#include "lib/redis/script.h"

namespace queue {

inline constexpr size_t kMaxPayload = 1 << 20;  // bytes of one item
inline constexpr size_t kMaxBatch = 1000;       // items of one put
inline constexpr size_t kMaxUnique = 512;       // bytes of a unique key
inline constexpr int kPriorities = 10;          // 0 is taken first
// A waiter looks at least this often: a wake token that was lost costs no more.
inline constexpr int64_t kLookMs = 5000;

// One item as the lists show it; takers get it with its payload.
struct Item {
  std::string id;  // EPOCH-NUMBER-TAG
  int priority = 5;
  int64_t put_ms = 0;
  int tries = 0;          // how often it was taken
  int limit = 0;          // taken at most so often; 0: any number
  int64_t result_ms = 0;  // its result is wanted, and kept so long; 0: not wanted
  std::string unique;     // its unique key, or empty
  std::string worker;     // who took it last
  std::string reason;     // why it came back last, or is dead
  int64_t at_ms = 0;      // delayed: due; leased: until when; else 0
  uint64_t size = 0;      // bytes of the payload
  std::string payload;    // whole (take, peek) or its beginning (list)
};

struct PutOptions {
  int priority = 5;
  int64_t delay_ms = 0;   // not before that much later
  int limit = 0;          // tries; 0: any number
  int64_t result_ms = 0;  // > 0: the result is wanted, and kept so long
  std::string unique;     // not again while an item with this key waits or is taken; one item only
  uint64_t max = 0;       // at most so many waiting (ready and delayed); 0: any number
  enum class Over { refuse, drop_oldest } over = Over::refuse;
};

struct PutAnswer {
  enum class What {
    put,     // all of them
    exists,  // nothing was put: `ids` is the one item that has the unique key
    full     // only the first ids.size() were put, for lack of room under `max`
  } what = What::put;
  std::vector<std::string> ids;
  uint64_t dropped = 0;  // how many of the oldest made room
};

// What proves that one holds an item. Its text form "ID:TOKEN" is what `qwait --hold` prints.
struct Lease {
  std::string id, token;
};
std::string text(const Lease& lease);
base::Result<Lease> parse_lease(std::string_view text);  // bad_input

struct TakeAnswer {
  std::optional<Item> item;        // none: nothing was ready
  Lease lease;                     // of the item; runs until item->at_ms
  std::optional<int64_t> next_ms;  // when the next delayed item or lease is due
  int64_t now_ms = 0;              // Redis's clock at the take
  // How long to block on wake_command() before the next look: min(next - now, kLookMs), at least 1.
  int64_t block_ms() const;
};

// How a taker stands by where nothing is ready: a put then leases its item to it and tells it so.
struct Standby {
  std::string
      channel;  // random hex digits, new for each connection; it subscribes to taker_channel()
  std::string token;   // of this call, random_hex(16): the lease's, whoever gives it
  std::string former;  // of the call before, by which it stands by no longer; empty: none
};

// The message of a put to one who stands by: its item and lease, as take() would answer. An empty
// one (it should look) has no item. bad_input: it is none of ours.
base::Result<TakeAnswer> handed(std::string_view message);

// What became of a lease's item.
enum class Fate {
  done,  // renewed, acknowledged, released, buried as asked
  dead,  // release: that was its last try, it is in the dead list
  lost   // the token is no longer the lease's; nothing was changed. Also the answer to a repeated
         // ack whose first answer was lost.
};

// The end of an item, for who asked for its result and for whoever pushes it.
struct Ending {
  // "exit N", "signal N" (of the taker); "dead WHY", "deleted", "dropped" (it will not be done).
  std::string end = "exit 0";
  // What it wrote: a digit for the descriptor ('1' or '2'), then the bytes. At most 1,000 parts.
  std::vector<std::string> parts;
};

enum class State { ready, delayed, leased, dead };

struct Page {
  std::vector<Item> items;
  std::string cursor;  // give it to the next call; "0": that was all
};

struct WorkStats {
  Mode mode = Mode::none;
  std::string epoch;
  int64_t put = 0;  // how many were put in this epoch
  int64_t ready[kPriorities] = {};
  int64_t delayed = 0, leased = 0, dead = 0, unique = 0, wake = 0;
  std::optional<int64_t> oldest_ms;  // when the longest waiting ready item was put, about
  std::optional<int64_t> next_ms;
  int64_t now_ms = 0;
  int64_t all_ready() const;
};

struct DeadAnswer {
  uint64_t moved = 0;  // requeued or dropped
  uint64_t kept = 0;   // not requeued: another item has its unique key now
  uint64_t left = 0;   // how many are in the dead list now
};

class Work {
 public:
  // `queue` is a good name (check_name).
  Work(redis::Scripts& scripts, std::string queue);

  // 1 to kMaxBatch payloads with the same options, in their order; too_big and bad_input are told
  // before anything is sent.
  void put(const PutOptions& options, const std::vector<std::string_view>& payloads,
           Done<PutAnswer> done);
  // The most urgent item, leased for `lease_ms`. `worker` is for the lists: "host:pid". Each call
  // draws a new token. A take whose answer is lost counts as a try once its lease has run out.
  void take(int64_t lease_ms, std::string_view worker, Done<TakeAnswer> done);
  // The same with a token and, with a channel, to stand by where nothing is ready. Lease and worker
  // are those of the former call.
  void take(int64_t lease_ms, std::string_view worker, const Standby& standby,
            Done<TakeAnswer> done);

  void renew(const Lease& lease, int64_t lease_ms, Done<Fate> done);
  void ack(const Lease& lease, Done<Fate> done);
  void ack(const Lease& lease, const Ending& ending, Done<Fate> done);
  // Back, `delay_ms` from now. counted: the try failed; dead when that was the last one. Not
  // counted: it was not tried (the taker stops); it goes to the front.
  struct Back {
    int64_t delay_ms = 0;
    bool counted = true;
    std::string reason;
  };
  void release(const Lease& lease, const Back& back, Done<Fate> done);
  void bury(const Lease& lease, std::string_view reason, Done<Fate> done);

  // By id, in whatever state; its taker finds the lease lost. false: no such item.
  void remove(std::string_view id, Done<bool> done);
  // The item by id; empty id: the one that would be taken next. none: no such.
  void peek(std::string_view id, Done<std::optional<Item>> done);
  // Up to `count` (at most 100) items of a state from a cursor ("0": from the beginning), each with
  // the first `preview` bytes of payloads up to 64 KiB. What moves between two calls may come twice
  // or not at all.
  void list(State state, std::string_view cursor, int count, size_t preview, Done<Page> done);
  void stats(Done<WorkStats> done);

  // Out of the dead list: the one with `id`, else at most 100 from its front; call again while
  // `left` says so and moved + kept is below what was in it at first.
  void requeue(std::string_view id, Done<DeadAnswer> done);
  void drop(std::string_view id, Done<DeadAnswer> done);

  // The channel to subscribe to, before one stands by.
  std::string taker_channel(std::string_view channel) const;
  // To send: who stood by under standby.token no longer does. Answers 1, or 0: it was told
  // something.
  std::vector<std::string> withdraw_command(int64_t lease_ms, std::string_view worker,
                                            const Standby& standby) const;
  // To send on a second connection (it blocks there): waits for a wake token. Nil: none came.
  std::vector<std::string> wake_command(int64_t block_ms) const;
  // Waits for the result of an item without taking it away: answers its `end`, nil when time is
  // over. Then result_parts_command() gets the parts. The key goes by itself after result_ms.
  std::vector<std::string> result_command(std::string_view id, int64_t block_ms) const;
  std::vector<std::string> result_parts_command(std::string_view id) const;

  const std::string& name() const { return queue_; }

 private:
  void call(const redis::Script& script, const std::vector<std::string_view>& arguments,
            redis::Client::Done done);

  redis::Scripts& scripts_;
  std::string queue_, mode_key_;
};

}  // namespace queue
