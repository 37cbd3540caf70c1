// Group: changes of a database as few transactions: those of one turn of a loop are one, and what
// comes while that is committed is the next one, so that a hundred of them cost the fsync of one.
// Each is told what became of it after the commit, and not before.
//
// Committing blocks, and is done on a thread (Hooks); this is used on the loop alone. A change that
// fails takes back only itself; when the commit fails, all of its changes have.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "lib/base/result.h"
#include "lib/store/db.h"

namespace store {

class Group {
 public:
  struct Hooks {
    // Runs its argument at the end of the loop's turn: net::Loop::defer.
    std::function<void(std::function<void()>)> defer;
    // Runs `work` on the one thread that uses the database, then `done` on the loop, in order:
    // net::DiskJobs::run.
    std::function<void(std::function<void()> work, std::function<void()> done)> run;
  };
  using Work = std::function<base::Result<void>()>;
  using Done = std::function<void(base::Result<void>)>;

  // What was not told when this goes, nobody is told; what the thread has by then is committed.
  Group(std::shared_ptr<Db> db, Hooks hooks) : db_(std::move(db)), hooks_(std::move(hooks)) {}

  // `work` runs within the transaction, on the thread, where it goes, too: it owns what it uses.
  // `done` runs after the commit, on the loop, never from here.
  void add(Work work, Done done);
  // How many are not told yet.
  size_t waiting() const { return items_.size() + committing_.size(); }

 private:
  struct Item {
    Work work;
    Done done;
  };
  struct Batch;
  static void commit(Db& db, Batch& batch);
  void begin();
  void committed(const Batch& batch);

  std::shared_ptr<Db> db_;
  Hooks hooks_;
  bool begun_ = false;            // a commit is under way, or will be at the turn's end
  std::vector<Item> items_;       // of the next one
  std::vector<Done> committing_;  // of the one that the thread has
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace store
