#include "lib/redis/script.h"

#include "lib/net/stream.h"

namespace redis {

using base::Result;

namespace {

bool begins(const Reply& answer, std::string_view with) {
  return answer.is_error() && std::string_view(answer.text).starts_with(with);
}

size_t size_of(const std::vector<std::string>& words) {
  size_t size = 0;
  for (const std::string& w : words) size += w.size();
  return size;
}

}  // namespace

bool Scripts::not_run(const Reply& answer) {
  if (answer.text.find(" script: ") != std::string::npos) return false;
  return begins(answer, "NOSCRIPT ") || begins(answer, "NOPERM ") ||
         begins(answer, "ERR Function not found") || begins(answer, "ERR unknown command");
}

bool Scripts::full() const {
  return client_.full() || held_bytes_ >= net::Stream::kHighWater;
}

// What another script found out is where this one begins to look.
Scripts::Slot& Scripts::slot_of(const Script& script) {
  if (connection_ != client_.connections()) {
    connection_ = client_.connections();
    for (auto& [name, slot] : slots_) {
      slot.way = Way::function;
      slot.known = false;
    }
  }
  const auto [at, fresh] = slots_.try_emplace(script.function);
  if (fresh) {
    for (const auto& [name, slot] : slots_) {
      if (slot.known) at->second.way = slot.way;
    }
  }
  return at->second;
}

void Scripts::call(const Script& script, const std::vector<std::string_view>& keys,
                   const std::vector<std::string_view>& arguments, Client::Done done) {
  Slot& slot = slot_of(script);
  Call call{script, {keys.begin(), keys.end()}, keys.size(), std::move(done)};
  call.words.insert(call.words.end(), arguments.begin(), arguments.end());
  if (!slot.held.empty() || (!slot.known && slot.flying > 0)) {
    held_bytes_ += size_of(call.words);
    slot.held.push_back(std::move(call));
  } else {
    start(slot, std::move(call));
  }
}

void Scripts::start(Slot& slot, Call call) {
  slot.flying++;
  send(slot, slot.way, std::move(call));
}

void Scripts::send(Slot& slot, Way way, Call call) {
  const std::string keys = std::to_string(call.keys);
  std::vector<std::string_view> argv;
  argv.reserve(3 + call.words.size());
  if (way == Way::function) {
    argv = {"FCALL", call.script.function, keys};
  } else if (way == Way::sha) {
    argv = {"EVALSHA", call.script.sha1, keys};
  } else {
    argv = {"EVAL", call.script.body, keys};
  }
  argv.insert(argv.end(), call.words.begin(), call.words.end());
  // The views stay good: moving a vector moves none of its strings.
  client_.command(argv, [this, &slot, way, call = std::move(call)](Result<Reply> answer) mutable {
    answered(slot, way, std::move(call), std::move(answer));
  });
}

void Scripts::answered(Slot& slot, Way way, Call call, Result<Reply> answer) {
  const bool wrong_way = answer && not_run(*answer);
  if (wrong_way && way != Way::text) {
    slot.known = false;  // later calls wait, lest they overtake this one
    return send(slot, way == Way::function ? Way::sha : Way::text, std::move(call));
  }
  // A way that ended with NOPERM may have done so for the keys of this call, and proves nothing.
  if (answer && !wrong_way) {
    slot.way = way == Way::function ? way : Way::sha;  // its text was sent once: it is known now
    slot.known = slot.known || slot.flying == 1;
  }
  slot.flying--;
  release(slot);
  if (call.done) call.done(std::move(answer));
}

void Scripts::release(Slot& slot) {
  while (!slot.held.empty() && (slot.known || slot.flying == 0)) {
    Call call = std::move(slot.held.front());
    slot.held.pop_front();
    held_bytes_ -= size_of(call.words);
    start(slot, std::move(call));
  }
}

}  // namespace redis
