#include "lib/base/paths.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "lib/base/fd.h"

namespace base::paths {

namespace {

std::optional<std::string> from_environment(const char* name) {
  const char* v = std::getenv(name);
  if (v == nullptr || *v != '/') return {};
  return v;
}

std::string choose(const char* ours, const char* systemds, std::string_view root,
                   const std::string& user) {
  if (auto dir = from_environment(ours)) return *dir;
  // systemd gives several folders, joined by colons; ours is the first.
  if (auto dirs = from_environment(systemds)) return dirs->substr(0, dirs->find(':'));
  return ::geteuid() == 0 ? std::string(root) : user;
}

struct Account {
  std::string name, home;
};

std::optional<Account> account() {
  std::array<char, 4096> buf{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buf.data(), buf.size(), &found) != 0 || found == nullptr) {
    return {};
  }
  return Account{entry.pw_name, entry.pw_dir};
}

Result<void> check_owned(const std::string& dir) {
  // O_NOFOLLOW: a link here would be a stranger's choice of folder.
  Result<Fd> fd = open_file(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!fd) return fd.error();
  struct stat st {};
  if (::fstat(fd->get(), &st) < 0) return sys_error(errno, dir);
  // In /run only root makes folders; that one is the user lineman's, and root's programs share it.
  const bool systems = ::geteuid() == 0 && dir == kSystemRuntime;
  if (st.st_uid != ::geteuid() && st.st_uid != 0 && !systems) {
    return error(Errc::denied, dir, ": belongs to uid ", st.st_uid,
                 ", not to us: remove it or set LINEMAN_RUNTIME");
  }
  if ((st.st_mode & 022) != 0 && (st.st_mode & S_ISVTX) == 0) {
    return error(Errc::denied, dir, ": others can write there: chmod 700 ", dir);
  }
  return {};
}

}  // namespace

std::string home() {
  const char* v = std::getenv("HOME");
  if (v != nullptr && *v == '/') return v;
  const auto a = account();
  return a && !a->home.empty() ? a->home : "/";
}

std::string user_name() {
  const auto a = account();
  return a ? a->name : std::to_string(::geteuid());
}

std::string runtime() {
  return choose("LINEMAN_RUNTIME", "RUNTIME_DIRECTORY", kSystemRuntime,
                cat("/var/tmp/lineman-", ::geteuid()));
}

std::string state() {
  return choose("LINEMAN_STATE", "STATE_DIRECTORY", "/var/lib/lineman",
                cat(home(), "/.local/state/lineman"));
}

std::string config() {
  return choose("LINEMAN_CONFIG", "CONFIGURATION_DIRECTORY", "/etc/lineman",
                cat(home(), "/.config/lineman"));
}

std::string libexec() {
  if (auto dir = from_environment("LINEMAN_LIBEXEC")) return *dir;
  std::array<char, 4096> exe{};
  const ssize_t n = ::readlink("/proc/self/exe", exe.data(), exe.size());
  const std::string_view path(exe.data(), n < 0 ? 0 : static_cast<size_t>(n));
  return cat(path.substr(0, path.rfind('/') + 1), "../libexec/lineman");
}

Result<std::string> make_runtime() {
  const std::string dir = runtime();
  if (::mkdir(dir.c_str(), 0700) < 0 && errno != EEXIST) return sys_error(errno, dir);
  Result<void> ok = check_owned(dir);
  if (!ok) return ok.error();
  return dir;
}

Result<void> make_folders(const std::string& path) {
  for (size_t at = 0; at != std::string::npos;) {
    at = path.find('/', at + 1);
    const std::string part = path.substr(0, at);
    if (::mkdir(part.c_str(), 0700) < 0 && errno != EEXIST) return sys_error(errno, part);
  }
  return {};
}

std::string absolute(std::string_view path) {
  if (path.starts_with('/')) return std::string(path);
  std::array<char, 4096> cwd{};
  if (::getcwd(cwd.data(), cwd.size()) == nullptr) return std::string(path);
  return cat(cwd.data(), "/", path);
}

}  // namespace base::paths
