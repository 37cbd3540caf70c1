#include "tools/consoled/definitions.h"

#include <array>
#include <cerrno>
#include <utility>

#include <nlohmann/json.hpp>

#include "lib/base/cat.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/select.h"
#include "lib/store/migrate.h"
#include "lib/wire/json.h"
#include "tools/consoled/node_json.h"

namespace consoled {

using base::cat;
using base::Errc;
using base::Result;
using wire::Json;

namespace {

constexpr size_t kMaxNodesFile = 256 << 20;
// A commit waits at most that long for somebody with a sqlite3 shell.
constexpr store::Db::Options kDbOptions{1000};

// The parts of a node that nobody searches by are JSON.
constexpr std::array<std::string_view, 1> kTables = {
    "CREATE TABLE node(name TEXT PRIMARY KEY, driver TEXT NOT NULL, ondemand INTEGER NOT NULL,"
    " params TEXT NOT NULL, labels TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE done(what TEXT PRIMARY KEY, time INTEGER NOT NULL) STRICT, WITHOUT ROWID"};

constexpr std::string_view kPut =
    "INSERT INTO node(name, driver, ondemand, params, labels) VALUES(?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT(name) DO UPDATE SET driver=?2, ondemand=?3, params=?4, labels=?5";
constexpr std::string_view kNameRule =
    "a name is 1 to 128 of A-Za-z0-9._-, not beginning with . or -";
constexpr std::string_view kTake = "DELETE FROM node WHERE name=?1";

// Empty where it is none: only this file writes them.
std::map<std::string, std::string> texts_of(std::string_view text) {
  std::map<std::string, std::string> out;
  const Result<Json> value = wire::parse(text);
  if (!value || !value->is_object()) return out;
  for (const auto& [key, v] : value->items()) {
    if (v.is_string()) out[key] = v.get<std::string>();
  }
  return out;
}

Result<void> put(store::Statement& statement, const Node& node) {
  statement.bind(1, node.name).bind(2, node.driver).bind(3, node.ondemand ? 1 : 0);
  statement.bind(4, wire::dump(Json(node.params))).bind(5, wire::dump(Json(node.labels)));
  return statement.run();
}

// The nodes in nodes.json, or where that cannot be read in nodes.json.bak, as goconserver does it.
// Nothing: what is there cannot be read; both missing is the same as no nodes. What the driver's
// check says about one does not matter here: its console will say so.
std::optional<std::vector<Node>> read_import(const std::string& datadir,
                                             Definitions::Import& import) {
  bool missing = true;
  for (const std::string_view name : {"/nodes.json", "/nodes.json.bak"}) {
    const std::string path = cat(datadir, name);
    const Result<std::string> text = base::read_regular(path, kMaxNodesFile);
    if (!text && text.error().sys == ENOENT) continue;
    missing = false;
    const auto all = text ? read_nodes_file(*text) : text.error();
    if (!all) {
      import.errors.push_back(text ? cat(path, ": ", all.error().what) : all.error().what);
      continue;
    }
    import.file = path;
    std::vector<Node> nodes;
    for (const ReadNode& read : *all) {
      const bool named = base::valid_name(read.label);
      if (read.node && named) nodes.push_back(*read.node);
      if (read.node && named) continue;
      import.errors.push_back(cat(path, ": ", wire::quoted_name(read.label), ": ",
                                  read.node ? kNameRule : read.node.error().what));
    }
    return nodes;
  }
  if (missing) return std::vector<Node>{};
  return {};
}

// Secrets that come back as they were shown are what they were.
Result<void> keep_secrets(Node& node, const Node* old) {
  for (auto& [name, value] : node.params) {
    if (value != kSecretShown) continue;
    const auto known = old == nullptr ? node.params.end() : old->params.find(name);
    if (old == nullptr || known == old->params.end()) {
      return base::error(Errc::bad_input, node.name, ": ", name, ": ", kSecretShown,
                         " stands for a secret, which is not known here: give the secret");
    }
    value = known->second;
  }
  return {};
}

base::Error missing(std::string_view name) {
  return base::error(Errc::not_found, "Node ", name, " is not exist");
}

}  // namespace

struct Definitions::Disk {
  store::Db db;
  store::Statement put{}, take{};
};

Result<std::unique_ptr<Definitions>> Definitions::open(const std::string& datadir, Check check,
                                                       net::Loop& loop, net::DiskJobs& jobs,
                                                       base::Duration hanging) {
  Result<store::Db> db = store::Db::open(cat(datadir, "/consoled.db"), kDbOptions);
  if (!db) return db.error();
  if (Result<void> ready = store::migrate(*db, kTables); !ready) return ready.error();
  const auto disk = std::make_shared<Disk>(Disk{std::move(*db)});
  for (auto [statement, sql] : {std::pair{&disk->put, kPut}, std::pair{&disk->take, kTake}}) {
    Result<store::Statement> prepared = disk->db.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  std::unique_ptr<Definitions> self(new Definitions(disk, std::move(check), loop, jobs, hanging));
  if (Result<void> loaded = self->load(); !loaded) return loaded.error();
  if (Result<void> taken = self->import_file(datadir); !taken) return taken.error();
  return self;
}

Definitions::Definitions(std::shared_ptr<Disk> disk, Check check, net::Loop& loop,
                         net::DiskJobs& jobs, base::Duration hanging)
    : disk_(std::move(disk)), check_(std::move(check)), jobs_(jobs), hanging_(hanging) {
  store::Group::Hooks hooks{[&loop](std::function<void()> what) { loop.defer(std::move(what)); },
                            [&jobs](std::function<void()> work, std::function<void()> done) {
                              jobs.run(std::move(work), std::move(done));
                            }};
  const std::shared_ptr<store::Db> db(disk_, &disk_->db);
  group_ = std::make_unique<store::Group>(db, std::move(hooks));
}

// Closing writes the WAL into the database: the last to hold it is the thread.
Definitions::~Definitions() {
  group_.reset();
  jobs_.run([disk = std::exchange(disk_, nullptr)] {}, [] {});
}

Result<void> Definitions::load() {
  Result<store::Statement> all =
      disk_->db.prepare("SELECT name, driver, ondemand, params, labels FROM node ORDER BY name");
  if (!all) return all.error();
  while (true) {
    const Result<bool> row = all->step();
    if (!row) return row.error();
    if (!*row) return {};
    Node node;
    node.name = all->text(0);
    node.driver = all->text(1);
    node.ondemand = all->integer(2) != 0;
    node.params = texts_of(all->text(3));
    node.labels = texts_of(all->text(4));
    nodes_.emplace_hint(nodes_.end(), node.name, std::move(node));
  }
}

// A nodes.json that cannot be read is tried again at the next start; nothing is lost by waiting.
Result<void> Definitions::import_file(const std::string& datadir) {
  Result<store::Statement> was = disk_->db.prepare("SELECT 1 FROM done WHERE what='nodes.json'");
  if (!was) return was.error();
  const Result<bool> row = was->step();
  if (!row) return row.error();
  if (*row) return {};
  const std::optional<std::vector<Node>> nodes = read_import(datadir, import_);
  if (!nodes) return {};
  if (Result<void> begun = disk_->db.begin(); !begun) return begun.error();
  // After an earlier start that could not read the file, what was defined since then is newer.
  for (const Node& node : *nodes) {
    if (find(node.name) != nullptr) continue;
    if (Result<void> done = put(disk_->put, node); !done) return done.error();
  }
  Result<void> marked =
      disk_->db.run(cat("INSERT INTO done VALUES('nodes.json',", base::wall_us() / 1'000'000, ')'));
  if (!marked) return marked.error();
  if (Result<void> done = disk_->db.commit(); !done) return done.error();
  for (const Node& node : *nodes) {
    if (nodes_.emplace(node.name, node).second) import_.nodes++;
  }
  return {};
}

const Node* Definitions::find(std::string_view name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &found->second;
}

const Node* Definitions::coming(std::string_view name) const {
  const auto found = pending_.find(name);
  if (found == pending_.end()) return find(name);
  return found->second.node ? &*found->second.node : nullptr;
}

Result<void> Definitions::check(const Node& node) const {
  if (node.name.empty()) {
    return base::error(Errc::bad_input, "Skip this record as node name is not defined");
  }
  if (!base::valid_name(node.name)) {
    return base::error(Errc::bad_input, wire::quoted_name(node.name), ": ", kNameRule);
  }
  return check_(node);
}

// A hang is logged once.
Result<void> Definitions::may_change() {
  const bool hangs = jobs_.hanging() >= hanging_;
  const bool news = hangs && !hangs_;
  hangs_ = hangs;
  if (!hangs) return {};
  base::Error error = base::error(
      Errc::io, disk_->db.path(),
      ": the disk hangs: nothing is defined or deleted until it goes on (waiting: ", waiting(),
      ')');
  if (news) base::log::error(error.what);
  return error;
}

Result<void> Definitions::create(Node node, Done done) {
  if (Result<void> may = may_change(); !may) return may.error();
  if (Result<void> good = check(node); !good) return good.error();
  if (coming(node.name) != nullptr) {
    return base::error(Errc::busy, "The node name ", node.name, " is already exist");
  }
  if (Result<void> kept = keep_secrets(node, nullptr); !kept) return kept.error();
  const std::string name = node.name;
  change(name, std::move(node), std::move(done));
  return {};
}

Result<void> Definitions::replace(Node node, Done done) {
  if (Result<void> may = may_change(); !may) return may.error();
  const Node* old = coming(node.name);
  if (old == nullptr) return missing(node.name);
  if (Result<void> kept = keep_secrets(node, old); !kept) return kept.error();
  if (Result<void> good = check(node); !good) return good.error();
  const std::string name = node.name;
  change(name, std::move(node), std::move(done));
  return {};
}

Result<void> Definitions::remove(std::string_view name, Done done) {
  if (Result<void> may = may_change(); !may) return may.error();
  if (coming(name) == nullptr) return missing(name);
  change(std::string(name), {}, std::move(done));
  return {};
}

void Definitions::change(const std::string& name, std::optional<Node> node, Done done) {
  Pending& pending = pending_[name];
  pending.node = node;
  pending.changes++;
  const auto shared = std::make_shared<const std::optional<Node>>(std::move(node));
  group_->add(
      [disk = disk_, name, shared]() -> Result<void> {
        if (*shared) return put(disk->put, **shared);
        return disk->take.bind(1, name).run();
      },
      [this, name, shared, done = std::move(done)](Result<void> result) {
        settle(name, *shared, result);
        done(std::move(result));
        if (told_) told_();
      });
}

void Definitions::settle(const std::string& name, const std::optional<Node>& node,
                         const Result<void>& result) {
  const auto pending = pending_.find(name);
  if (--pending->second.changes == 0) pending_.erase(pending);
  if (!result) return;
  if (node) {
    nodes_.insert_or_assign(name, *node);
  } else {
    nodes_.erase(name);
  }
}

}  // namespace consoled
