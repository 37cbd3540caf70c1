#include "tools/consoled/receiver_tcp.h"

#include <algorithm>
#include <utility>

namespace consoled {

namespace {
constexpr std::chrono::milliseconds kLook{20};
}

TcpReceiver::TcpReceiver(net::Loop& loop, std::string name, LinkTarget target,
                         std::function<void()> ready)
    : loop_(loop),
      ready_(std::move(ready)),
      look_(loop, [this] { look(); }),
      link_(loop, std::move(name), std::move(target),
            {[this] {
               down();  // what was given while there was no connection
               bytes_ = 0;
               ready_();
             },
             [](std::string_view) {}, [this] { down(); }}) {}

void TcpReceiver::send(const Batch& batch, Done done) {
  if (link_.up()) {
    for (const PublishedRecord& r : batch.records) {
      link_.stream().send(r.text);
      bytes_ += r.text.size();
    }
    full_ = link_.stream().full();
  }
  sent_.push_back({bytes_, std::move(done)});
  if (!look_.pending()) look_.after(kLook);
}

void TcpReceiver::tell(std::string_view record) {
  if (!ready()) return;
  link_.stream().send(record);
  bytes_ += record.size();
}

// How much the receiver's kernel has. Over TLS the queue is longer than what it carries, so the
// count errs to the side of saying something again.
void TcpReceiver::look() {
  if (!link_.up()) return down();
  const uint64_t there = bytes_ - std::min<uint64_t>(bytes_, link_.stream().untaken());
  while (!sent_.empty() && sent_.front().end <= there) {
    const Done done = std::move(sent_.front().done);
    sent_.pop_front();
    link_.good();
    done({.all = true, .instead = {}});
  }
  if (std::exchange(full_, link_.stream().full()) && !full_) ready_();
  if (!sent_.empty()) look_.after(kLook);
}

// From the loop, never within the link's or the publisher's call.
void TcpReceiver::down() {
  full_ = false;
  look_.cancel();
  std::deque<Sent> lost = std::exchange(sent_, {});
  // The publisher puts each in front again: the last one first keeps their order.
  for (; !lost.empty(); lost.pop_back()) lost.back().done({.all = false, .instead = {}});
}

}  // namespace consoled
