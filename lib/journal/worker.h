// Worker: what the writer thread does. Lives on that thread alone, as long as it runs; blocks on
// the disk.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/journal/file.h"
#include "lib/journal/queue.h"

namespace journal {

class Worker {
 public:
  explicit Worker(std::shared_ptr<Queue> queue);

  // Until stopped, when all is written or lost; or abandoned.
  void run();

 private:
  using FilePtr = std::shared_ptr<File>;

  bool turn();
  void serve(const FilePtr& file);
  bool drain(File& file);
  void note(const FilePtr& file);
  void settle(bool now_or_never);
  bool pack();
  void pause(bool worked);
  void finish();

  std::shared_ptr<Queue> queue_;
  std::unique_ptr<char[]> stage_;
  std::string filtered_;
  std::vector<FilePtr> taken_;
  std::vector<FilePtr> owing_;    // a marker is due there when the disk takes bytes again
  std::vector<FilePtr> packing_;  // with old files to compress; the first one's turn
};

}  // namespace journal
