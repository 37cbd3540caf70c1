// Queue: what the loop and the writer thread share: the files with new bytes, the thread's sleep,
// and the words "stop" and "give up". Owned by the Writer, its thread and every Append together, so
// that a thread that hangs in the disk for ever still finds it. The loop's side takes no lock.
#pragma once

#include <semaphore.h>

#include <atomic>
#include <memory>
#include <vector>

#include "lib/base/clock.h"
#include "lib/journal/file.h"

namespace journal {

class Queue {
 public:
  enum class State { awake, lingering, asleep };

  Queue();
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  // Any thread. A file that is queued already stays where it is. Nobody is woken.
  void push(const std::shared_ptr<File>& file);
  State state() const { return state_.load(); }
  // The thread looks at the queue at once. Costs a system call only when it sleeps or lingers.
  void wake();
  void request_stop();
  // Nobody waits for the thread any more: it touches no ring from now on.
  void abandon() { abandoned_ = true; }

  // The thread's side. take() appends the queued files, oldest first; they count as queued until
  // the caller clears `queued`.
  void take(std::vector<std::shared_ptr<File>>& out);
  // Waits until woken or the deadline, unless something is queued.
  void sleep(base::Time until);
  // Waits until woken or the deadline, whatever is queued.
  void linger(base::Time until);
  bool stopping() const { return stopping_.load(); }
  bool abandoned() const { return abandoned_.load(); }

  // Since when the thread is busy with one thing; null: it sleeps.
  void busy(base::Time since) { busy_since_.store(since, std::memory_order_relaxed); }
  // It is so for longer than a second: it hangs in the disk.
  bool stuck(base::Time now) const;

  // The thread has ended; waited for until the deadline. False: it has not.
  void end();
  bool wait_end(base::Time until);
  bool ended() const { return ended_.load(); }

 private:
  void wait(State state, base::Time until, bool even_if_queued);

  std::atomic<File*> list_{nullptr};
  std::atomic<State> state_{State::awake};
  std::atomic<bool> stopping_{false}, abandoned_{false}, ended_{false};
  std::atomic<base::Time> busy_since_{base::Time{}};
  sem_t woken_;
  sem_t end_;
};

}  // namespace journal
