#include "tools/ptyattach/find.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "lib/base/paths.h"
#include "lib/base/select.h"
#include "lib/net/loop.h"

namespace ptyattach {

using base::Result;

namespace {

constexpr std::string_view kSuffix = ".sock";

// Whoever keeps all of it in a folder of their own means only that; the usual folder by its name is
// no such choice (ptyautostart(1) reads it the same way).
bool own_world() {
  const char* v = std::getenv("LINEMAN_RUNTIME");
  return v != nullptr && v != base::paths::kSystemRuntime &&
         v != base::cat("/var/tmp/lineman-", ::geteuid());
}

std::vector<std::string> folders() {
  const std::string runtime = base::paths::runtime();
  // consoled's sockets, a pair for each of its consoles, lie in sock.
  std::vector<std::string> out = {runtime, runtime + "/sock"};
  if (own_world()) {
    out.push_back(runtime + "/autostart");
    return out;
  }
  if (runtime != base::paths::kSystemRuntime) {
    out.emplace_back(base::paths::kSystemRuntime);
    out.push_back(base::cat(base::paths::kSystemRuntime, "/sock"));
  }
  for (const std::string_view top :
       {"/var/log/autostart", "/var/tmp/autostart", "/tmp/autostart"}) {
    out.push_back(base::cat(top, "/", base::paths::user_name()));
  }
  return out;
}

bool is_socket(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 && S_ISSOCK(st.st_mode);
}

void add_folder(const std::string& dir, std::vector<Found>& out) {
  const std::unique_ptr<DIR, net::Free<::closedir>> d(::opendir(dir.c_str()));
  if (!d) return;
  std::vector<Found> here;
  while (const dirent* e = ::readdir(d.get())) {
    const std::string_view file = e->d_name;
    // The embedded redis-server and consoled lie in the same folder, and are no jobs.
    if (!file.ends_with(kSuffix) || file == "redis.sock" || file == "consoled.sock") continue;
    Found f{std::string(file.substr(0, file.size() - kSuffix.size())), base::cat(dir, "/", file)};
    const auto same = [&](const Found& o) { return o.name == f.name; };
    if (is_socket(f.socket) && std::none_of(out.begin(), out.end(), same)) here.push_back(f);
  }
  std::sort(here.begin(), here.end(),
            [](const Found& a, const Found& b) { return a.name < b.name; });
  out.insert(out.end(), here.begin(), here.end());
}

bool is_address(const std::string& target) {
  return target[0] == '@' || target.find('/') != std::string::npos || is_socket(target) ||
         target.find(':') != std::string::npos;
}

std::string where_looked() {
  std::string out;
  for (const std::string& f : folders()) out += (out.empty() ? "" : ", ") + f;
  return out;
}

}  // namespace

std::vector<Found> all_jobs() {
  std::vector<Found> out;
  for (const std::string& dir : folders()) add_folder(dir, out);
  return out;
}

namespace {

base::Error explain(base::Error e) {
  if (e.code == base::Errc::not_found) {
    e.what += base::cat(" in ", where_looked(), ": \"ptyattach\" lists what runs");
  } else {
    e.code = base::Errc::usage;
  }
  return e;
}

void add(std::vector<Found>& out, const Found& job) {
  const auto same = [&](const Found& f) { return f.socket == job.socket; };
  if (std::none_of(out.begin(), out.end(), same)) out.push_back(job);
}

}  // namespace

Result<std::vector<Found>> find_jobs(const std::vector<std::string>& targets) {
  std::vector<Found> out;
  const std::vector<Found> jobs = all_jobs();
  std::vector<base::Candidate> candidates;
  candidates.reserve(jobs.size());
  for (const Found& f : jobs) candidates.push_back({f.name, {}, {}});
  for (const std::string& target : targets) {
    if (!target.empty() && is_address(target)) {
      add(out, {target, target});
      continue;
    }
    const Result<std::vector<std::string>> names = base::select(target, candidates);
    if (!names) return explain(names.error());
    for (const std::string& name : *names) {
      add(out,
          *std::find_if(jobs.begin(), jobs.end(), [&](const Found& f) { return f.name == name; }));
    }
  }
  return out;
}

}  // namespace ptyattach
