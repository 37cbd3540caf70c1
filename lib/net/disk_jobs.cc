#include "lib/net/disk_jobs.h"

#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include "lib/base/check.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"

namespace net {

// The lock is held for moments, and never while a job runs.
struct DiskJobs::Shared {
  std::mutex lock;
  std::condition_variable more, idle;
  std::deque<std::function<void()>> waiting;
  bool running = false;
  bool over = false;
  size_t finished = 0;  // and not told
  base::Fd told;        // eventfd: some are
};

DiskJobs::DiskJobs(Loop& loop, base::Duration patience)
    : loop_(loop), patience_(patience), shared_(std::make_shared<Shared>()) {
  shared_->told.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  CHECK(shared_->told);
  watch_ = std::make_unique<Watch>(loop, shared_->told.get(), [this](unsigned) { finished(); });
  watch_->want(Watch::kRead);
}

DiskJobs::~DiskJobs() {
  std::unique_lock<std::mutex> lock(shared_->lock);
  if (started_ && patience_ > base::Duration::zero()) {
    shared_->idle.wait_for(lock, patience_,
                           [this] { return shared_->waiting.empty() && !shared_->running; });
  }
  shared_->over = true;
  shared_->waiting.clear();
  shared_->more.notify_one();
}

void* DiskJobs::body(void* arg) {
  const std::unique_ptr<std::shared_ptr<Shared>> given(static_cast<std::shared_ptr<Shared>*>(arg));
  Shared& s = **given;
  ::pthread_setname_np(::pthread_self(), "disk-jobs");
  ::unshare(CLONE_FS);  // the loop changes its umask for moments
  std::unique_lock<std::mutex> lock(s.lock);
  for (;;) {
    s.more.wait(lock, [&s] { return s.over || !s.waiting.empty(); });
    if (s.over) return nullptr;
    std::function<void()> work = std::move(s.waiting.front());
    s.waiting.pop_front();
    s.running = true;
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
    s.running = false;
    s.finished++;
    s.idle.notify_one();
    const uint64_t one = 1;
    if (::write(s.told.get(), &one, sizeof one) < 0 && errno != EAGAIN) return nullptr;
  }
}

void DiskJobs::run(std::function<void()> work, std::function<void()> done) {
  if (done_.empty()) since_ = loop_.now();
  done_.push_back(std::move(done));
  {
    const std::lock_guard<std::mutex> lock(shared_->lock);
    shared_->waiting.push_back(std::move(work));
    shared_->more.notify_one();
  }
  if (!started_) start();
}

void DiskJobs::start() {
  // Signals are the loop's.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  auto given = std::make_unique<std::shared_ptr<Shared>>(shared_);
  pthread_t thread{};
  const int rc = ::pthread_create(&thread, nullptr, body, given.get());
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (rc != 0) {
    base::log::error("start a thread for the disk: ", base::sys_text(rc));
    return;
  }
  static_cast<void>(given.release());  // the thread's now
  ::pthread_detach(thread);
  started_ = true;
}

void DiskJobs::finished() {
  uint64_t count = 0;
  if (::read(shared_->told.get(), &count, sizeof count) < 0) return;
  {
    const std::lock_guard<std::mutex> lock(shared_->lock);
    count = std::exchange(shared_->finished, 0);
  }
  if (count == 0) return;
  std::deque<std::function<void()>> done;
  for (; count > 0; count--) {
    done.push_back(std::move(done_.front()));
    done_.pop_front();
  }
  since_ = loop_.now();
  for (const std::function<void()>& told : done) told();
}

base::Duration DiskJobs::hanging() const {
  return done_.empty() ? base::Duration::zero() : loop_.now() - since_;
}

}  // namespace net
