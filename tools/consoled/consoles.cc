#include "tools/consoled/consoles.h"

namespace consoled {

namespace {
constexpr auto kSweep = std::chrono::seconds(30);
}

Consoles::Consoles(Shared& shared) : shared_(shared), sweep_(shared.loop, [this] { sweep(); }) {
  sweep_.after(kSweep);
}

Console& Consoles::add(Node node) {
  const std::string name = node.name;
  Console& console = all_.try_emplace(name, shared_, std::move(node)).first->second;
  console.start();
  return console;
}

void Consoles::remove(std::string_view name) {
  const auto at = all_.find(name);
  if (at == all_.end()) return;
  at->second.terminate();
  const std::string gone = at->first;
  all_.erase(at);
  if (shared_.publishers != nullptr) shared_.publishers->forget(gone);
}

Console* Consoles::find(std::string_view name) {
  const auto at = all_.find(name);
  return at == all_.end() ? nullptr : &at->second;
}

void Consoles::stop() {
  for (auto& [name, console] : all_) console.stop();
}

void Consoles::reopen() {
  for (auto& [name, console] : all_) console.reopen();
}

void Consoles::sweep() {
  for (auto& [name, console] : all_) console.sweep();
  sweep_.after(kSweep);
}

}  // namespace consoled
