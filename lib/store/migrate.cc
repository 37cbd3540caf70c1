#include "lib/store/migrate.h"

namespace store {

using base::Result;

namespace {

Result<int64_t> version_of(Db& db) {
  Result<Statement> ask = db.prepare("PRAGMA user_version");
  if (!ask) return ask.error();
  const Result<bool> row = ask->step();
  if (!row) return row.error();
  return ask->integer(0);
}

Result<void> apply(Db& db, std::string_view sql, int64_t number) {
  if (Result<void> begun = db.begin(); !begun) return begun.error();
  Result<void> done = db.run(base::cat(sql, "; PRAGMA user_version=", number));
  if (done) done = db.commit();
  if (!done) {
    db.rollback();
    return in(base::cat("tables of version ", number), done.error());
  }
  return {};
}

}  // namespace

Result<void> migrate(Db& db, std::span<const std::string_view> steps) {
  const Result<int64_t> version = version_of(db);
  if (!version) return version.error();
  const auto known = static_cast<int64_t>(steps.size());
  if (*version > known) {
    return base::error(base::Errc::denied, db.path(), ": its tables are of version ", *version,
                       ", this program knows up to ", known, ": use the later program");
  }
  for (int64_t number = *version + 1; number <= known; number++) {
    Result<void> done = apply(db, steps[static_cast<size_t>(number - 1)], number);
    if (!done) return done.error();
  }
  return {};
}

}  // namespace store
