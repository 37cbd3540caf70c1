#include "tools/consoled/disk_jobs.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "lib/base/check.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"

namespace consoled {

namespace {
struct Job {
  std::function<void()> work, done;
};
}  // namespace

struct DiskJobs::Shared {
  std::mutex lock;
  std::condition_variable more;
  std::deque<Job> waiting;
  std::vector<Job> finished;
  bool over = false;
  base::Fd told;
};

DiskJobs::DiskJobs(net::Loop& loop) : shared_(std::make_shared<Shared>()) {
  shared_->told.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  CHECK(shared_->told);
  watch_ =
      std::make_unique<net::Watch>(loop, shared_->told.get(), [this](unsigned) { finished(); });
  watch_->want(net::Watch::kRead);
}

DiskJobs::~DiskJobs() {
  const std::lock_guard<std::mutex> lock(shared_->lock);
  shared_->over = true;
  shared_->waiting.clear();
  shared_->more.notify_one();
}

void* DiskJobs::body(void* arg) {
  const std::unique_ptr<std::shared_ptr<Shared>> given(static_cast<std::shared_ptr<Shared>*>(arg));
  Shared& s = **given;
  ::pthread_setname_np(::pthread_self(), "disk-jobs");
  std::unique_lock<std::mutex> lock(s.lock);
  for (;;) {
    s.more.wait(lock, [&s] { return s.over || !s.waiting.empty(); });
    if (s.over) return nullptr;
    Job job = std::move(s.waiting.front());
    s.waiting.pop_front();
    lock.unlock();
    job.work();
    job.work = nullptr;
    lock.lock();
    if (s.over) return nullptr;
    s.finished.push_back(std::move(job));
    const uint64_t one = 1;
    if (::write(s.told.get(), &one, sizeof one) < 0 && errno != EAGAIN) return nullptr;
  }
}

void DiskJobs::run(std::function<void()> work, std::function<void()> done) {
  {
    const std::lock_guard<std::mutex> lock(shared_->lock);
    shared_->waiting.push_back({std::move(work), std::move(done)});
    shared_->more.notify_one();
  }
  if (started_) return;
  // Signals are the loop's.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  auto given = std::make_unique<std::shared_ptr<Shared>>(shared_);
  pthread_t thread{};
  const int rc = ::pthread_create(&thread, nullptr, body, given.get());
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (rc != 0) {
    base::log::error("start the thread that reads journals: ", base::sys_text(rc));
    return;
  }
  static_cast<void>(given.release());  // the thread's now
  ::pthread_detach(thread);
  started_ = true;
}

void DiskJobs::finished() {
  uint64_t count = 0;
  if (::read(shared_->told.get(), &count, sizeof count) < 0 && errno != EAGAIN) return;
  std::vector<Job> finished;
  {
    const std::lock_guard<std::mutex> lock(shared_->lock);
    finished.swap(shared_->finished);
  }
  for (Job& job : finished) job.done();
}

}  // namespace consoled
