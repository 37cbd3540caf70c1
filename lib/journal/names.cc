#include "lib/journal/names.h"

#include <algorithm>

#include "lib/base/cat.h"

namespace journal {

namespace {
constexpr size_t kNear = 4096;  // a line that ends within so many bytes is not cut

void move_forms(std::vector<Move>& out, const Old& old, const std::string& from,
                const std::string& to) {
  const auto target = [&to](const std::string& name) { return to.empty() ? to : name; };
  if (old.plain) out.push_back({from, target(to)});
  if (old.packed) out.push_back({packed_name(from), target(packed_name(to))});
}
}  // namespace

std::string old_name(const std::string& path, size_t number) {
  return base::cat(path, '.', number);
}

std::string packed_name(const std::string& plain) {
  return plain + ".zst";
}

std::string gzip_name(const std::string& plain) {
  return plain + ".gz";
}

std::string scratch_name(const std::string& path) {
  return path + ".zst.tmp";
}

std::string index_name(const std::string& path) {
  constexpr std::string_view log = ".log";
  return (path.ends_with(log) ? path.substr(0, path.size() - log.size()) : path) + ".idx";
}

std::string old_index_name(const std::string& path, size_t number) {
  return base::cat(index_name(path), '.', number);
}

std::vector<Move> shift(const std::string& path, const std::vector<Old>& olds) {
  std::vector<Move> moves;
  const auto free =
      std::find_if(olds.begin(), olds.end(), [](const Old& o) { return !o.plain && !o.packed; });
  size_t hole = static_cast<size_t>(free - olds.begin()) + 1;  // its number
  if (free == olds.end() && !olds.empty()) {
    hole = olds.size();
    move_forms(moves, olds.back(), old_name(path, hole), "");
  }
  for (size_t n = hole; n > 1; n--) {
    move_forms(moves, olds[n - 2], old_name(path, n - 1), old_name(path, n));
  }
  return moves;
}

size_t cut(std::string_view bytes, uint64_t room, bool line_start) {
  if (bytes.size() <= room) return bytes.size();
  const size_t fits = static_cast<size_t>(room);
  const size_t last = fits > 0 ? bytes.rfind('\n', fits - 1) : std::string_view::npos;
  if (last != std::string_view::npos) return last + 1;
  if (line_start) return 0;
  const size_t next = bytes.substr(0, fits + kNear).find('\n', fits);
  if (next != std::string_view::npos) return next + 1;
  return fits;
}

}  // namespace journal
