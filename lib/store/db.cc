#include "lib/store/db.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lib/base/check.h"
#include "lib/base/fd.h"

namespace store {

using base::cat;
using base::Errc;
using base::Error;
using base::Result;

namespace {

constexpr int64_t kJournalLimit = 16 << 20;  // bytes of a WAL that is kept for the next use

Errc errc_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Errc::busy;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return Errc::denied;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return Errc::bad_input;
    case SQLITE_TOOBIG:
      return Errc::too_big;
    default:
      return Errc::io;
  }
}

Error error_of(sqlite3* db, int code, std::string_view path) {
  const int sys = sqlite3_system_errno(db);
  const bool disk = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
  std::string what = cat(path, ": ", sqlite3_errmsg(db));
  if (disk && sys != 0) what += cat(" (", base::sys_text(sys), ")");
  return Error{errc_of(code), disk ? sys : 0, std::move(what)};
}

// The file, made where it is missing: SQLite would make it as open as the umask says. Somebody
// else's is refused, since it may hold passwords.
Result<void> make_file(const std::string& path) {
  Result<base::Fd> fd = base::open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (!fd) return fd.error();
  struct statfs fs {};
  if (::fstatfs(fd->get(), &fs) < 0) return base::sys_error(errno, path);
  if (on_network(static_cast<uint64_t>(fs.f_type))) {
    return base::error(Errc::denied, path, ": on a network file system, where a database breaks: ",
                       "use a folder on a local disk");
  }
  if (::fchmod(fd->get(), 0600) < 0) return base::sys_error(errno, path);
  return {};
}

int count_pages(void* pages, sqlite3* /*db*/, const char* /*name*/, int n) {
  *static_cast<int*>(pages) = n;
  return SQLITE_OK;
}

}  // namespace

bool on_network(uint64_t filesystem_type) {
  constexpr uint64_t kCifs = 0xff534d42, kSmb2 = 0xfe534d42;
  constexpr std::array kRemote = {
      uint64_t{NFS_SUPER_MAGIC}, uint64_t{SMB_SUPER_MAGIC}, kCifs, kSmb2,
      uint64_t{AFS_SUPER_MAGIC}, uint64_t{CODA_SUPER_MAGIC}};
  // Only the low 32 bits are the type; on some machines they come sign-extended.
  return std::find(kRemote.begin(), kRemote.end(), filesystem_type & 0xffffffffU) != kRemote.end();
}

void Statement::Finalize::operator()(sqlite3_stmt* s) const {
  sqlite3_finalize(s);
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bound_ = SQLITE_OK;
}

Statement& Statement::bind(int parameter, int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), parameter, value);
  if (bound_ == SQLITE_OK) bound_ = code;
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  // Null data would bind NULL, and not "".
  const char* data = text.data() == nullptr ? "" : text.data();
  const int code = sqlite3_bind_text64(statement_.get(), parameter, data, text.size(),
                                       SQLITE_TRANSIENT, SQLITE_UTF8);
  if (bound_ == SQLITE_OK) bound_ = code;
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  const int code = sqlite3_bind_null(statement_.get(), parameter);
  if (bound_ == SQLITE_OK) bound_ = code;
  return *this;
}

Result<bool> Statement::step() {
  CHECK(statement_ != nullptr);
  CHECK(bound_ != SQLITE_RANGE && bound_ != SQLITE_MISUSE);
  const int code = bound_ == SQLITE_OK ? sqlite3_step(statement_.get()) : bound_;
  if (code == SQLITE_ROW) return true;
  sqlite3* db = sqlite3_db_handle(statement_.get());
  const char* file = sqlite3_db_filename(db, nullptr);
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  Error error = error_of(db, code, file == nullptr ? "" : file);
  reset();
  return error;
}

Result<void> Statement::run() {
  while (true) {
    const Result<bool> row = step();
    if (!row) return row.error();
    if (!*row) return {};
  }
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const char*>(data), static_cast<size_t>(size)};
}

bool Statement::null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Db::Close::operator()(sqlite3* db) const {
  sqlite3_close_v2(db);
}

Error Db::failed(int code) const {
  return error_of(db_.get(), code, path_);
}

Result<Db> Db::open(const std::string& path, Options options) {
  if (Result<void> made = make_file(path); !made) return made.error();
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Db db(path, raw);  // also after an error, with what it is about
  if (code != SQLITE_OK) return db.failed(code);
  if (Result<void> ready = db.set_up(options); !ready) return ready.error();
  return db;
}

Result<void> Db::set_up(const Options& options) {
  sqlite3_extended_result_codes(db_.get(), 1);
  sqlite3_busy_timeout(db_.get(), options.busy_ms);
  Result<void> set =
      run(cat("PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL;"
              "PRAGMA journal_size_limit=",
              kJournalLimit));
  if (!set) return set.error();
  // Answers with the mode it could set, and not with an error.
  Result<Statement> wal = prepare("PRAGMA journal_mode=WAL");
  if (!wal) return wal.error();
  const Result<bool> row = wal->step();
  if (!row) return row.error();
  if (!*row || wal->text(0) != "wal") {
    return base::error(Errc::denied, path_,
                       ": no write-ahead log here: ", *row ? wal->text(0) : "");
  }
  // Instead of SQLite's own checkpoints, which would come within a commit.
  sqlite3_wal_hook(db_.get(), count_pages, wal_pages_.get());
  return {};
}

Result<Statement> Db::prepare(std::string_view sql) {
  sqlite3_stmt* s = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &s, nullptr);
  if (code != SQLITE_OK) return failed(code);
  return Statement(s);
}

Result<void> Db::run(const std::string& sql) {
  const int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failed(code);
  return {};
}

Result<void> Db::begin() {
  return run("BEGIN IMMEDIATE");
}

Result<void> Db::commit() {
  return run("COMMIT");
}

void Db::rollback() {
  if (in_transaction()) sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

bool Db::in_transaction() const {
  return sqlite3_get_autocommit(db_.get()) == 0;
}

int64_t Db::changed() const {
  return sqlite3_changes64(db_.get());
}

Result<void> Db::checkpoint() {
  const int code =
      sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  *wal_pages_ = 0;
  // Busy: a reader or another checkpoint is in the way, and the next one will do.
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) return failed(code);
  return {};
}

}  // namespace store
