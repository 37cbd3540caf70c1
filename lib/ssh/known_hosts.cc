#include "lib/ssh/known_hosts.h"

#include <fcntl.h>
#include <libssh/libssh.h>
#include <unistd.h>

#include <cerrno>

#include "lib/base/fd.h"
#include "lib/ssh/handle.h"

namespace ssh {

using base::Errc;
using base::Result;
using Marker = KnownHostsLine::Marker;

namespace {

constexpr size_t kMostBytes = 16 << 20;

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

// Only the library knows how names are hashed.
bool hashed_match(const KnownHostsLine& line, const std::string& name) {
  ssh_knownhosts_entry* entry = nullptr;
  const std::string text = known_hosts_text(line);
  const bool match = ssh_known_hosts_parse_line(name.c_str(), text.c_str(), &entry) == SSH_OK;
  SSH_KNOWNHOSTS_ENTRY_FREE(entry);
  return match;
}

std::string described(const std::string& type, const std::string& base64) {
  return base::cat(type, " ", fingerprint(type, base64));
}

}  // namespace

Result<void> KnownHosts::refresh() {
  struct stat now {};
  if (::stat(path_.c_str(), &now) < 0 && errno != ENOENT) return base::sys_error(errno, path_);
  if (same_file(now, seen_)) return {};
  plain_.clear();
  others_.clear();
  lines_ = 0;
  torn_ = false;
  seen_ = {};
  if (now.st_ino == 0) return {};  // there is none now
  const Result<std::string> text = base::read_regular(path_, kMostBytes);
  if (!text) return text.error();
  seen_ = now;
  read_lines(*text);
  return {};
}

void KnownHosts::read_lines(std::string_view text) {
  torn_ = !text.empty() && text.back() != '\n';
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    lines_++;
    if (auto parsed = parse_known_hosts_line(line)) add(lines_, std::move(*parsed));
  }
}

void KnownHosts::add(size_t number, KnownHostsLine line) {
  if (line.marker == Marker::authority) return;  // certificates of hosts are not for us
  if (line.plain()) {
    std::string name = known_hosts_name(line.hosts, 22);
    plain_.emplace(std::move(name), Entry{number, std::move(line)});
  } else {
    others_.push_back({number, std::move(line)});
  }
}

std::vector<const KnownHosts::Entry*> KnownHosts::known(const std::string& name) const {
  std::vector<const Entry*> out;
  const auto [first, last] = plain_.equal_range(name);
  for (auto at = first; at != last; ++at) out.push_back(&at->second);
  for (const Entry& e : others_) {
    const bool match =
        e.line.hashed() ? hashed_match(e.line, name) : hosts_match(e.line.hosts, name);
    if (match) out.push_back(&e);
  }
  return out;
}

std::vector<std::string> KnownHosts::types(const std::string& name) {
  std::vector<std::string> out;
  if (!refresh()) return out;
  for (const Entry* e : known(name)) {
    if (e->line.marker == Marker::none) out.push_back(e->line.type);
  }
  return out;
}

Result<void> KnownHosts::check(const std::string& name, const HostKey& key, HostKeyCheck mode) {
  if (mode == HostKeyCheck::off) return {};
  if (Result<void> ok = refresh(); !ok) return base::in("known hosts", ok.error());
  bool good = false;
  const Entry* other = nullptr;
  for (const Entry* e : known(name)) {
    const bool same = e->line.key == key.base64;
    if (same && e->line.marker == Marker::revoked) {
      return base::error(Errc::denied, "the host shows a key that ", path_, " line ", e->number,
                         " revokes");
    }
    if (e->line.marker == Marker::revoked) continue;
    good = good || same;
    if (!same && (other == nullptr || e->line.type == key.type)) other = e;
  }
  if (good) return {};
  // Also when the old one is of another type: who stands between offers what we do not know.
  if (other != nullptr) return changed(name, key, *other);
  if (mode == HostKeyCheck::strict) return unknown(name, key);
  return append(name, key);
}

base::Error KnownHosts::changed(const std::string& name, const HostKey& key,
                                const Entry& old) const {
  return base::error(Errc::denied, "the host key of ", name, " has changed: ", path_, " line ",
                     old.number, " has ", described(old.line.type, old.line.key),
                     ", the host shows ", described(key.type, key.base64),
                     ": somebody may stand between; if the host is new, remove that line");
}

base::Error KnownHosts::unknown(const std::string& name, const HostKey& key) const {
  return base::error(Errc::denied, "the host key of ", name, " is not known, ",
                     described(key.type, key.base64), ": if that is right, add to ", path_, ": ",
                     name, " ", key.type, " ", key.base64);
}

Result<void> KnownHosts::append(const std::string& name, const HostKey& key) {
  const Result<base::Fd> fd = base::open_file(path_, O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (!fd) return base::in("known hosts", fd.error());
  KnownHostsLine line{Marker::none, name, key.type, key.base64};
  const std::string text = base::cat(torn_ ? "\n" : "", known_hosts_text(line), "\n");
  const ssize_t n = ::write(fd->get(), text.data(), text.size());
  if (n != static_cast<ssize_t>(text.size())) {
    return base::in("known hosts", base::sys_error(n < 0 ? errno : ENOSPC, path_));
  }
  // What others wrote between the stat and here is read next time, for the size is not ours then.
  const off_t expected = seen_.st_size + static_cast<off_t>(text.size());
  struct stat now {};
  if (::fstat(fd->get(), &now) == 0 && now.st_size == expected) {
    seen_ = now;
    torn_ = false;
    add(++lines_, std::move(line));
  }
  return {};
}

}  // namespace ssh
