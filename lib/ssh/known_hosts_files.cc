#include "lib/ssh/known_hosts_files.h"

#include <utility>

namespace ssh {

namespace {

// libcrypto is taken down when the process ends, and had better not be under the thread's feet.
constexpr auto kPatience = std::chrono::milliseconds(100);

struct Work {
  KnownHostsFiles::Question question;
  KnownHostsFiles::Answer answer{};
};

}  // namespace

KnownHostsFiles::KnownHostsFiles(net::Loop& loop) : disk_(loop, kPatience) {}

void KnownHostsFiles::serve() {
  if (busy_ || waiting_.empty()) return;
  busy_ = true;
  asked_ = waiting_.front();
  waiting_.pop_front();
  const auto work = std::make_shared<Work>(Work{asked_->question_});
  disk_.run(
      [open = open_, work] {
        const Question& q = work->question;
        KnownHosts& hosts = open->try_emplace(q.file, q.file).first->second;
        if (q.key) {
          work->answer.may = hosts.check(q.name, *q.key, q.mode);
        } else {
          work->answer.types = hosts.types(q.name);
        }
      },
      [this, work] { answered(work->answer); });
}

void KnownHostsFiles::answered(const Answer& answer) {
  busy_ = false;
  Request* told = std::exchange(asked_, nullptr);
  serve();
  if (told == nullptr) return;
  const Request::Done done = std::move(told->done_);
  done(answer);
}

KnownHostsFiles::Request::Request(KnownHostsFiles& files, Question question, Done done)
    : files_(files), question_(std::move(question)), done_(std::move(done)) {
  files_.waiting_.push_back(this);
  files_.serve();
}

KnownHostsFiles::Request::~Request() {
  if (files_.asked_ == this) {
    files_.asked_ = nullptr;
  } else {
    files_.waiting_.remove(this);
  }
}

}  // namespace ssh
