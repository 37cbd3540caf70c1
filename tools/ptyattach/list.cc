#include "tools/ptyattach/list.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <span>

#include <nlohmann/json.hpp>

#include "lib/base/args.h"
#include "lib/base/log.h"
#include "lib/net/address.h"
#include "lib/net/listener.h"
#include "lib/peer/ask.h"
#include "lib/peer/control_name.h"

namespace ptyattach {

using base::Result;
using wire::Json;

namespace {

constexpr auto kPatience = std::chrono::milliseconds(1000);
constexpr size_t kAtOnce = 256;             // connections
constexpr double kYear9999 = 253402300799;  // what a date can be written of

// "running", "waiting" ...; "dead" where nobody answers, "silent" where somebody does and says
// nothing, "plain" where there is nobody to ask.
Json row_of(const Found& job, const Result<Json>& status) {
  Json row = {{"name", job.name}, {"socket", job.socket}};
  if (status) {
    for (const auto& [key, value] : status->items()) {
      if (key != "ok" && key != "name") row[key] = value;
    }
    return row;
  }
  const Result<net::Address> address = net::unix_address(job.socket);
  const Result<bool> found = address ? net::answers(*address) : Result<bool>(address.error());
  const bool alive = found && *found;
  const bool hangs = status.error().code == base::Errc::timeout;
  row["state"] = alive                          ? hangs ? "silent" : "plain"
                 : status.error().sys == EACCES ? "closed"
                                                : "dead";
  return row;
}

// Those that are silent are waited for at the same time.
template <class Show>
void list_some(std::span<const Found> jobs, Show show) {
  const base::Time deadline = base::Clock::now() + kPatience;
  std::vector<Result<base::Fd>> asked;
  asked.reserve(jobs.size());
  for (const Found& job : jobs) {
    asked.push_back(
        peer::begin_ask(peer::control_name(job.socket), Json{{"cmd", "status"}}, deadline));
  }
  for (size_t i = 0; i < jobs.size(); i++) {
    const Result<base::Fd>& fd = asked[i];
    show(row_of(jobs[i], fd ? peer::answer_of(fd->get(), deadline) : Result<Json>(fd.error())));
  }
}

std::string since_text(const Json& row) {
  const auto at = row.find("since");
  const double seconds = at != row.end() && at->is_number() ? at->get<double>() : -1;
  if (!(seconds >= 0 && seconds < kYear9999)) return "-";
  return base::rfc3339(static_cast<int64_t>(seconds * 1e6));
}

std::string count_text(const Json& row, std::string_view key) {
  const auto n = peer::number_of(row, key);
  return n ? std::to_string(*n) : "-";
}

// A line for people. Its parts come from file names and other people's daemons.
void print(const Json& row, int width) {
  const std::string command = peer::text_of(row, "command", peer::text_of(row, "device", "-"));
  std::printf("%-*s %-8s %8s %7s %-20s %s\n", width,
              base::log::printable(peer::text_of(row, "name")).c_str(),
              base::log::printable(peer::text_of(row, "state", "-")).c_str(),
              count_text(row, "child").c_str(), count_text(row, "viewers").c_str(),
              since_text(row).c_str(), base::log::printable(command).c_str());
}

void print_head(int width) {
  std::printf("%-*s %-8s %8s %7s %-20s %s\n", width, "NAME", "STATE", "CHILD", "VIEWERS", "SINCE",
              "COMMAND");
}

}  // namespace

int list_jobs(const std::vector<Found>& jobs, bool json) {
  if (jobs.empty()) {
    if (!json) std::fputs("ptyattach: nothing runs here\n", stderr);
    return base::kExitNo;
  }
  size_t width = 4;
  for (const Found& f : jobs) width = std::max(width, base::log::printable(f.name).size());
  if (!json) print_head(static_cast<int>(width));
  const auto show = [&](const Json& row) {
    if (row.contains("consoles")) return;  // consoled's sockets are beside those of jobs
    if (json) {
      std::printf("%s\n", wire::dump(row).c_str());
    } else {
      print(row, static_cast<int>(width));
    }
    std::fflush(stdout);  // the next one may take its time to answer
  };
  for (size_t at = 0; at < jobs.size(); at += kAtOnce) {
    list_some(std::span(jobs).subspan(at, std::min(kAtOnce, jobs.size() - at)), show);
  }
  return base::kExitOk;
}

}  // namespace ptyattach
