// db: one SQLite database, as lineman's daemons keep what they promise: WAL, an fsync per commit
// (synchronous=FULL: without it a power cut takes back what was acknowledged), foreign keys, no
// trust in the schema. One connection, one thread.
//
// Every call may block for the disk; begin() also for another process that writes, as long as
// Options::busy_ms. Make tables STRICT.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace store {

// A prepared statement, kept for as long as it is of use; goes before its Db does.
//
//   put.bind(1, name).bind(2, body);
//   if (auto done = put.run(); !done) ...
//
//   while (true) { auto row = all.step(); if (!row || !*row) break; use(all.text(0)); }
class Statement {
 public:
  Statement() = default;

  // Parameters count from 1, columns from 0. Bound text is copied.
  Statement& bind(int parameter, int64_t value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind_null(int parameter);

  // True: a row is there, its columns are good until the next call. False: that was all, and the
  // statement is ready for another run; after an error likewise.
  base::Result<bool> step();
  // For what gives no rows, or of whose rows nobody wants any.
  base::Result<void> run();

  int64_t integer(int column) const;
  std::string_view text(int column) const;
  bool null(int column) const;

 private:
  friend class Db;
  struct Finalize {
    void operator()(sqlite3_stmt* s) const;
  };
  explicit Statement(sqlite3_stmt* s) : statement_(s) {}
  void reset();

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;  // the first error of a bind, told by step()
};

class Db {
 public:
  struct Options {
    int busy_ms = 5000;
  };

  // Opens, or makes with mode 0600, the file and sets it up. Its neighbours PATH-wal and PATH-shm
  // get the same mode. denied: on a network file system, where WAL does not work; or somebody
  // else's file. bad_input: it is no database, or broken.
  static base::Result<Db> open(const std::string& path, Options options);
  static base::Result<Db> open(const std::string& path) { return open(path, Options{}); }

  const std::string& path() const { return path_; }

  base::Result<Statement> prepare(std::string_view sql);
  // Any number of statements, without parameters.
  base::Result<void> run(const std::string& sql);

  // For writers (BEGIN IMMEDIATE). busy: another process writes.
  base::Result<void> begin();
  base::Result<void> commit();
  // Also where there is nothing left to roll back.
  void rollback();
  bool in_transaction() const;

  // Rows that the last statement changed.
  int64_t changed() const;

  // Moves what is in the WAL into the database, as far as no reader is in the way; waits for
  // nobody. Call it in a quiet moment once wal_pages() is large.
  base::Result<void> checkpoint();
  int wal_pages() const { return *wal_pages_; }

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  Db(std::string path, sqlite3* db) : path_(std::move(path)), db_(db) {}
  base::Error failed(int code) const;
  base::Result<void> set_up(const Options& options);

  std::string path_;
  std::unique_ptr<int> wal_pages_ = std::make_unique<int>(0);
  std::unique_ptr<sqlite3, Close> db_;
};

// Whether SQLite's WAL cannot be trusted on a file system of this statfs(2) type.
bool on_network(uint64_t filesystem_type);

}  // namespace store
