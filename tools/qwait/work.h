// Worker: what is done with each item of a work queue: printed and acknowledged, printed and held,
// or given to a command.
#pragma once

#include <list>
#include <memory>

#include "lib/net/loop.h"
#include "tools/qwait/job.h"
#include "tools/qwait/limits.h"
#include "tools/qwait/link.h"
#include "tools/qwait/output.h"
#include "tools/qwait/take.h"

namespace qwait {

class Worker {
 public:
  Worker(net::Loop& loop, const Options& options, queue::Place place);

  // Until an end that the options or a signal set; the status for exit(3).
  int run();

 private:
  struct Running {
    Taker::Held* held = nullptr;  // null: the lease is over
    std::unique_ptr<Job> job;
    std::unique_ptr<net::Timer> kill;
    bool stopping = false;  // we asked it to end
  };
  void taken(Taker::Held& held);
  void print(Taker::Held& held);
  void printed(Taker::Held& held, const base::Result<void>& written);
  void execute(Taker::Held& held);
  void cannot_run(Taker::Held& held, const base::Error& error);
  void ended(Running& running, Job::Ended end);
  void judge(Taker::Held& held, const Running& running, Job::Ended& end);
  void end_job(Running& running, base::Duration grace);
  void stop(int signals);
  void leave_kept();
  void unread();
  void fatal(const base::Error& error);
  void idle();

  net::Loop& loop_;
  const Options& options_;
  Limits limits_;
  Link link_;
  Taker taker_;
  Output output_;
  std::unique_ptr<Reaper> reaper_;
  std::list<Running> running_;
  Taker::Held* printing_ = nullptr;
  std::list<Taker::Held*> kept_;  // --hold
  bool closed_ = false;
  int failed_ = 0;  // the status where something of ours failed
};

}  // namespace qwait
