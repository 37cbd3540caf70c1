#include "lib/journal/last_lines.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

namespace journal {

namespace {
constexpr size_t kBlock = 262144;

// Counts line ends backwards until there are enough of them.
class Count {
 public:
  explicit Count(uint64_t n) : left_(n) {}

  // A line end at the very end of the journal begins no line.
  void skip_last() { skip_ = true; }
  // One more line end, found going backwards: true, when a wanted line begins behind it.
  bool line_end() {
    if (skip_) return skip_ = false;
    return --left_ == 0;
  }
  void other() { skip_ = false; }
  uint64_t left() const { return left_; }

 private:
  uint64_t left_;
  bool skip_ = false;
};

base::Result<std::optional<uint64_t>> in_plain(Unpack& file, Count& count) {
  struct stat st {};
  if (::fstat(file.fd(), &st) < 0) return base::sys_error(errno, "stat");
  const std::unique_ptr<char[]> block(new char[kBlock]);
  auto end = static_cast<uint64_t>(st.st_size);
  while (end > 0) {
    const size_t n = static_cast<size_t>(std::min<uint64_t>(kBlock, end));
    const uint64_t from = end - n;
    if (::pread(file.fd(), block.get(), n, static_cast<off_t>(from)) != static_cast<ssize_t>(n)) {
      return base::sys_error(errno, "read");
    }
    std::string_view left(block.get(), n);
    if (left.back() != '\n') count.other();
    for (size_t at = left.rfind('\n'); at != std::string_view::npos; at = left.rfind('\n')) {
      if (count.line_end()) return std::optional<uint64_t>(from + at + 1);
      left = left.substr(0, at);
      if (left.empty()) break;
    }
    end = from;
  }
  return std::optional<uint64_t>();
}

// Forwards: the places behind the last line ends are kept, as many as are wanted.
base::Result<std::optional<uint64_t>> in_packed(Unpack& file, Count& count) {
  const base::Result<void> begun = file.seek(0);
  if (!begun) return begun.error();
  const std::unique_ptr<char[]> block(new char[kBlock]);
  std::deque<uint64_t> ends;
  for (;;) {
    const uint64_t from = file.position();
    const base::Result<size_t> got = file.read(block.get(), kBlock);
    if (!got) return got.error();
    if (*got == 0) break;
    const char* const begin = block.get();
    const char* const end = begin + *got;
    for (const char* at = begin; at < end; at++) {
      at = static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(end - at)));
      if (at == nullptr) break;
      ends.push_back(from + static_cast<uint64_t>(at - begin) + 1);
      if (ends.size() > count.left() + 1) ends.pop_front();
    }
  }
  const uint64_t last = ends.empty() ? 0 : ends.back();
  if (last != file.position()) count.other();
  for (auto it = ends.rbegin(); it != ends.rend(); ++it) {
    if (count.line_end()) return std::optional<uint64_t>(*it);
  }
  return std::optional<uint64_t>();
}

base::Result<uint64_t> size_of(Unpack& file) {
  if (file.packed()) {
    const base::Result<void> done = file.seek(UINT64_MAX);
    if (!done) return done.error();
    return file.position();
  }
  struct stat st {};
  if (::fstat(file.fd(), &st) < 0) return base::sys_error(errno, "stat");
  return static_cast<uint64_t>(st.st_size);
}
}  // namespace

base::Result<void> find_last_lines(const Chain& chain, uint64_t n, LinesPlace& place) {
  place = {chain.size() - 1, 0};
  if (n == 0) {
    const base::Result<uint64_t> size = size_of(chain.back()->file());
    if (!size) return base::in(chain.back()->path(), size.error());
    place.position = *size;
    return {};
  }
  Count count(n);
  count.skip_last();
  for (size_t file = chain.size(); file-- > 0;) {
    place.file = file;
    Unpack& in = chain[file]->file();
    const base::Result<std::optional<uint64_t>> found =
        in.packed() ? in_packed(in, count) : in_plain(in, count);
    if (!found) return base::in(chain[file]->path(), found.error());
    place.position = found->value_or(0);
    if (*found) return {};
  }
  return {};
}

}  // namespace journal
