// receiver_unix: records with a key, as JSON lines to a unix socket (sinkd's, or another's), each
// answered: {"ok":true,"stored":KEY}. What is unanswered is said again, and the key makes a
// repetition harmless: exactly once, for a receiver that knows its keys.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "lib/wire/line.h"
#include "tools/consoled/link.h"
#include "tools/consoled/receiver.h"

namespace consoled {

class UnixReceiver final : public Receiver {
 public:
  UnixReceiver(net::Loop& loop, std::string name, LinkTarget target, std::function<void()> ready);

  bool ready() const override;
  void send(const Batch& batch, Done done) override;
  void tell(std::string_view) override {}
  std::string trouble() const override;
  uint64_t refused() const { return refused_; }

 private:
  struct Sent {
    std::set<std::string> open;  // keys without an answer
    Done done;
    std::string floor;  // once all is stored: the receiver may forget what is below
  };
  void data(std::string_view bytes);
  void answer(std::string_view line);
  void stored(const std::string& key);
  void wait(const std::string& why);
  void give_back();

  net::Loop& loop_;
  std::string name_;
  std::function<void()> ready_;
  std::map<uint64_t, Sent> sent_;
  std::map<std::string, uint64_t> keys_;  // which batch a key is of
  uint64_t next_ = 0;
  uint64_t refused_ = 0;
  std::string waits_;  // why no more is sent for a while: the receiver's disk is full
  net::Backoff backoff_;
  net::Timer rest_, give_back_;
  wire::LineSplitter lines_;
  Link link_;
};

}  // namespace consoled
