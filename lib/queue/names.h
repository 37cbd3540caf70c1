// names: what a queue's keys are called, and the random words that its scripts are given. All keys
// of one queue carry its name in one hash tag, so that they share a cluster slot and one ACL
// pattern covers them. Page: lineman-redis(7).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/redis/reply.h"

namespace queue {

enum class Mode { none, work, signal };

// 1 to 128 of [A-Za-z0-9._-], not beginning with '.' or '-'; else bad_input, with what is allowed.
base::Result<void> check_name(std::string_view queue);

// "lineman:{q.jobs}:wake" of "jobs" and "wake". The name must be a good one.
std::string key(std::string_view queue, std::string_view part);
// Where the end of an item is told to who asked for its result.
std::string result_key(std::string_view queue, std::string_view id);

// The pattern for SCAN that finds every queue's `mode` key, and the queue's name out of such a key
// (empty: it is none).
inline constexpr std::string_view kModePattern = "lineman:{q.*}:mode";
std::string_view queue_of_key(std::string_view key);

// `digits` hex digits from getrandom(2): epochs (8), tags (4), lease tokens (16). Lua's own random
// numbers repeat after every start of the server, so the scripts take them from here.
std::string random_hex(size_t digits);

// What an error answer of Redis, or of a script, is as an Error; `what` is its text unchanged.
//   usage      MODE: the queue exists in the other mode (exit 100)
//   bad_input  ARGS: a script was given what it does not take
//   denied     NOPERM, NOAUTH, WRONGPASS, READONLY; a script's command that the user may not run
//   too_big    OOM: Redis is full; nothing was changed
//   busy       LOADING, BUSY, TRYAGAIN, CLUSTERDOWN, MASTERDOWN: later, nothing was changed
//   io         all others (MISCONF ...); nothing was changed
base::Error error_of(const redis::Reply& reply);

// Called once, from the loop. Besides error_of's an error may be the client's: closed (no answer
// came: whether it was done is unknown, and repeating it may do it twice) or not_found (there was
// no connection: surely not done).
template <class T>
using Done = std::function<void(base::Result<T>)>;

}  // namespace queue
