#include "tools/consoled/report.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "lib/base/version.h"
#include "lib/net/limits.h"
#include "tools/consoled/drivers.h"
#include "tools/consoled/node_json.h"
#include "tools/consoled/params.h"

namespace consoled {

using base::cat;
using nlohmann::json;

namespace {

double seconds_of(int64_t us) {
  return static_cast<double>(us) / 1e6;
}

json journal_json(const journal::Append& append) {
  const journal::Status s = append.status(base::Clock::now());
  json j = {{"written", s.written}, {"lost", s.lost},           {"pending", s.pending},
            {"stuck", s.stuck},     {"rotations", s.rotations}, {"open", s.open}};
  if (s.error != 0) j["error"] = base::sys_text(s.error);
  if (s.rotation_error != 0) j["rotationError"] = base::sys_text(s.rotation_error);
  if (s.index_error != 0) j["indexError"] = base::sys_text(s.index_error);
  return j;
}

// What both the status and the metrics are made of.
struct Sums {
  std::array<size_t, kStates> states{};
  size_t consoles = 0, failed = 0, viewers = 0;
  uint64_t skipped = 0, lost = 0, pending = 0;
};

Sums sums_of(const Shared& shared, const Consoles& consoles) {
  Sums s;
  s.skipped = shared.skipped_bytes;
  for (const auto& [name, c] : consoles.all()) {
    s.consoles++;
    s.states[static_cast<size_t>(c.status().state)]++;
    s.failed += c.status().failed ? 1U : 0U;
    s.viewers += c.viewers().size();
    const Tape* tape = c.tape();
    if (tape == nullptr) continue;
    s.skipped += tape->skipped();
    if (tape->journal() == nullptr) continue;
    const journal::Status j = tape->journal()->status(base::Clock::now());
    s.lost += j.lost;
    s.pending += j.pending;
  }
  return s;
}

// Bytes that journals have and the receiver has not.
uint64_t behind(const Publisher& logger, const Consoles& consoles) {
  uint64_t bytes = 0;
  for (const auto& [name, c] : consoles.all()) {
    const Tape* tape = c.tape();
    const auto at = tape == nullptr ? std::nullopt : logger.place(name);
    if (!at) continue;
    const uint64_t from = at->epoch == tape->epoch() ? at->offset : 0;
    bytes += tape->ring().head() - std::min(from, tape->ring().head());
  }
  return bytes;
}

json loggers_json(const Shared& shared, const Consoles& consoles) {
  json all = json::array();
  if (shared.publishers == nullptr) return all;
  for (const auto& p : shared.publishers->all()) {
    json one = {{"name", p->name()}, {"kind", p->kind()}, {"behind", behind(*p, consoles)}};
    if (const std::string why = p->receiver().trouble(); !why.empty()) one["trouble"] = why;
    all.push_back(std::move(one));
  }
  return all;
}

// Their names are of letters, digits and . _ - and need no quoting.
std::string loggers_metrics(const Shared& shared, const Consoles& consoles) {
  std::string up, late;
  if (shared.publishers == nullptr || shared.publishers->all().empty()) return "";
  for (const auto& p : shared.publishers->all()) {
    const std::string labels = cat("{kind=\"", p->kind(), "\",name=\"", p->name(), "\"} ");
    const bool well = p->receiver().trouble().empty();
    up += cat("consoled_logger_up", labels, well ? 1 : 0, "\n");
    late += cat("consoled_logger_behind_bytes", labels, behind(*p, consoles), "\n");
  }
  return cat("# HELP consoled_logger_up 0: its receiver is away, or refuses.\n",
             "# TYPE consoled_logger_up gauge\n", up,
             "# HELP consoled_logger_behind_bytes Bytes that it has not got yet.\n",
             "# TYPE consoled_logger_behind_bytes gauge\n", late);
}

}  // namespace

json console_json(const Console& c) {
  const Status& s = c.status();
  json j = {{"console", c.name()},
            {"driver", c.node().driver},
            {"ondemand", c.node().ondemand},
            {"state", state_name(s.state)},
            {"failed", s.failed},
            {"since", seconds_of(s.since_us)},
            {"attempts", s.attempts},
            {"ups", s.ups},
            {"viewers", c.viewers().size()}};
  if (!s.reason.empty()) j["reason"] = s.reason;
  if (s.down_us > 0) j["down"] = seconds_of(s.down_us);
  if (s.next_us > 0) j["next"] = seconds_of(s.next_us);
  if (!c.node().labels.empty()) j["labels"] = c.node().labels;
  return j;
}

json console_details(const Console& c) {
  json j = console_json(c);
  const Node shown = redacted(c.node(), driver_kind(c.node().driver));
  j["params"] = shown.params;
  j["labels"] = shown.labels;
  j["inputWaiting"] = c.input_waiting();
  if (c.size()) {
    j["rows"] = c.size()->rows;
    j["cols"] = c.size()->columns;
  }
  if (const Tape* tape = c.tape()) {
    j["epoch"] = tape->epoch();
    j["tail"] = tape->ring().tail();
    j["head"] = tape->ring().head();
    if (tape->journal() != nullptr) j["journal"] = journal_json(*tape->journal());
  }
  return j;
}

std::string target_text(const Node& node) {
  for (const char* name : {"host", "device", "socket"}) {
    if (const std::string at = param(node, name); !at.empty()) return cat(node.driver, " ", at);
  }
  const std::string command = param(node, "cmd");
  return cat(node.driver, " ", command.substr(0, command.find_first_of(" \t")));
}

json viewer_json(const Console& c, const Viewer& v) {
  const uint64_t head = c.tape()->ring().head();
  json j = {{"viewer", v.number()},
            {"console", c.name()},
            {"who", v.visitor().text()},
            {"face", v.visitor().face},
            {"readonly", v.readonly()},
            {"raw", v.raw()},
            {"since", seconds_of(v.since_us())},
            {"behind", head - v.cursor()},
            {"skipped", v.skipped()},
            {"inputBytes", v.input_bytes()},
            {"inputWaiting", v.input_waiting()}};
  if (v.visitor().who.known) {
    j["uid"] = v.visitor().who.uid;
    j["pid"] = v.visitor().who.pid;
  }
  if (!v.visitor().user.empty()) j["user"] = v.visitor().user;
  return j;
}

json daemon_json(const Shared& shared, const Nodes& nodes, int64_t started_us) {
  const Sums s = sums_of(shared, nodes.consoles());
  json states = json::object();
  for (size_t i = 0; i < kStates; i++) {
    states[std::string(state_name(static_cast<State>(i)))] = s.states[i];
  }
  return {
      {"pid", ::getpid()},
      {"version", base::version()},
      {"since", seconds_of(started_us)},
      {"consoles", s.consoles},
      {"states", std::move(states)},
      {"failed", s.failed},
      {"viewers", s.viewers},
      {"connecting", shared.turns.active()},
      {"waitingForTurn", shared.turns.waiting()},
      {"outputBytes", shared.output_bytes},
      {"inputBytes", shared.input_bytes},
      {"skipped", s.skipped},
      {"journal", {{"lost", s.lost}, {"pending", s.pending}, {"stuck", shared.journals.stuck()}}},
      {"definitions", {{"waiting", nodes.waiting()}}},
      {"loggers", loggers_json(shared, nodes.consoles())},
      {"descriptors", net::open_descriptors()},
      {"descriptorLimit", net::descriptor_limit()}};
}

std::string metrics_text(const Shared& shared, const Nodes& nodes, int64_t started_us) {
  const Sums s = sums_of(shared, nodes.consoles());
  std::string out;
  const auto head = [&](std::string_view name, std::string_view type, std::string_view help) {
    out += cat("# HELP consoled_", name, " ", help, "\n# TYPE consoled_", name, " ", type, "\n");
  };
  const auto one = [&](std::string_view name, std::string_view type, std::string_view help,
                       uint64_t value) {
    head(name, type, help);
    out += cat("consoled_", name, " ", value, "\n");
  };
  head("consoles", "gauge", "Consoles by state.");
  for (size_t i = 0; i < kStates; i++) {
    out += cat("consoled_consoles{state=\"", state_name(static_cast<State>(i)), "\"} ", s.states[i],
               "\n");
  }
  one("consoles_failed", "gauge", "Consoles whose last attempt or line failed.", s.failed);
  one("viewers", "gauge", "Viewers attached.", s.viewers);
  one("connecting", "gauge", "Attempts to connect under way.", shared.turns.active());
  one("output_bytes_total", "counter", "Bytes from the targets.", shared.output_bytes);
  one("input_bytes_total", "counter", "Bytes to the targets.", shared.input_bytes);
  one("skipped_bytes_total", "counter", "Bytes that slow viewers missed.", s.skipped);
  one("journal_lost_bytes", "gauge", "Bytes that the disk did not take.", s.lost);
  one("journal_pending_bytes", "gauge", "Bytes on their way to the disk.", s.pending);
  one("journal_stuck", "gauge", "1: the disk hangs.", shared.journals.stuck() ? 1 : 0);
  one("definitions_waiting", "gauge", "Changes of definitions on their way to the disk.",
      nodes.waiting());
  one("start_time_seconds", "gauge", "Start of the daemon, since 1970.",
      static_cast<uint64_t>(started_us / 1'000'000));
  one("open_descriptors", "gauge", "Descriptors open.", net::open_descriptors());
  one("max_descriptors", "gauge", "Descriptors that may be open.", net::descriptor_limit());
  return out + loggers_metrics(shared, nodes.consoles());
}

}  // namespace consoled
