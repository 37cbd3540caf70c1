// migrate: brings a database's tables to what this program knows, step by step.
#pragma once

#include <span>
#include <string_view>

#include "lib/base/result.h"
#include "lib/store/db.h"

namespace store {

// Step N (from 1) turns version N - 1 into version N; steps are only ever added. Each is one
// transaction together with the number (PRAGMA user_version), so that a crash leaves a whole
// version. A database of a later version is refused and not touched (denied).
base::Result<void> migrate(Db& db, std::span<const std::string_view> steps);

}  // namespace store
