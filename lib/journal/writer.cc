#include "lib/journal/writer.h"

#include <sched.h>
#include <signal.h>

#include <memory>
#include <utility>

#include "lib/journal/queue.h"
#include "lib/journal/worker.h"

namespace journal {

namespace {
using Started = std::shared_ptr<Queue>;

// The folder and the umask of this thread are its own from here on; where that is forbidden (some
// seccomp filters) only a change of them on the loop would be felt.
void* body(void* arg) {
  const std::unique_ptr<Started> started(static_cast<Started*>(arg));
  const Started queue = *started;
  ::pthread_setname_np(::pthread_self(), "journal");
  ::unshare(CLONE_FS);
  Worker(queue).run();
  queue->end();
  return nullptr;
}

// All but those that a fault of the thread itself raises. SIGXFSZ and SIGPIPE become write errors.
sigset_t outside_signals() {
  sigset_t set;
  ::sigfillset(&set);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::sigdelset(&set, fault);
  return set;
}
}  // namespace

Writer::Writer() : queue_(std::make_shared<Queue>()) {}

Writer::~Writer() {
  stop(base::Clock::now() + std::chrono::milliseconds(100));
}

// Signals are blocked before the thread begins, so that it never has a moment to take one.
base::Result<void> Writer::start() {
  auto started = std::make_unique<Started>(queue_);
  const sigset_t blocked = outside_signals();
  sigset_t before;
  ::pthread_sigmask(SIG_SETMASK, &blocked, &before);
  const int rc = ::pthread_create(&thread_, nullptr, body, started.get());
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (rc != 0) return base::sys_error(rc, "start the journal thread");
  static_cast<void>(started.release());  // the thread's now
  running_ = true;
  return {};
}

void Writer::flush() {
  queue_->wake();
}

bool Writer::stuck(base::Time now) const {
  return queue_->stuck(now);
}

bool Writer::stop(base::Time deadline) {
  if (!running_) return queue_->ended();
  running_ = false;
  queue_->request_stop();
  if (queue_->wait_end(deadline)) return ::pthread_join(thread_, nullptr) == 0;
  queue_->abandon();
  ::pthread_detach(thread_);
  return false;
}

}  // namespace journal
