// Loop: the one event loop of a process. It owns nothing but libevent's base; every object below
// net registers with it and must go before it does.
//
// Two priorities: what people wait for (keys, viewers, accepts, signals, timers) goes before
// sources in flood, and a flood is looked away from after four callbacks or a millisecond.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "lib/base/clock.h"

struct event;
struct event_base;

namespace net {

enum class Priority { urgent = 0, bulk = 1 };

template <auto release>
struct Free {
  template <class T>
  void operator()(T* p) const {
    release(p);
  }
};

void free_event(event* e);
void free_base(event_base* b);
using EventPtr = std::unique_ptr<event, Free<free_event>>;
using BasePtr = std::unique_ptr<event_base, Free<free_base>>;

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop(), or until nothing is left to wait for.
  void run();
  void stop();

  // The monotonic clock, read at each call, which costs next to nothing (vdso(7)). No reading is
  // kept: a turn of libevent's loop does not end as long as something is ready, which in a flood is
  // for ever.
  base::Time now();

  // Runs `what` soon, when no other callback is on the stack: the way for an object to delete
  // itself. What is still deferred when the loop goes is dropped.
  void defer(std::function<void()> what);

  event_base* base() const { return base_.get(); }

 private:
  void run_deferred();

  static void trampoline(int fd, short what, void* self) noexcept;

  BasePtr base_;
  EventPtr wake_;
  std::vector<std::function<void()>> deferred_;
  bool stopped_ = false;
};

// Watch: one descriptor that somebody else owns. The callback is told what it is ready for.
class Watch {
 public:
  enum : unsigned { kNothing = 0, kRead = 1, kWrite = 2 };
  using Callback = std::function<void(unsigned ready)>;

  Watch(Loop& loop, int fd, Callback callback, Priority priority = Priority::urgent);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // What to wait for from now on; costs nothing when it is that already.
  void want(unsigned what);
  unsigned wanted() const { return wanted_; }
  // Only between callbacks of this watch, or in its own.
  void set_priority(Priority priority);

 private:
  static void trampoline(int fd, short what, void* self) noexcept;

  Callback callback_;
  EventPtr read_, write_;
  unsigned wanted_ = kNothing;
  Priority priority_;
};

// Timer: calls back once, at a point of the monotonic clock.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> callback);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Replaces an earlier setting.
  void at(base::Time when);
  void after(base::Duration d) { at(loop_.now() + d); }
  void cancel();
  bool pending() const { return pending_; }

 private:
  static void trampoline(int fd, short what, void* self) noexcept;

  Loop& loop_;
  std::function<void()> callback_;
  EventPtr event_;
  bool pending_ = false;
};

// Signals: as events of the loop, instead of handlers.
class Signals {
 public:
  Signals(Loop& loop, const std::vector<int>& signals, std::function<void(int)> callback);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  static void trampoline(int signal, short what, void* self) noexcept;

  std::function<void(int)> callback_;
  std::vector<EventPtr> events_;
};

}  // namespace net
