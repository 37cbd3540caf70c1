#include "lib/store/group.h"

#include <utility>

namespace store {

using base::Result;

namespace {

constexpr int kCheckpointPages = 1000;  // 4 MiB, as SQLite has it

// An error is of the whole transaction.
Result<void> run_one(Db& db, const Group::Work& work, Result<void>& result) {
  if (Result<void> mark = db.run("SAVEPOINT item"); !mark) return mark.error();
  result = work();
  // A full disk may have ended the transaction.
  if (!result && !db.in_transaction()) return result.error();
  if (!result) {
    if (Result<void> back = db.run("ROLLBACK TO item"); !back) return back.error();
  }
  return db.run("RELEASE item");
}

Result<void> run_all(Db& db, const std::vector<Group::Work>& works,
                     std::vector<Result<void>>& results) {
  if (Result<void> begun = db.begin(); !begun) return begun.error();
  for (size_t i = 0; i < works.size(); i++) {
    if (Result<void> ran = run_one(db, works[i], results[i]); !ran) return ran.error();
  }
  return db.commit();
}

}  // namespace

// What the loop and the thread share: the thread's until `done` is called.
struct Group::Batch {
  std::vector<Work> works;
  std::vector<Result<void>> results;
  bool wal_is_long = false;
};

void Group::add(Work work, Done done) {
  items_.push_back({std::move(work), std::move(done)});
  if (std::exchange(begun_, true)) return;
  hooks_.defer([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) begin();
  });
}

void Group::begin() {
  const auto batch = std::make_shared<Batch>();
  for (Item& item : std::exchange(items_, {})) {
    batch->works.push_back(std::move(item.work));
    committing_.push_back(std::move(item.done));
  }
  batch->results.resize(batch->works.size());
  hooks_.run([db = db_, batch] { commit(*db, *batch); },
             [this, batch, alive = std::weak_ptr<bool>(alive_)] {
               if (!alive.expired()) committed(*batch);
             });
}

void Group::commit(Db& db, Batch& batch) {
  const Result<void> all = run_all(db, batch.works, batch.results);
  if (!all) {
    db.rollback();
    for (Result<void>& result : batch.results) result = all.error();
  }
  batch.works.clear();
  batch.wal_is_long = db.wal_pages() >= kCheckpointPages;
}

void Group::committed(const Batch& batch) {
  const std::weak_ptr<bool> alive = alive_;
  const std::vector<Done> told = std::exchange(committing_, {});
  for (size_t i = 0; i < told.size(); i++) {
    told[i](batch.results[i]);
    if (alive.expired()) return;
  }
  // What it cannot do, the next one will; the commits stand in the WAL meanwhile.
  if (batch.wal_is_long) {
    hooks_.run([db = db_] { static_cast<void>(static_cast<bool>(db->checkpoint())); }, [] {});
  }
  begun_ = !items_.empty();
  if (begun_) begin();
}

}  // namespace store
