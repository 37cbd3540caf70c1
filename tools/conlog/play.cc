#include "tools/conlog/play.h"

#include <poll.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "lib/base/args.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/select.h"
#include "lib/journal/chain.h"
#include "lib/journal/play.h"
#include "lib/wire/console_record.h"

namespace conlog {

using base::Errc;
using base::Result;
using journal::Play;

namespace {
constexpr size_t kPiece = size_t{1} << 20;
constexpr int kLookMs = 100;  // how often followed journals are looked at

std::vector<std::string> names_or_die(const Options& options) {
  Result<std::vector<std::string>> names = journal::list_journals(options.dir);
  if (names) return std::move(*names);
  base::Error e = names.error();
  if (e.code == Errc::not_found) e.what += ": where are the journals? --dir or CONLOG_DIR says";
  base::die(e);
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

// What was made so far, on stdout; whether there was trouble. A reader that went ends the process
// (SIGPIPE).
bool show(Play& play) {
  if (const Result<void> written = base::write_all(STDOUT_FILENO, play.output().text); !written) {
    base::die(written.error());
  }
  play.output().text.clear();
  const std::vector<Play::Trouble> trouble = play.take_trouble();
  for (const Play::Trouble& t : trouble) base::log::error(t.node, ": ", t.error.what);
  return !trouble.empty();
}
}  // namespace

int play(const Options& options) {
  std::vector<std::string> nodes = chosen(options);
  if (nodes.empty()) return base::kExitNo;
  if (options.asked.form == journal::Form::asciicast && nodes.size() > 1) {
    base::die(base::error(Errc::usage, "--asciicast: of one node, and ", options.nodes, " is ",
                          nodes.size()));
  }
  const auto play = Play::make(options.asked, options.dir, std::move(nodes));
  if (!play) base::die(play.error());
  bool trouble = false;
  for (;;) {
    const Play::Now now = (*play)->step(kPiece);
    trouble = show(**play) || trouble;
    if (now == Play::Now::over) break;
    if (now == Play::Now::more) continue;
    pollfd gone{STDOUT_FILENO, 0, 0};  // who reads us no more ends us, though nothing comes
    if (::poll(&gone, 1, kLookMs) > 0 && (gone.revents & (POLLERR | POLLHUP)) != 0) break;
  }
  if (trouble) return base::kExitSystem;
  return (*play)->output().any ? base::kExitOk : base::kExitNo;
}

int list(const Options& options) {
  std::string out;
  for (const std::string& name : names_or_die(options)) {
    if (options.asked.form == journal::Form::json) {
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
