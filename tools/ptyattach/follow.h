// Follow: several jobs at once, to look at: whole lines, each with the job's name in front.
#pragma once

#include <list>
#include <string>
#include <vector>

#include "lib/net/loop.h"
#include "lib/net/note_frames.h"
#include "lib/net/stream.h"
#include "lib/pty/named_lines.h"
#include "lib/pty/output.h"
#include "tools/ptyattach/find.h"
#include "tools/ptyattach/options.h"

namespace ptyattach {

class Follow {
 public:
  Follow(net::Loop& loop, const Options& options, const std::vector<Found>& jobs);

  // Until the last job ends, nobody reads any more, or a signal comes; the status for exit(3).
  int run();

 private:
  struct One {
    Found job;
    std::string name;  // as it is shown
    int64_t viewer = 0;
    pty::NamedLines lines;
    net::Unframer frames;
    std::unique_ptr<net::Stream> stream;
    bool over = false;
  };
  void join(const Found& job);
  void show(One& one, std::string_view bytes);
  void print(const std::string& lines);
  void ended(One& one);
  void pause(bool on);

  net::Loop& loop_;
  const Options& options_;
  const std::vector<Found>& jobs_;
  std::list<One> all_;
  pty::Output output_;
  size_t width_ = 0, left_ = 0;
  int signal_ = 0;
};

}  // namespace ptyattach
