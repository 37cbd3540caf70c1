// Group: the changes of one turn of a loop as one transaction, so that a hundred of them cost the
// fsync of one. Each is told what became of it after the commit, and not before.
//
// Blocks for that commit (Db). A change that fails takes back only itself; when the commit fails,
// all of the turn's changes have.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "lib/base/result.h"
#include "lib/store/db.h"

namespace store {

class Group {
 public:
  // Runs its argument at the end of the loop's turn: net::Loop::defer.
  using Defer = std::function<void(std::function<void()>)>;
  using Work = std::function<base::Result<void>()>;
  using Done = std::function<void(base::Result<void>)>;

  // `db` outlives this. What is not committed when this goes is not done, and told to nobody.
  Group(Db& db, Defer defer) : db_(db), defer_(std::move(defer)) {}

  // `work` runs within the transaction, `done` after it. Called from `done`, it is of the next one.
  void add(Work work, Done done);
  // Commits what there is now.
  void flush();

 private:
  struct Item {
    Work work;
    Done done;
    base::Result<void> result;
  };
  void later(void (Group::*what)());
  base::Result<void> commit(std::vector<Item>& items);
  base::Result<void> run_item(Item& item);
  void checkpoint();

  Db& db_;
  Defer defer_;
  std::vector<Item> items_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace store
