// receiver_redis: records onto a bounded list of a Redis, lineman:{log.NAME}, whose place stands
// beside it and moves with it in one script: exactly once, as long as the Redis keeps what it has.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "lib/redis/client.h"
#include "lib/redis/script.h"
#include "tools/consoled/receiver.h"

namespace consoled {

struct RedisTarget {
  redis::Connect connect;
  redis::Login login;
  std::string list;  // NAME
  uint64_t length = 100000;
};

class RedisReceiver final : public Receiver {
 public:
  RedisReceiver(net::Loop& loop, std::string name, RedisTarget target, std::function<void()> ready);

  bool ready() const override { return client_.ready() && waits_.empty() && !scripts_.full(); }
  void send(const Batch& batch, Done done) override;
  void tell(std::string_view) override {}
  std::string trouble() const override { return waits_.empty() ? trouble_ : waits_; }

 private:
  void answered(const base::Result<redis::Reply>& answer, const Done& done);
  void wait(const std::string& why);

  net::Loop& loop_;
  std::string name_;
  RedisTarget target_;
  std::string key_, at_key_;
  std::function<void()> ready_;
  std::string trouble_;
  std::string waits_;  // what the server said no with: asked again after a while
  net::Backoff backoff_;
  net::Timer rest_;
  redis::Client client_;
  redis::Scripts scripts_;
};

}  // namespace consoled
