// What the journal's unit tests share: a folder, a running writer, a source with flow control.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include "lib/base/cat.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/ring.h"
#include "lib/journal/append.h"
#include "lib/journal/writer.h"

namespace journal_help {

constexpr std::chrono::seconds kPatience{30};

// A folder of its own, removed with all that is in it.
class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "journal-test-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A writer that runs.
class Running {
 public:
  Running() { REQUIRE(writer_.start()); }
  journal::Writer& operator*() const { return writer_; }
  journal::Writer* operator->() const { return &writer_; }

 private:
  mutable journal::Writer writer_;
};

inline base::Time soon() {
  return base::Clock::now() + kPatience;
}

template <class Condition>
bool eventually(Condition condition) {
  const base::Time deadline = soon();
  while (!condition()) {
    if (base::Clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline journal::Options options(std::string path) {
  journal::Options o;
  o.path = std::move(path);
  return o;
}

inline journal::Status status(const journal::Append& append) {
  return append.status(base::Clock::now());
}

inline bool is_open(const journal::Append& append) {
  return status(append).open;
}

// Puts bytes into the ring as a console would, waiting for the journal where it must.
inline void feed(base::Ring& ring, journal::Append& append, std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t used = static_cast<size_t>(ring.head() - append.cursor());
    const size_t n = std::min({bytes.size(), ring.size() - used, size_t{10000}});
    if (n > 0) ring.append(bytes.substr(0, n));
    if (append.dirty() && n == 0) append.flush();
    if (n == 0) std::this_thread::yield();
    bytes.remove_prefix(n);
  }
}

// As feed(), and waits until they were written or lost.
inline void feed_all(base::Ring& ring, journal::Append& append, std::string_view bytes) {
  feed(ring, append, bytes);
  append.flush();
  REQUIRE(eventually([&] {
    append.flush();
    return status(append).pending == 0;
  }));
}

inline std::string lines(int n) {
  std::string out;
  for (int i = 0; i < n; i++) out += base::cat("line ", i, " of a console that says much\n");
  return out;
}

inline std::string text(const std::string& path) {
  const base::Result<std::string> bytes = base::read_file(path, 1 << 28);
  return bytes ? *bytes : "(" + bytes.error().what + ")";
}

inline void put_file(const std::string& path, std::string_view bytes) {
  const base::Result<base::Fd> fd = base::open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  REQUIRE(fd);
  REQUIRE(base::write_all(fd->get(), bytes));
}

inline unsigned mode_of(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 ? st.st_mode & 07777 : 0;
}

inline bool exists(const std::string& path) {
  return mode_of(path) != 0;
}

}  // namespace journal_help
