// Definitions: the nodes that there are, in DATADIR/consoled.db (SQLite, 0600). Read once, at the
// start; what is asked later is answered from memory.
//
// A change is checked at once, put on the disk by a thread together with what else came meanwhile
// (one fsync), and told to its caller then: until then nobody else sees it. It costs the same
// whether there are ten nodes or ten thousand. While the disk hangs the changes that it holds up
// wait for it; when it has hung for a while, further ones are refused. Used on the loop;
// blocks in open() alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/disk_jobs.h"
#include "lib/store/group.h"
#include "tools/consoled/drivers.h"
#include "tools/consoled/node.h"

namespace consoled {

class Definitions {
 public:
  // Who has waited that long for the disk may go on waiting; nobody else need begin.
  static constexpr base::Duration kHanging = std::chrono::seconds(5);

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
  // is in nodes.json, or nodes.json.bak. `disk`: for nothing else, and outlives this; its end waits
  // for the changes that were asked for.
  static base::Result<std::unique_ptr<Definitions>> open(const std::string& datadir, Check check,
                                                         net::Loop& loop, net::DiskJobs& disk,
                                                         base::Duration hanging = kHanging);
  // The database is closed on the thread.
  ~Definitions();
  Definitions(const Definitions&) = delete;
  Definitions& operator=(const Definitions&) = delete;

  const std::map<std::string, Node, std::less<>>& all() const { return nodes_; }
  // Null: there is none.
  const Node* find(std::string_view name) const;
  // Whether a change of it was asked for that is not told yet: what one sees is not what will be.
  bool changing(std::string_view name) const { return pending_.contains(name); }
  // How many of these there are in all.
  size_t waiting() const { return group_->waiting(); }
  // Called after each change that was told; the place to ask waiting().
  void on_told(std::function<void()> told) { told_ = std::move(told); }
  const Import& import() const { return import_; }

  // The errors of the call itself have goconserver's words; then `done` is not called.
  //   bad_input "Skip this record as node name is not defined", "Driver not exist", ... (400)
  //   busy      "The node name NAME is already exist" (409)
  //   not_found "Node NAME is not exist"
  //   io        the disk hangs (500)
  base::Result<void> create(Node node, Done done);
  base::Result<void> replace(Node node, Done done);  // kSecretShown keeps what was there
  base::Result<void> remove(std::string_view name, Done done);

 private:
  // What the thread uses.
  struct Disk;
  Definitions(std::shared_ptr<Disk> disk, Check check, net::Loop& loop, net::DiskJobs& jobs,
              base::Duration hanging);

  base::Result<void> load();
  base::Result<void> import_file(const std::string& datadir);
  base::Result<void> check(const Node& node) const;
  base::Result<void> may_change();
  const Node* coming(std::string_view name) const;
  void change(const std::string& name, std::optional<Node> node, Done done);
  void settle(const std::string& name, const std::optional<Node>& node,
              const base::Result<void>& result);

  std::shared_ptr<Disk> disk_;
  Check check_;
  net::DiskJobs& jobs_;
  base::Duration hanging_;
  std::map<std::string, Node, std::less<>> nodes_;
  // What the changes that are not told yet will have made of a name (nothing: it goes), and how
  // many they are.
  struct Pending {
    std::optional<Node> node;
    size_t changes = 0;
  };
  std::map<std::string, Pending, std::less<>> pending_;
  Import import_;
  std::function<void()> told_;
  bool hangs_ = false;  // as it was logged
  std::unique_ptr<store::Group> group_;
};

}  // namespace consoled
