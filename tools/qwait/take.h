// Taker: takes items of a work queue one by one under leases, and hands each to who prints or runs
// it. Where nothing is ready it stands by: a put leases its item to it, and tells it so, which is
// one way to Redis and one back. It looks by itself besides, every few seconds. Over a network,
// with a short lease, or where it may not subscribe, it blocks on the queue's wake list instead.
//
// An item ends here in one of four ways: acknowledged, given back, buried, or left alone, where the
// lease may have run out: then it is another's already.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "lib/net/loop.h"
#include "lib/queue/work.h"
#include "tools/qwait/lease.h"
#include "tools/qwait/limits.h"
#include "tools/qwait/link.h"
#include "tools/qwait/options.h"
#include "tools/qwait/standby.h"

namespace qwait {

class Taker {
 public:
  struct Held {
    queue::Item item;
    std::unique_ptr<Keeper> keeper;
    // What is to be said to Redis; kept until it was answered.
    std::function<void()> settle;
    // Set by who works on it: the lease ends soon, has ended.
    std::function<void()> on_ending, on_over;
    bool repeated = false;                                       // an answer was lost
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);  // late answers look
  };
  struct Events {
    std::function<void(Held&)> taken;
    std::function<void()> idle;  // nothing is held, and no more is taken
    std::function<void(const base::Error&)> fatal;
  };

  Taker(net::Loop& loop, Link& link, const Options& options, Limits& limits, Events events);

  // The connection is there (again).
  void ready();
  // No more is taken.
  void stop();
  void look();

  void done(Held& held);
  void done(Held& held, queue::Ending ending);
  void failed(Held& held, const std::string& why);
  void give_back(Held& held);
  void bury(Held& held, const std::string& why);
  // It is others' to settle now.
  void leave(Held& held);
  size_t held() const { return held_.size(); }

 private:
  // A take by which we stand by, or may: its answer may be lost. Without a token: none.
  struct Registration {
    std::string token;
    int64_t asked = 0;  // boot_ms() before it, from where its lease counts
    bool withdrawn = false;
  };

  void take();
  void took(base::Result<queue::TakeAnswer> answer, const Registration& by);
  void wait(int64_t ms);
  bool may_stand_by() const;
  void start_standby();
  void timer_fired();
  void told(const std::string& message);
  void handed(queue::TakeAnswer& answer);
  void withdraw();
  void leave();
  void left();
  bool full() const { return static_cast<int64_t>(held_.size()) >= options_.at_once; }
  void hold(queue::TakeAnswer& answer, int64_t asked);
  void lease_over(Held& held, bool surely);
  using Answer = queue::Done<queue::Fate>;
  void settle(Held& held, std::string what, std::function<void(Answer)> say);
  void settled(Held& held, const std::string& what, base::Result<queue::Fate> fate);
  void drop(Held& held);
  void check_idle();

  net::Loop& loop_;
  Link& link_;
  const Options& options_;
  Limits& limits_;
  Events events_;
  queue::Work work_;
  std::string worker_;
  std::list<std::unique_ptr<Held>> held_;
  bool ready_ = false, taking_ = false, stopped_ = false;
  std::unique_ptr<Standby> standby_;  // made when it is first needed
  bool refused_ = false;              // it may not subscribe
  Registration mine_, former_;        // of the last take, and of the one before
  bool waiting_ = false;              // for the timer at most
  bool called_ = false;               // to look, while a take was under way
  bool leaving_ = false;              // what stood by is being withdrawn
  net::Timer timer_;
};

}  // namespace qwait
