#include "tools/conlog/play.h"

#include <poll.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/args.h"
#include "lib/base/cat.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/select.h"
#include "lib/journal/chain.h"
#include "lib/journal/reader.h"
#include "lib/wire/console_record.h"
#include "tools/conlog/show.h"

namespace conlog {

using base::Errc;
using base::Result;
using journal::Item;
using journal::Reader;

namespace {
constexpr int kLookMs = 100;  // how often followed journals are looked at

std::vector<std::string> names_or_die(const Options& options) {
  Result<std::vector<std::string>> names = journal::list_journals(options.dir);
  if (names) return std::move(*names);
  base::Error e = names.error();
  if (e.code == Errc::not_found) e.what += ": where are the journals? --dir or CONLOG_DIR says";
  base::die(e);
}

// One journal that is read and shown.
struct Playing {
  Playing(const Options& options, std::string node, bool prefix, Output& out, Reader r)
      : reader(std::move(r)), show(options, std::move(node), prefix, out) {}
  Reader reader;
  Show show;
  bool over = false;
};

Result<std::unique_ptr<Playing>> begin(const Options& o, const std::string& node, bool prefix,
                                       Output& out) {
  Result<Reader> reader = Reader::open(base::cat(o.dir, '/', node, ".log"));
  if (!reader) return reader.error();
  const bool last_lines = o.lines && !o.wanted && !o.since;
  const Result<void> gone = o.since      ? reader->since(*o.since)
                            : last_lines ? reader->last_lines(*o.lines)
                                         : Result<void>();
  if (!gone) return gone.error();
  return std::make_unique<Playing>(o, node, prefix, out, std::move(*reader));
}

// All there is until now.
Result<void> read_on(Playing& p) {
  while (!p.over) {
    Result<std::optional<Item>> item = p.reader.next();
    if (!item) return item.error();
    if (!*item) break;
    p.over = !p.show.take(**item, p.reader.epoch());
  }
  return {};
}

// The names that were meant; an unknown one is told on stderr, and an empty list returned.
std::vector<std::string> chosen(const Options& options) {
  std::vector<base::Candidate> all;
  for (std::string& name : names_or_die(options)) all.push_back({std::move(name), {}, {}});
  Result<std::vector<std::string>> names = base::select(options.nodes, all);
  if (names) return std::move(*names);
  base::Error e = base::in(options.dir, names.error());
  if (e.code != Errc::not_found) {
    e.code = Errc::usage;
    base::die(e);
  }
  base::log::error(e.what);
  return {};
}

int status_of(const Output& out, bool trouble) {
  if (trouble || out.failed()) return base::kExitSystem;
  return out.any() ? base::kExitOk : base::kExitNo;
}

bool told(const std::string& node, const Result<void>& r) {
  if (!r) base::log::error(node, ": ", r.error().what);
  return !r;
}

int follow(const std::vector<std::unique_ptr<Playing>>& all, const Options& o, Output& out,
           bool trouble) {
  for (;;) {
    size_t open = 0;
    for (const auto& p : all) {
      if (p->over) continue;
      if (told("conlog", read_on(*p))) p->over = trouble = true;
      p->show.caught_up();
      if (!p->over) open++;
    }
    if (const Result<void> written = out.flush(); !written) base::die(written.error());
    if (open == 0 || (o.until && base::wall_us() > *o.until)) break;
    pollfd gone{STDOUT_FILENO, 0, 0};  // who reads us no more ends us, though nothing comes
    if (::poll(&gone, 1, kLookMs) > 0 && (gone.revents & (POLLERR | POLLHUP)) != 0) break;
  }
  for (const auto& p : all) p->show.finish();
  return out.flush() ? status_of(out, trouble) : base::kExitSystem;
}
}  // namespace

int play(const Options& options) {
  const std::vector<std::string> nodes = chosen(options);
  if (nodes.empty()) return base::kExitNo;
  if (options.form == Form::asciicast && nodes.size() > 1) {
    base::die(base::error(Errc::usage, "--asciicast: of one node, and ", options.nodes, " is ",
                          nodes.size()));
  }
  Output out;
  bool trouble = false;
  std::vector<std::unique_ptr<Playing>> all;
  for (const std::string& node : nodes) {
    Result<std::unique_ptr<Playing>> p = begin(options, node, nodes.size() > 1, out);
    if (!p) {
      trouble = true;
      base::log::error(p.error().what);
      continue;
    }
    if (options.follow) {
      all.push_back(std::move(*p));
      continue;
    }
    if (told(node, read_on(**p))) trouble = true;
    (*p)->show.finish();
  }
  if (options.follow && !all.empty()) return follow(all, options, out, trouble);
  if (const Result<void> written = out.flush(); !written) base::die(written.error());
  return status_of(out, trouble);
}

int list(const Options& options) {
  std::string out;
  for (const std::string& name : names_or_die(options)) {
    if (options.form == Form::json) {
      out += "{\"node\":";
      wire::append_go_string(name, out);
      out += "}\n";
    } else {
      out += name + "\n";
    }
  }
  const Result<void> written = base::write_all(STDOUT_FILENO, out);
  if (!written) base::die(written.error());
  return out.empty() ? base::kExitNo : base::kExitOk;
}

}  // namespace conlog
