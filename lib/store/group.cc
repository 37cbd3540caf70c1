#include "lib/store/group.h"

#include <utility>

namespace store {

using base::Result;

namespace {
constexpr int kCheckpointPages = 1000;  // 4 MiB, as SQLite has it
}

void Group::later(void (Group::*what)()) {
  defer_([this, what, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) (this->*what)();
  });
}

void Group::add(Work work, Done done) {
  if (items_.empty()) later(&Group::flush);
  items_.push_back({std::move(work), std::move(done), {}});
}

void Group::flush() {
  if (items_.empty()) return;
  std::vector<Item> items = std::exchange(items_, {});
  const Result<void> committed = commit(items);
  if (!committed) db_.rollback();
  const std::weak_ptr<bool> alive = alive_;
  for (Item& item : items) {
    item.done(committed ? item.result : committed);
    if (alive.expired()) return;
  }
  if (db_.wal_pages() >= kCheckpointPages) later(&Group::checkpoint);
}

Result<void> Group::commit(std::vector<Item>& items) {
  Result<void> begun = db_.begin();
  if (!begun) return begun.error();
  for (Item& item : items) {
    if (Result<void> ran = run_item(item); !ran) return ran.error();
  }
  return db_.commit();
}

// An error is of the whole transaction.
Result<void> Group::run_item(Item& item) {
  if (Result<void> mark = db_.run("SAVEPOINT item"); !mark) return mark.error();
  item.result = item.work();
  // A full disk may have ended the transaction.
  if (!item.result && !db_.in_transaction()) return item.result.error();
  if (!item.result) {
    if (Result<void> back = db_.run("ROLLBACK TO item"); !back) return back.error();
  }
  return db_.run("RELEASE item");
}

void Group::checkpoint() {
  // What it could not do, the next one will; the commits stand in the WAL meanwhile.
  static_cast<void>(static_cast<bool>(db_.checkpoint()));
}

}  // namespace store
