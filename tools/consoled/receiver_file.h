// receiver_file: goconserver's log files, LOGDIR/NODE.log: opened, appended and closed for each
// batch, so that whoever rotates them needs no signal. A place that a crash kept older than the
// file repeats one batch.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/net/backoff.h"
#include "lib/net/disk_jobs.h"
#include "lib/net/loop.h"
#include "tools/consoled/receiver.h"

namespace consoled {

class FileReceiver final : public Receiver {
 public:
  FileReceiver(net::Loop& loop, net::DiskJobs& jobs, std::string name, std::string folder,
               std::function<void()> ready);

  bool ready() const override { return trouble_.empty(); }
  void send(const Batch& batch, Done done) override;
  void tell(std::string_view) override {}
  std::string trouble() const override { return trouble_; }

 private:
  void written(const base::Result<void>& result, const Done& done);

  net::DiskJobs& jobs_;
  std::string name_;
  std::string folder_;
  std::string trouble_;
  net::Backoff backoff_;
  net::Timer rest_;
  std::shared_ptr<bool> here_ = std::make_shared<bool>(true);
};

}  // namespace consoled
