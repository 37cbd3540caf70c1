// Definitions: the nodes that there are, in DATADIR/consoled.db (SQLite, 0600). Read once, at the
// start; what is asked later is answered from memory.
//
// A change is checked at once, put on the disk at the end of the loop's turn together with the
// turn's other ones (one fsync), and told to its caller then: until then nobody else sees it. It
// costs the same whether there are ten nodes or ten thousand. Blocks for that one commit.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/store/db.h"
#include "lib/store/group.h"
#include "tools/consoled/drivers.h"
#include "tools/consoled/node.h"

namespace consoled {

class Definitions {
 public:
  // Whether a node can be; check_node of drivers.h.
  using Check = std::function<base::Result<void>(const Node&)>;
  // The change is on disk, or is not and will not be.
  using Done = std::function<void(base::Result<void>)>;

  // What became of nodes.json at the first start.
  struct Import {
    size_t nodes = 0;
    std::vector<std::string> errors;  // of nodes that were not taken, and of the file
    std::string file;                 // "": there was none
  };

  // Opens the database in `datadir`, which must exist, and reads it; the first time it takes what
  // is in nodes.json, or nodes.json.bak. `defer` is called with what shall run at the end of the
  // turn (net::Loop::defer).
  static base::Result<std::unique_ptr<Definitions>> open(const std::string& datadir, Check check,
                                                         store::Group::Defer defer);

  const std::map<std::string, Node, std::less<>>& all() const { return nodes_; }
  // Null: there is none.
  const Node* find(std::string_view name) const;
  // As the changes of this turn will have left it: what a change that was asked for with what its
  // asker had seen (If-Match) is compared with.
  const Node* coming(std::string_view name) const;
  const Import& import() const { return import_; }

  // The errors of the call itself have goconserver's words; then `done` is not called.
  //   bad_input "Skip this record as node name is not defined", "Driver not exist", ... (400)
  //   busy      "The node name NAME is already exist" (409)
  //   not_found "Node NAME is not exist"
  base::Result<void> create(Node node, Done done);
  base::Result<void> replace(Node node, Done done);  // kSecretShown keeps what was there
  base::Result<void> remove(std::string_view name, Done done);

  // Commits what this turn has so far, now; for the end of the daemon.
  void flush() { group_.flush(); }

 private:
  Definitions(store::Db db, Check check, store::Group::Defer defer);

  base::Result<void> load();
  base::Result<void> import_file(const std::string& datadir);
  base::Result<void> check(const Node& node) const;
  void change(const std::string& name, std::optional<Node> node, Done done);
  void settle(const std::string& name, const std::optional<Node>& node,
              const base::Result<void>& result);

  store::Db db_;
  Check check_;
  store::Statement put_, take_;
  std::map<std::string, Node, std::less<>> nodes_;
  // What the turn's changes will have made of a name (nothing: it goes), and how many of them are
  // not told yet.
  struct Pending {
    std::optional<Node> node;
    size_t changes = 0;
  };
  std::map<std::string, Pending, std::less<>> pending_;
  Import import_;
  store::Group group_;
};

}  // namespace consoled
