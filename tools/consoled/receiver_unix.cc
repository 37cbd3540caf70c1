#include "tools/consoled/receiver_unix.h"

#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/base/cat.h"
#include "lib/base/log.h"
#include "lib/wire/json.h"

namespace consoled {

namespace {
constexpr size_t kAnswer = 65536;

// {"cmd":"floor",...} for the record's key S:N: what is below N is never said again.
std::string floor_below(const std::string& key) {
  const size_t colon = key.rfind(':');
  return wire::dump({{"cmd", "floor"},
                     {"source", key.substr(0, colon)},
                     {"below", std::strtoull(key.c_str() + colon + 1, nullptr, 10)}}) +
         "\n";
}

std::string text_of(const wire::Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}
}  // namespace

UnixReceiver::UnixReceiver(net::Loop& loop, std::string name, LinkTarget target,
                           std::function<void()> ready)
    : loop_(loop),
      name_(name),
      ready_(std::move(ready)),
      rest_(loop,
            [this] {
              waits_.clear();
              ready_();
            }),
      give_back_(loop, [this] { give_back(); }),
      lines_(kAnswer),
      link_(loop, std::move(name), std::move(target),
            {[this] {
               lines_ = wire::LineSplitter(kAnswer);
               link_.stream().send("{\"cmd\":\"hold\"}\n");
               ready_();
             },
             [this](std::string_view bytes) { data(bytes); }, [this] { give_back(); }}) {}

bool UnixReceiver::ready() const {
  return link_.up() && waits_.empty();
}

std::string UnixReceiver::trouble() const {
  return link_.trouble().empty() ? waits_ : link_.trouble();
}

void UnixReceiver::send(const Batch& batch, Done done) {
  const uint64_t number = next_++;
  Sent& sent = sent_[number];
  sent.done = std::move(done);
  for (const PublishedRecord& r : batch.records) {
    sent.open.insert(r.key);
    keys_[r.key] = number;
    if (link_.up()) link_.stream().send(r.text);
  }
  sent.floor = floor_below(batch.records.back().key);
  // Lost between the publisher's question and now: given back from the loop.
  if (!link_.up()) give_back_.at(loop_.now());
}

void UnixReceiver::data(std::string_view bytes) {
  while (auto line = lines_.next(bytes)) answer(line->text);
}

void UnixReceiver::answer(std::string_view line) {
  const base::Result<wire::Json> json = wire::parse(line);
  if (!json || !json->is_object()) return;
  const std::string key = text_of(*json, "stored");
  if (!key.empty()) return stored(key);
  const auto error = json->find("error");
  if (error == json->end() || !error->is_object()) return;
  const std::string about = text_of(*error, "key"), code = text_of(*error, "code");
  const std::string why = base::cat(code, ": ", text_of(*error, "message"));
  const bool later = code == "no_space" || code == "busy";
  if (later && (about.empty() || keys_.count(about) > 0)) return wait(why);
  if (keys_.count(about) == 0) return;  // of a command
  // It will never take this one: on with the others.
  if (refused_++ == 0) base::log::warn("logger ", name_, ": refused: ", why);
  stored(about);
}

void UnixReceiver::stored(const std::string& key) {
  const auto at = keys_.find(key);
  if (at == keys_.end()) return;
  const auto batch = sent_.find(at->second);
  keys_.erase(at);
  if (batch == sent_.end()) return;
  batch->second.open.erase(key);
  if (!batch->second.open.empty()) return;
  const Sent sent = std::move(batch->second);
  sent_.erase(batch);
  link_.good();
  backoff_.reset();
  if (link_.up()) link_.stream().send(sent.floor);
  sent.done({.all = true, .instead = {}});
}

// The receiver has no room: what it did not store is said again after a while, in order.
void UnixReceiver::wait(const std::string& why) {
  if (!waits_.empty()) return;
  waits_ = why;
  base::log::warn("logger ", name_, ": ", why);
  rest_.after(backoff_.next());
  give_back_.at(loop_.now());
}

void UnixReceiver::give_back() {
  std::map<uint64_t, Sent> lost = std::exchange(sent_, {});
  keys_.clear();
  for (auto it = lost.rbegin(); it != lost.rend(); ++it) {
    it->second.done({.all = false, .instead = {}});
  }
}

}  // namespace consoled
