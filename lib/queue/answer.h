// answer: what a script answered, taken apart. For this folder only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "lib/queue/names.h"
#include "lib/redis/client.h"

namespace queue::answer {

// An element of a list as text or number; what is not there, or is of another kind, is empty or 0.
// A script of ours answers what it says; of a stranger's library we only have to survive it.
const std::string& text_at(const redis::Reply& list, size_t i);
int64_t number_at(const redis::Reply& list, size_t i);
// -1 is none.
std::optional<int64_t> time_at(const redis::Reply& list, size_t i);

// A Client::Done that hands a good answer through `parse`, and everything else on as an error.
template <class T, class Parse>
redis::Client::Done into(Done<T> done, Parse parse) {
  return [done = std::move(done), parse](base::Result<redis::Reply> reply) {
    if (!done) return;
    if (!reply) return done(std::move(reply.error()));
    if (reply->is_error()) return done(error_of(*reply));
    done(parse(*reply));
  };
}

}  // namespace queue::answer
