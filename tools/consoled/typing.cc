#include "tools/consoled/typing.h"

#include <algorithm>
#include <utility>

namespace consoled {

using base::Result;

Typing::Typing(net::Loop& loop)
    : loop_(loop), timer_(loop, [this] {
        if (listens() && !answering_) {
          end_chat(base::error(base::Errc::timeout, "initcmd: waited in vain for ",
                               base::cat('"', chat_.front().expect, '"')));
        }
        run();
      }) {}

void Typing::start(Driver& driver, std::vector<Turn> chat, base::Time deadline, Told told) {
  driver_ = &driver;
  full_ = false;
  chat_ = std::move(chat);
  chat_told_ = std::move(told);
  chat_deadline_ = deadline;
  heard_.clear();
  if (listens()) {
    expect();
  } else {
    run();
  }
}

size_t Typing::stop() {
  driver_ = nullptr;
  timer_.cancel();
  chat_.clear();
  answering_ = false;
  const std::deque<Play> cut = std::exchange(plays_, {});
  for (const Play& p : cut) {
    if (p.told) p.told(base::error(base::Errc::closed, "the line is down"));
  }
  const size_t lost = keys_.clear();
  popped_ = pushed_;
  return lost;
}

void Typing::push(const std::shared_ptr<net::Keys::Sender>& from, std::string unit) {
  pushed_ += unit.size();
  keys_.push(from, std::move(unit));
  run();
}

void Typing::play(Steps steps, Told told) {
  plays_.push_back({std::move(steps), std::move(told), pushed_});
  run();
}

void Typing::writable() {
  full_ = false;
  run();
}

// Everything that may go now goes, in order. What is told may come back to push and play.
void Typing::run() {
  if (running_) return;
  running_ = true;
  while (driver_ != nullptr && !full_ && !timer_.pending()) {
    if (listens() && !answering_) break;
    const bool play = answering_ || (!plays_.empty() && plays_.front().after <= popped_);
    if (!(play ? run_play() : run_keys())) break;
  }
  running_ = false;
}

// False: nothing more can go.
bool Typing::run_keys() {
  std::string_view bytes = keys_.front();
  if (!plays_.empty()) bytes = bytes.substr(0, plays_.front().after - popped_);
  if (bytes.empty()) return false;
  const size_t n = driver_->write(bytes);
  full_ = n < bytes.size();
  if (n > 0) keys_.pop(n);
  popped_ += n;
  return !full_;
}

bool Typing::run_play() {
  Play& p = plays_.front();
  if (p.step == p.steps.size()) {
    end_play({});
    return true;
  }
  return run_step(p);
}

bool Typing::run_step(Play& p) {
  const Step& s = p.steps[p.step];
  switch (s.kind) {
    case Step::Kind::pause:
      p.step++;
      timer_.after(s.pause);
      return false;
    case Step::Kind::serial_break: {
      p.step++;
      const Result<void> sent = driver_->send_break();
      if (!sent) end_play(sent);
      return true;
    }
    case Step::Kind::text:
      break;
  }
  const std::string_view rest = std::string_view(s.text).substr(p.done);
  const size_t n = driver_->write(rest);
  p.done += n;
  full_ = n < rest.size();
  if (full_) return false;
  p.step++;
  p.done = 0;
  return true;
}

void Typing::end_play(Result<void> result) {
  const Told told = std::move(plays_.front().told);
  plays_.pop_front();
  if (told) told(std::move(result));
}

// The present turn of the chat: what it waits for may have come already.
void Typing::expect() {
  const std::string& text = chat_.front().expect;
  const size_t at = heard_.find(text);
  if (at == std::string::npos) {
    // Only its end can be a part of what is still to come.
    if (heard_.size() >= text.size()) heard_.erase(0, heard_.size() - text.size() + 1);
    if (!timer_.pending()) timer_.at(chat_deadline_);
    return;
  }
  heard_.erase(0, at + text.size());
  answer();
}

void Typing::answer() {
  timer_.cancel();
  answering_ = true;
  plays_.push_front({std::move(chat_.front().send),
                     [this](Result<void> sent) {
                       answering_ = false;
                       if (!listens()) return;  // it was stopped
                       chat_.erase(chat_.begin());
                       if (!sent || chat_.empty()) {
                         end_chat(std::move(sent));
                       } else {
                         expect();
                       }
                     },
                     0});
  run();
}

void Typing::end_chat(Result<void> result) {
  timer_.cancel();
  chat_.clear();
  heard_.clear();
  const Told told = std::move(chat_told_);
  if (told) told(std::move(result));
}

void Typing::heard(std::string_view bytes) {
  constexpr size_t kMostHeard = 4096;  // between two turns
  heard_ += bytes;
  if (heard_.size() > kMostHeard) heard_.erase(0, heard_.size() - kMostHeard);
  if (!answering_) expect();
}

}  // namespace consoled
