#include "tools/consoled/consoles.h"

#include <nlohmann/json.hpp>

#include "lib/base/log.h"

namespace consoled {

namespace {
constexpr auto kSweep = std::chrono::seconds(30);
constexpr auto kDiskLook = std::chrono::seconds(5);
}  // namespace

Consoles::Consoles(Shared& shared)
    : shared_(shared),
      sweep_(shared.loop, [this] { sweep(); }),
      disk_(shared.loop, [this] { look_at_disk(); }) {
  sweep_.after(kSweep);
  disk_.after(kDiskLook);
}

Console& Consoles::add(const Node& node) {
  Console& console = all_.try_emplace(node.name, shared_, node).first->second;
  if (shared_.publishers != nullptr) shared_.publishers->defined(console.name());
  shared_.events.emit("create", {{"console", console.name()}});
  stopping_ ? console.stop() : console.start();
  return console;
}

void Consoles::remove(std::string_view name) {
  const auto at = all_.find(name);
  if (at == all_.end()) return;
  at->second.terminate();
  const std::string gone = at->first;
  all_.erase(at);
  if (shared_.publishers != nullptr) shared_.publishers->forget(gone);
  shared_.events.emit("delete", {{"console", gone}});
}

Console* Consoles::find(std::string_view name) {
  const auto at = all_.find(name);
  return at == all_.end() ? nullptr : &at->second;
}

void Consoles::stop() {
  stopping_ = true;
  for (auto& [name, console] : all_) console.stop();
}

void Consoles::reopen() {
  for (auto& [name, console] : all_) console.reopen();
}

void Consoles::sweep() {
  for (auto& [name, console] : all_) console.sweep();
  sweep_.after(kSweep);
}

// A disk that loses what consoles say is told of when it begins, and then once in an interval, for
// all of them together.
void Consoles::look_at_disk() {
  disk_.after(kDiskLook);
  uint64_t lost = 0;
  size_t losers = 0;
  int error = 0;
  std::string path, loser;
  for (auto& [name, console] : all_) {
    Tape* tape = console.tape();
    if (tape == nullptr || tape->journal() == nullptr) continue;
    const int now = tape->journal()->status(shared_.loop.now()).error;
    if (now != 0 && error == 0) path = shared_.journals.path(name);
    if (now != 0) error = now;
    const uint64_t missing = tape->newly_lost();
    if (missing > 0 && losers++ == 0) loser = name;
    lost += missing;
  }
  if (error != 0 && error != disk_error_) {
    base::log::error(path, ": ", base::sys_text(error), ": output is being lost");
  }
  if (lost > 0) {
    base::log::warn("journals: ", lost, " bytes lost, of ", loser,
                    losers > 1 ? base::cat(" and ", losers - 1, " others") : "",
                    shared_.journals.stuck() ? ", the disk hangs" : "");
  }
  if (error == 0 && disk_error_ != 0) base::log::info("journals: they are written again");
  disk_error_ = error;
}

}  // namespace consoled
