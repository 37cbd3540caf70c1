// Nodes: what is defined and what is running, kept the same: a definition that is on the disk has
// its console, and no other has one. All faces change nodes here. Owned by main.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/consoled/consoles.h"
#include "tools/consoled/definitions.h"

namespace consoled {

class Nodes {
 public:
  using Done = Definitions::Done;

  // `definitions`: null where nothing can be defined (--pty).
  Nodes(Definitions* definitions, Consoles& consoles);

  // Makes the consoles of all that is defined.
  void begin();

  // Parameters that the driver does not know: goconserver keeps them, and so do its routes, with a
  // line in the log for each.
  enum class Unknown { refuse, keep };

  // As Definitions': an error at once, or `done` when it is on the disk.
  base::Result<void> create(Node node, Done done, Unknown unknown = Unknown::refuse);
  base::Result<void> replace(Node node, Done done);
  base::Result<void> remove(std::string_view name, Done done);
  // As Definitions': a change of it was asked for that is not on the disk yet; how many there are.
  bool changing(std::string_view name) const;
  size_t waiting() const;

  Consoles& consoles() { return consoles_; }
  const Consoles& consoles() const { return consoles_; }
  Console* find(std::string_view name) { return consoles_.find(name); }
  // "Several at once" (lineman(7)): a name, also shortened, a list, a glob, label=value.
  base::Result<std::vector<Console*>> select(std::string_view pattern);
  // Exactly one.
  base::Result<Console*> one(std::string_view name);

 private:
  base::Result<void> may_define() const;
  // Its console becomes what is defined now, and then `done` is told.
  Done follow(std::string name, Done done);

  Definitions* definitions_;
  Consoles& consoles_;
};

}  // namespace consoled
