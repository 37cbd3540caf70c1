#include "lib/journal/chain.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <utility>

#include "lib/base/select.h"
#include "lib/journal/frame.h"
#include "lib/journal/names.h"
#include "lib/journal/start.h"

namespace journal {

namespace {
constexpr size_t kHoles = 3;  // so many numbers in a row may be missing: a crash leaves one
constexpr size_t kIndexRead = 65536;
constexpr size_t kMostIndex = 32UL << 20U;  // a larger one is left out
constexpr std::string_view kLog = ".log";

// 0: there is no such file.
ino_t inode(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 ? st.st_ino : 0;
}

base::Result<void> add(Chain& chain, const std::string& path, Packing packing,
                       const std::string& index) {
  base::Result<std::unique_ptr<Link>> link = Link::open(path, packing, index);
  if (!link) return link.error();
  if (*link) chain.push_back(std::move(*link));
  return {};
}

bool same_begin(const Link& a, const Link& b) {
  const std::optional<Header>&x = a.places().header(), &y = b.places().header();
  return x && y && x->epoch == y->epoch && x->offset == y->offset;
}

// All forms of an old file, the newest first: where there are several the files have two masters,
// or a crash left one twice.
base::Result<void> add_old(Chain& chain, const std::string& plain, const std::string& index) {
  const size_t had = chain.size();
  base::Result<void> added = add(chain, plain, Packing::none, index);
  const Link* const first = chain.size() > had ? chain.back().get() : nullptr;
  for (const auto& [name, packing] :
       {std::pair(packed_name(plain), Packing::zstd), std::pair(gzip_name(plain), Packing::gzip)}) {
    const size_t now = chain.size();
    if (added) added = add(chain, name, packing, first == nullptr ? index : "");
    const bool another = first != nullptr && chain.size() > now;
    if (another && same_begin(*first, *chain.back())) chain.pop_back();
  }
  return added;
}

// Where the index of an old file is; `moved`: the old file that has the present one still, and
// those of the older files are as far behind.
std::string index_of(const std::string& path, size_t number, size_t moved) {
  if (moved == 0 || number < moved) return old_index_name(path, number);
  return number == moved ? index_name(path) : old_index_name(path, number - moved);
}

// "n1" of n1.log, n1.log.2, n1.log.3.zst; empty for other files.
std::string journal_of(std::string_view file) {
  const size_t at = file.rfind(kLog);
  if (at == std::string_view::npos || at == 0) return {};
  std::string_view rest = file.substr(at + kLog.size());
  for (const std::string_view packed : {".zst", ".gz"}) {
    if (rest.ends_with(packed)) rest.remove_suffix(packed.size());
  }
  const bool number = rest.size() > 1 && rest[0] == '.' &&
                      rest.find_first_not_of("0123456789", 1) == std::string_view::npos;
  const std::string name(file.substr(0, at));
  return (rest.empty() || number) && base::valid_name(name) ? name : "";
}
}  // namespace

base::Result<std::unique_ptr<Link>> Link::open(const std::string& path, Packing packing,
                                               const std::string& index) {
  base::Result<base::Fd> fd = base::open_regular(path);
  if (!fd && fd.error().sys == ENOENT) return std::unique_ptr<Link>();
  if (!fd) return fd.error();
  const bool packed = packing != Packing::none;
  const std::string framed = packed ? read_index_frame(fd->get()) : "";
  std::unique_ptr<Link> link(new Link(path, Unpack(std::move(*fd), packing)));
  if (packed) {
    const base::Result<std::string> beside =
        base::read_file(framed.empty() ? index : "", kMostIndex);
    link->places_.feed(beside ? *beside : framed);
    return link;
  }
  link->index_path_ = index;
  link->index_ino_ = inode(index);
  const std::optional<IndexEnd> end = find_end(index, path);
  // One that speaks of a file that was emptied or moved will be replaced.
  link->ahead_ = end && end->size == 0 && (end->ahead || find_moved(path));
  if (end && !link->ahead_) {
    link->index_.reset(::open(index.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    link->refresh();
  }
  return link;
}

bool Link::refresh() {
  if (!index_) return false;
  bool any = false;
  std::array<char, kIndexRead> buf;  // NOLINT: not cleared each time
  ssize_t n = 0;
  while ((n = ::read(index_.get(), buf.data(), buf.size())) > 0) {
    unread_.append(buf.data(), static_cast<size_t>(n));
    const size_t used = places_.feed(unread_);
    unread_.erase(0, used);
    any = any || used > 0;
  }
  return any;
}

Link::Now Link::now(const std::string& written) const {
  struct stat here {
  }, there{};
  if (::fstat(file_.fd(), &here) < 0) return Now::same;
  const ino_t index = inode(index_path_);
  const bool at_path = ::stat(written.c_str(), &there) == 0;
  const bool same = !at_path || (here.st_dev == there.st_dev && here.st_ino == there.st_ino);
  if (!same) return Now::moved;
  if (file_.packed()) return Now::same;
  if (static_cast<uint64_t>(here.st_size) < file_.position()) return Now::moved;
  const bool another = index != index_ino_ || (ahead_ && here.st_size > 0);
  return at_path && index != 0 && another ? Now::rewritten : Now::same;
}

// Newest first, so that a rotation in between shows a file twice rather than not at all; the double
// is dropped.
base::Result<Chain> open_chain(const std::string& path) {
  Chain chain;
  const std::string index = index_name(path);
  base::Result<void> added = add(chain, path, Packing::none, index);
  // Somebody moved NODE.log, and the writer has not moved its index yet.
  const bool headless = chain.empty() || !chain.front()->places().header();
  const std::optional<Moved> late = headless ? find_moved(path) : std::nullopt;
  size_t holes = 0;
  for (size_t n = 1; added && holes < kHoles; n++) {
    const size_t had = chain.size();
    added = add_old(chain, old_name(path, n), index_of(path, n, late ? late->number : 0));
    holes = chain.size() == had ? holes + 1 : 0;
  }
  if (!added) return added.error();
  std::set<std::pair<dev_t, ino_t>> seen;
  const auto twice = [&seen](const std::unique_ptr<Link>& link) {
    struct stat st {};
    ::fstat(link->file().fd(), &st);
    return !seen.insert({st.st_dev, st.st_ino}).second;
  };
  chain.erase(std::remove_if(chain.begin(), chain.end(), twice), chain.end());
  if (chain.empty()) return base::error(base::Errc::not_found, path, ": there is no journal");
  std::reverse(chain.begin(), chain.end());
  return chain;
}

base::Result<std::vector<std::string>> list_journals(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), &::closedir);
  if (!dir) return base::sys_error(errno, folder);
  std::set<std::string> names;
  while (const dirent* entry = ::readdir(dir.get())) {
    std::string name = journal_of(entry->d_name);
    if (!name.empty()) names.insert(std::move(name));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

}  // namespace journal
