#include "tools/consoled/nodes.h"

#include "lib/base/select.h"

namespace consoled {

using base::Errc;
using base::error;
using base::Result;

Nodes::Nodes(Definitions* definitions, Consoles& consoles)
    : definitions_(definitions), consoles_(consoles) {}

void Nodes::begin() {
  if (definitions_ == nullptr) return;
  for (const auto& [name, node] : definitions_->all()) consoles_.add(node);
}

Result<void> Nodes::may_define() const {
  if (definitions_ == nullptr) {
    return error(Errc::denied, "with --pty there is one console, and none can be defined");
  }
  // A commit would wait for it, and everybody with it.
  if (!consoles_.disk_hangs()) return {};
  return error(Errc::io, "the disk hangs: nothing can be defined until it goes on");
}

Result<void> Nodes::create(Node node, Done done) {
  if (auto may = may_define(); !may) return may;
  const std::string name = node.name;
  return definitions_->create(std::move(node),
                              [this, name, done = std::move(done)](const Result<void>& stored) {
                                const Node* now = stored ? definitions_->find(name) : nullptr;
                                if (now != nullptr && consoles_.find(name) == nullptr)
                                  consoles_.add(*now);
                                done(stored);
                              });
}

Result<void> Nodes::replace(Node node, Done done) {
  if (auto may = may_define(); !may) return may;
  const std::string name = node.name;
  return definitions_->replace(std::move(node),
                               [this, name, done = std::move(done)](const Result<void>& stored) {
                                 const Node* now = stored ? definitions_->find(name) : nullptr;
                                 Console* console = consoles_.find(name);
                                 if (now != nullptr && console != nullptr) console->redefine(*now);
                                 done(stored);
                               });
}

Result<void> Nodes::remove(std::string_view name, Done done) {
  if (auto may = may_define(); !may) return may;
  return definitions_->remove(
      name, [this, name = std::string(name), done = std::move(done)](const Result<void>& stored) {
        if (stored && definitions_->find(name) == nullptr) consoles_.remove(name);
        done(stored);
      });
}

void Nodes::flush() {
  if (definitions_ != nullptr) definitions_->flush();
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
