#include "tools/ptyattach/list.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "lib/base/args.h"
#include "lib/base/log.h"
#include "lib/net/address.h"
#include "lib/net/listener.h"
#include "lib/peer/control_name.h"
#include "tools/ptyattach/ask.h"

namespace ptyattach {

using base::Result;
using wire::Json;

namespace {

constexpr auto kPatience = std::chrono::milliseconds(1000);

// "running", "waiting" ...; "dead" where nobody answers, "silent" where somebody does not answer.
Json row_of(const Found& job) {
  const Result<Json> status =
      ask(peer::control_name(job.socket), Json{{"cmd", "status"}}, base::Clock::now() + kPatience);
  Json row = {{"name", job.name}, {"socket", job.socket}};
  if (status) {
    for (const auto& [key, value] : status->items()) {
      if (key != "ok" && key != "name") row[key] = value;
    }
    return row;
  }
  const Result<net::Address> address = net::unix_address(job.socket);
  const bool alive = address && net::answers(*address);
  row["state"] = alive ? "silent" : status.error().sys == EACCES ? "closed to us" : "dead";
  return row;
}

std::string since_text(const Json& row) {
  const auto at = row.find("since");
  if (at == row.end() || !at->is_number()) return "-";
  return base::rfc3339(static_cast<int64_t>(at->get<double>() * 1e6));
}

std::string number_text(const Json& row, const char* key) {
  const auto at = row.find(key);
  return at == row.end() || !at->is_number() ? "-" : at->dump();
}

void print(const Json& row, int width) {
  const std::string command = row.value("command", row.value("device", std::string("-")));
  std::printf("%-*s %-8s %8s %7s %-20s %s\n", width, row.value("name", "").c_str(),
              row.value("state", "").c_str(), number_text(row, "child").c_str(),
              number_text(row, "viewers").c_str(), since_text(row).c_str(),
              base::log::printable(command).c_str());
}

}  // namespace

int list_jobs(const std::vector<Found>& jobs, bool json) {
  if (jobs.empty()) {
    if (!json) std::fputs("ptyattach: nothing runs here\n", stderr);
    return base::kExitNo;
  }
  size_t width = 4;
  for (const Found& f : jobs) width = std::max(width, f.name.size());
  if (!json) {
    std::printf("%-*s %-8s %8s %7s %-20s %s\n", static_cast<int>(width), "NAME", "STATE", "CHILD",
                "VIEWERS", "SINCE", "COMMAND");
  }
  for (const Found& f : jobs) {
    const Json row = row_of(f);
    if (json) {
      std::printf("%s\n", wire::dump(row).c_str());
    } else {
      print(row, static_cast<int>(width));
    }
  }
  return base::kExitOk;
}

}  // namespace ptyattach
