#include "lib/journal/moved.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "lib/journal/names.h"
#include "lib/journal/start.h"

namespace journal {

namespace {
constexpr size_t kHoles = 3;  // so many numbers in a row may be missing

std::optional<struct stat> look(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) < 0) return {};
  return st;
}

std::array<std::string, 3> forms(const std::string& plain) {
  return {plain, gzip_name(plain), packed_name(plain)};
}

// A compressor may keep the second alone, and a last write may have come while it read.
constexpr int64_t kSecond = 1000000000, kNear = 2 * kSecond;
int64_t apart(const struct stat& a, const struct stat& file) {
  const int64_t seconds = a.st_mtim.tv_sec - file.st_mtim.tv_sec;
  if (seconds == 0 && file.st_mtim.tv_nsec == 0) return 0;
  const int64_t n = std::clamp<int64_t>(seconds, -kSecond, kSecond) * kSecond;
  return std::abs(n + a.st_mtim.tv_nsec - file.st_mtim.tv_nsec);
}

// How sure it is that the index is that of this old file.
enum class Fit { no, near, content, time };
Fit fit(const std::string& index, const std::string& plain) {
  const auto ours = look(index);
  bool near = false;
  for (const std::string& form : forms(plain)) {
    const auto file = look(form);
    if (!ours || !file) continue;
    const int64_t far = apart(*ours, *file);
    if (far == 0) return Fit::time;
    near = near || (form != plain && far <= kNear);
  }
  if (look(plain) && belongs(index, plain)) return Fit::content;
  return near ? Fit::near : Fit::no;
}

// The highest number that an index of an old file has.
size_t highest_index(const std::string& log) {
  size_t highest = 0;
  for (size_t n = 1, holes = 0; holes < kHoles; n++) {
    const bool index = look(old_index_name(log, n)).has_value();
    if (index) highest = n;
    bool any = index;
    for (const std::string& form : forms(old_name(log, n))) any = any || look(form);
    holes = any ? 0 : holes + 1;
  }
  return highest;
}

// From the top, and each by what it fits: a crash in between costs nothing, and a file that did not
// move (a person's mv over another one) keeps its own.
void shift_indexes(const std::string& log, size_t by) {
  for (size_t n = highest_index(log); n > 0; n--) {
    const std::string index = old_index_name(log, n), to = old_index_name(log, n + by);
    const std::string file = old_name(log, n + by);
    const Fit here = fit(index, old_name(log, n)), there = fit(index, file);
    const bool free = !look(to) || fit(to, file) < there;
    if (there != Fit::no && there >= here && free) {
      ::rename(index.c_str(), to.c_str());
    } else if (here == Fit::no) {
      ::unlink(index.c_str());
    }
  }
}
}  // namespace

size_t number_of(const std::string& log, int fd) {
  struct stat ours {};
  if (::fstat(fd, &ours) < 0) return 0;
  size_t by_time = 0;
  int64_t nearest = kNear + 1;
  for (size_t n = 1, holes = 0; holes < kHoles; n++) {
    bool any = false;
    for (const std::string& form : forms(old_name(log, n))) {
      const auto file = look(form);
      any = any || file;
      if (!file) continue;
      if (file->st_dev == ours.st_dev && file->st_ino == ours.st_ino) return n;
      if (form == old_name(log, n) || apart(ours, *file) >= nearest) continue;
      nearest = apart(ours, *file);
      by_time = n;
    }
    holes = any ? 0 : holes + 1;
  }
  return by_time;
}

bool hand_over_index(const std::string& log, size_t number) {
  shift_indexes(log, number);
  const std::string index = old_index_name(log, number);
  if (::rename(index_name(log).c_str(), index.c_str()) < 0) return false;
  for (const std::string& form : forms(old_name(log, number))) {
    const auto file = look(form);
    if (!file) continue;
    const std::array<timespec, 2> times{{{0, UTIME_OMIT}, file->st_mtim}};
    ::utimensat(AT_FDCWD, index.c_str(), times.data(), 0);
    break;
  }
  return true;
}

void date_index(int index, int log) {
  struct stat file {};
  if (::fstat(log, &file) < 0) return;
  const std::array<timespec, 2> times{{{0, UTIME_OMIT}, file.st_mtim}};
  ::futimens(index, times.data());
}

}  // namespace journal
