// Play: journals that are read and shown: one after the other or, followed, all of them as they
// come; a bounded piece at a time, so that whoever runs it decides when to go on. Blocks on the
// disk.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/journal/asked.h"
#include "lib/journal/show.h"

namespace journal {

class Play {
 public:
  struct Trouble {
    std::string node;
    base::Error error;
  };
  enum class Now {
    more,       // there is more to read
    caught_up,  // followed, and that was all until now
    over,
  };

  // `folder`/NODE.log for each of the nodes. bad_input: the pattern.
  static base::Result<std::unique_ptr<Play>> make(Asked asked, std::string folder,
                                                  std::vector<std::string> nodes,
                                                  size_t most_kept = SIZE_MAX);
  ~Play();
  Play(const Play&) = delete;
  Play& operator=(const Play&) = delete;

  // Reads on until about `most` bytes were read, or as many are there to be shown.
  Now step(size_t most);
  // What was made of it, to be taken away; and whether there was anything.
  Output& output() { return output_; }
  // Nodes that could not be read, or not to their end.
  std::vector<Trouble> take_trouble();

 private:
  class Playing;
  Play(ShowOptions options, std::string folder, std::vector<std::string> nodes);
  void begin(const std::string& node);
  bool read_on(Playing& p, size_t most);
  Now follow(size_t most);
  Now followed();

  ShowOptions options_;
  std::string folder_;
  std::vector<std::string> nodes_;
  size_t next_ = 0;  // of the nodes, to be begun
  std::vector<std::unique_ptr<Playing>> all_;
  std::vector<Trouble> trouble_;
  Output output_;
};

}  // namespace journal
