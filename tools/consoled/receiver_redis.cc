#include "tools/consoled/receiver_redis.h"

#include <optional>
#include <utility>
#include <vector>

#include "lib/base/cat.h"
#include "lib/base/log.h"
#include "lib/redis/log_push.lua.h"

namespace consoled {

namespace {}

RedisReceiver::RedisReceiver(net::Loop& loop, std::string name, RedisTarget target,
                             std::function<void()> ready)
    : loop_(loop),
      name_(std::move(name)),
      target_(std::move(target)),
      key_(base::cat("lineman:{log.", target_.list, "}")),
      at_key_(key_ + ":at"),
      ready_(std::move(ready)),
      rest_(loop,
            [this] {
              waits_.clear();
              ready_();
            }),
      client_(loop, target_.connect, target_.login,
              {[this] {
                 if (!trouble_.empty()) base::log::info("logger ", name_, ": connected again");
                 trouble_.clear();
                 ready_();
               },
               [this](const base::Error& why) {
                 if (trouble_ != why.what) base::log::warn("logger ", name_, ": ", why.what);
                 trouble_ = why.what;
               },
               [this] { ready_(); }}),
      scripts_(client_) {}

void RedisReceiver::send(const Batch& batch, Done done) {
  const std::string from = mark_text(batch.from), to = mark_text(batch.to);
  const std::string length = std::to_string(target_.length);
  std::vector<std::string_view> arguments{batch.node, from, to, length};
  for (const PublishedRecord& r : batch.records) {
    // An element of a list needs no LF.
    arguments.push_back(std::string_view(r.text).substr(0, r.text.size() - 1));
  }
  scripts_.call(lua::log_push, {key_, at_key_}, arguments,
                [this, done = std::move(done)](const base::Result<redis::Reply>& answer) {
                  answered(answer, done);
                });
}

// No answer: it may have been done. The same call again finds out, by the place.
void RedisReceiver::answered(const base::Result<redis::Reply>& answer, const Done& done) {
  if (!answer) return done({.all = false, .instead = {}});
  if (answer->is_error()) {
    wait(answer->text);
    return done({.all = false, .instead = {}});
  }
  backoff_.reset();
  if (answer->text == "OK") return done({.all = true, .instead = {}});
  const std::optional<Mark> at = parse_mark(answer->text);
  if (at) return done({.all = false, .instead = at});
  wait(base::cat(at_key_, ": ", answer->text, " is no place of a journal"));
  done({.all = false, .instead = {}});
}

void RedisReceiver::wait(const std::string& why) {
  if (waits_.empty()) base::log::warn("logger ", name_, ": ", why);
  waits_ = why;
  rest_.after(backoff_.next());
}

}  // namespace consoled
