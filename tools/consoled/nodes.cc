#include "tools/consoled/nodes.h"

#include "lib/base/log.h"
#include "lib/base/select.h"
#include "tools/consoled/drivers.h"

namespace consoled {

using base::Errc;
using base::error;
using base::Result;

namespace {
void warn_of_unknown(const Node& node) {
  for (const std::string& param : unknown_params(node)) {
    base::log::warn(node.name, ": parameter ", param, ": the driver ", node.driver,
                    " has no such parameter: it is kept, and has no effect");
  }
}
}  // namespace

Nodes::Nodes(Definitions* definitions, Consoles& consoles)
    : definitions_(definitions), consoles_(consoles) {}

void Nodes::begin() {
  if (definitions_ == nullptr) return;
  const bool imported = !definitions_->import().file.empty();
  for (const auto& [name, node] : definitions_->all()) {
    if (imported) warn_of_unknown(node);
    consoles_.add(node);
  }
}

bool Nodes::changing(std::string_view name) const {
  return definitions_ != nullptr && definitions_->changing(name);
}

size_t Nodes::waiting() const {
  return definitions_ == nullptr ? 0 : definitions_->waiting();
}

Result<void> Nodes::may_define() const {
  if (definitions_ != nullptr) return {};
  return error(Errc::denied, "with --pty there is one console, and none can be defined");
}

// By what is defined and not by what was asked: a change before it may have failed.
Nodes::Done Nodes::follow(std::string name, Done done) {
  return [this, name = std::move(name), done = std::move(done)](const Result<void>& stored) {
    const Node* now = definitions_->find(name);
    Console* console = consoles_.find(name);
    if (stored && now == nullptr) {
      consoles_.remove(name);
    } else if (stored && console == nullptr) {
      warn_of_unknown(*now);
      consoles_.add(*now);
    } else if (stored) {
      console->redefine(*now);
    }
    done(stored);
  };
}

Result<void> Nodes::create(Node node, Done done, Unknown unknown) {
  if (auto may = may_define(); !may) return may;
  const bool named = !node.name.empty();  // that comes first
  if (unknown == Unknown::refuse && named) {
    if (auto good = check_names(node); !good) return good;
  }
  Done told = follow(node.name, std::move(done));
  return definitions_->create(std::move(node), std::move(told));
}

Result<void> Nodes::replace(Node node, Done done) {
  if (auto may = may_define(); !may) return may;
  if (auto good = check_names(node); !good) return good;
  Done told = follow(node.name, std::move(done));
  return definitions_->replace(std::move(node), std::move(told));
}

Result<void> Nodes::remove(std::string_view name, Done done) {
  if (auto may = may_define(); !may) return may;
  return definitions_->remove(name, follow(std::string(name), std::move(done)));
}

Result<std::vector<Console*>> Nodes::select(std::string_view pattern) {
  if (Console* exact = consoles_.find(pattern)) return std::vector<Console*>{exact};
  std::vector<base::Candidate> all;
  all.reserve(consoles_.all().size());
  for (const auto& [name, console] : consoles_.all()) {
    const auto& labels = console.node().labels;
    const auto group = labels.find("group");
    all.push_back({name, labels, {}});
    if (group != labels.end()) all.back().groups = {group->second};
  }
  const auto names = base::select(pattern, all);
  if (!names) return names.error();
  std::vector<Console*> out;
  for (const std::string& name : *names) out.push_back(consoles_.find(name));
  return out;
}

Result<Console*> Nodes::one(std::string_view name) {
  const auto found = select(name);
  if (!found) return found.error();
  if (found->size() != 1) {
    return error(Errc::bad_input, "\"", name, "\": expected one console, got ", found->size());
  }
  return found->front();
}

}  // namespace consoled
