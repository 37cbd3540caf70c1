#include "tools/consoled/front_ctl.h"

#include <nlohmann/json.hpp>

#include "lib/net/note_frames.h"
#include "lib/peer/attach.h"
#include "lib/wire/escape.h"
#include "tools/consoled/node_json.h"
#include "tools/consoled/report.h"

namespace consoled {

using base::cat;
using base::Errc;
using base::error;
using base::Result;
using peer::kMaxOffset;
using peer::kMaxSide;
using wire::Json;
using wire::Object;

ControlCommands::ControlCommands(Shared& shared, Nodes& nodes, int64_t started_us, Hooks hooks)
    : shared_(shared), nodes_(nodes), started_us_(started_us), hooks_(std::move(hooks)) {}

std::vector<peer::Command> ControlCommands::commands(const std::string& console) {
  // Commands without arguments of their own share the check that there are none.
  const auto plain = [](std::function<Answer()> run) {
    return [run = std::move(run)](peer::Peer&, Object& a) -> Answer {
      if (auto done = a.end(); !done) return done.error();
      return run();
    };
  };
  const std::string& c = console;
  std::vector<peer::Command> out = {
      {"attach", [this, c](peer::Peer& p, Object& a) { return attach(p, a, c); }},
      {"show", [this, c](peer::Peer&, Object& a) { return show(a, c); }},
      {"who", [this, c](peer::Peer&, Object& a) { return who(a, c); }},
      {"kick", [this, c](peer::Peer&, Object& a) { return kick(a, c); }},
      {"resize", [this, c](peer::Peer&, Object& a) { return resize(a, c); }},
      {"send", [this, c](peer::Peer&, Object& a) { return send(a, c); }},
      {"break", [this, c](peer::Peer& p, Object& a) { return send_break(p, a, c); }},
      {"message", [this, c](peer::Peer& p, Object& a) { return say(p, a, c, true); }},
      {"note", [this, c](peer::Peer& p, Object& a) { return say(p, a, c, false); }},
      {"switch", [this, c](peer::Peer& p, Object& a) { return switch_to(p, a, c); }},
  };
  const auto add = [&](peer::Command command) { out.push_back(std::move(command)); };
  if (!console.empty()) {
    add({"status", plain([this, c] { return job_status(c); })});
    return out;
  }
  add({"list", [this](peer::Peer&, Object& a) { return list(a); }});
  add({"create", [this](peer::Peer& p, Object& a) { return change(p, a, true); }});
  add({"update", [this](peer::Peer& p, Object& a) { return change(p, a, false); }});
  add({"delete", [this](peer::Peer& p, Object& a) { return remove(p, a); }});
  add({"status", plain([this]() -> Answer { return daemon_json(shared_, nodes_, started_us_); })});
  add({"reload", plain([this]() -> Answer { return hooks_.reload(); })});
  add({"stop", plain([this]() -> Answer {
         // Once the answer is on its way.
         shared_.loop.defer(hooks_.stop);
         return Json::object();
       })});
  return out;
}

namespace {

// What "console" says. The socket of one console speaks of no other.
Result<std::string> take_pattern(Object& a, const std::string& fallback,
                                 const std::optional<std::string>& otherwise = {}) {
  if (fallback.empty() && !otherwise) return a.need_string("console");
  std::string pattern =
      a.opt_string("console").value_or(fallback.empty() ? otherwise.value_or("") : fallback);
  if (fallback.empty() || pattern == fallback) return pattern;
  return error(Errc::denied, pattern, ": this is the socket of ", fallback,
               ": consoled.ctl is that of all consoles");
}

}  // namespace

Result<std::vector<Console*>> ControlCommands::take_some(Object& a, const std::string& fallback) {
  const Result<std::string> pattern = take_pattern(a, fallback);
  if (!a.ok()) return a.end().error();
  if (!pattern) return pattern.error();
  return nodes_.select(*pattern);
}

Result<Console*> ControlCommands::take_one(Object& a, const std::string& fallback) {
  const auto some = take_some(a, fallback);
  if (!some) return some.error();
  if (some->size() == 1) return some->front();
  return error(Errc::bad_input, "\"console\": expected one, got ", some->size());
}

ControlCommands::Answer ControlCommands::attach(peer::Peer& peer, Object& a,
                                                const std::string& fallback) {
  const Result<Console*> console = take_one(a, fallback);
  if (!console) return console.error();
  const Result<peer::Attach> asked = peer::take_attach(a);
  if (!asked) return asked.error();
  if (auto may = (*console)->may_attach(); !may) return may.error();
  const peer::Seen seen = (*console)->seen();
  const peer::Start start = start_of(*asked, seen);
  Admission admission;
  admission.visitor = {"control", "", peer.who(), ""};
  admission.readonly = asked->readonly;
  admission.rule = asked->raw ? Admission::Rule::raw : Admission::Rule::lines;
  admission.from = start.offset;
  if (asked->frames) admission.framing = &net::kFrames;
  if (asked->window && !admission.readonly) {
    (*console)->resize({asked->window->rows, asked->window->columns});
  }
  Json answer = attach_answer((*console)->next_viewer(), seen, start);
  answer["console"] = (*console)->name();
  answer["state"] = state_name((*console)->status().state);
  peer.hand_over(
      [c = *console, admission](base::Fd fd, std::string unsent, std::string rest) mutable {
        admission.prefix = std::move(unsent);
        admission.first_input = std::move(rest);
        c->attach(std::move(fd), admission);
      });
  return answer;
}

ControlCommands::Answer ControlCommands::list(Object& a) {
  const std::string pattern = a.opt_string("console").value_or("*");
  if (auto done = a.end(); !done) return done.error();
  Json list = Json::array();
  if (pattern == "*") {
    for (const auto& [name, console] : nodes_.consoles().all())
      list.push_back(console_json(console));
    return Json{{"consoles", std::move(list)}};
  }
  const auto some = nodes_.select(pattern);
  if (!some) return some.error();
  for (const Console* c : *some) list.push_back(console_json(*c));
  return Json{{"consoles", std::move(list)}};
}

ControlCommands::Answer ControlCommands::show(Object& a, const std::string& fallback) {
  const Result<Console*> console = take_one(a, fallback);
  if (!console) return console.error();
  if (auto done = a.end(); !done) return done.error();
  return console_details(**console);
}

// As a ptybufferd's, for ptyattach and those who ask either.
ControlCommands::Answer ControlCommands::job_status(const std::string& name) {
  const Console* console = nodes_.find(name);
  if (console == nullptr) return error(Errc::not_found, name, ": no such console");
  Json j = console_details(*console);
  j["name"] = name;
  j["command"] = target_text(console->node());
  return j;
}

ControlCommands::Answer ControlCommands::who(Object& a, const std::string& fallback) {
  const Result<std::string> pattern = take_pattern(a, fallback, "*");
  if (auto done = a.end(); !done) return done.error();
  if (!pattern) return pattern.error();
  Json list = Json::array();
  const auto add = [&](const Console& c) {
    for (const auto& [number, viewer] : c.viewers()) list.push_back(viewer_json(c, viewer));
  };
  if (*pattern == "*") {
    for (const auto& [name, console] : nodes_.consoles().all()) add(console);
  } else {
    const auto some = nodes_.select(*pattern);
    if (!some) return some.error();
    for (const Console* c : *some) add(*c);
  }
  return Json{{"viewers", std::move(list)}};
}

// The numbers are the daemon's: without a console it is found by its number alone.
ControlCommands::Answer ControlCommands::kick(Object& a, const std::string& fallback) {
  const int64_t number = a.need_int("viewer", 1, kMaxOffset);
  const Result<std::string> pattern = take_pattern(a, fallback, "*");
  if (auto done = a.end(); !done) return done.error();
  if (!pattern) return pattern.error();
  const auto some = nodes_.select(*pattern);
  if (!some) return some.error();
  for (Console* c : *some) {
    if (c->kick(static_cast<uint64_t>(number))) return Json{{"console", c->name()}};
  }
  return error(Errc::not_found, "kick: ", *pattern == "*" ? "" : cat(*pattern, ": "), "no viewer ",
               number, ": \"who\" lists them");
}

ControlCommands::Answer ControlCommands::resize(Object& a, const std::string& fallback) {
  const int64_t rows = a.need_int("rows", 1, kMaxSide);
  const int64_t columns = a.need_int("cols", 1, kMaxSide);
  const auto viewer = a.opt_int("viewer", 1, kMaxOffset);
  const Result<Console*> console = take_one(a, fallback);
  if (!console) return console.error();
  if (auto done = a.end(); !done) return done.error();
  if (viewer) {
    const auto& all = (*console)->viewers();
    const auto at = all.find(static_cast<uint64_t>(*viewer));
    if (at == all.end()) return error(Errc::not_found, "resize: no viewer ", *viewer);
    if (at->second.readonly())
      return error(Errc::denied, "resize: viewer ", *viewer, " only looks");
  }
  (*console)->resize({static_cast<uint16_t>(rows), static_cast<uint16_t>(columns)});
  return Json{{"rows", rows}, {"cols", columns}};
}

namespace {

constexpr size_t kMostSaid = 350;  // bytes of a message or a note; the journal keeps 400

// One answer for several consoles: those where it was done, and why not elsewhere. An error where
// it was done nowhere.
Result<Json> for_each(const std::vector<Console*>& consoles,
                      const std::function<Result<void>(Console&)>& act) {
  Json done = Json::array(), failed = Json::object();
  std::optional<base::Error> last;
  for (Console* c : consoles) {
    if (Result<void> r = act(*c); r) {
      done.push_back(c->name());
    } else {
      failed[c->name()] = r.error().what;
      last = r.error();
    }
  }
  if (done.empty() && last) return *last;
  Json out = {{"consoles", std::move(done)}};
  if (!failed.empty()) out["failed"] = std::move(failed);
  return out;
}

}  // namespace

ControlCommands::Answer ControlCommands::send(Object& a, const std::string& fallback) {
  const auto some = take_some(a, fallback);
  if (!some) return some.error();
  const auto text = a.opt_string("text");
  const auto base64 = a.opt_string("base64");
  if (text.has_value() == base64.has_value()) {
    return error(Errc::bad_input, R"(send: expected one of "text" and "base64")");
  }
  if (auto done = a.end(); !done) return done.error();
  std::string bytes = text.value_or("");
  if (base64) {
    Result<std::string> decoded = wire::base64_decode(*base64);
    if (!decoded) return in("send: \"base64\"", decoded.error());
    bytes = std::move(*decoded);
  }
  return for_each(*some, [&](Console& c) { return c.send(bytes); });
}

ControlCommands::Answer ControlCommands::send_break(peer::Peer& peer, Object& a,
                                                    const std::string& fallback) {
  const auto some = take_some(a, fallback);
  if (!some) return some.error();
  const auto number = a.opt_int("number", 1, 9);
  const auto sequence = a.opt_string("sequence");
  if (auto done = a.end(); !done) return done.error();
  const std::string by = text(peer.who());
  return for_each(*some, [&](Console& c) {
    if (number) return c.send_break(static_cast<int>(*number), by);
    return c.send_break(sequence.value_or("\\z"), by);
  });
}

// A line to those who look, or into the journal.
ControlCommands::Answer ControlCommands::say(peer::Peer& peer, Object& a,
                                             const std::string& fallback, bool to_viewers) {
  const auto some = take_some(a, fallback);
  if (!some) return some.error();
  const std::string text = a.need_string("text");
  if (a.ok() && (text.empty() || text.size() > kMostSaid)) a.wrong("text", "1 to 350 bytes");
  if (auto done = a.end(); !done) return done.error();
  const std::string by = peer::text(peer.who());
  return for_each(*some, [&](Console& c) -> Result<void> {
    if (!to_viewers) return c.remark(text, by);
    c.message(text, by);
    return {};
  });
}

namespace {

// Answers when the change is on the disk, or is not and will not be.
Nodes::Done when_stored(peer::Peer& peer) {
  return [answer = peer.later()](const Result<void>& stored) {
    answer(stored ? Result<Json>(Json::object()) : stored.error());
  };
}

}  // namespace

ControlCommands::Answer ControlCommands::change(peer::Peer& peer, Object& a, bool create) {
  const Json* given = a.opt_object("node");
  if (given == nullptr && a.ok()) a.wrong("node", "an object");
  if (auto done = a.end(); !done) return done.error();
  Result<Node> node = read_node(*given);
  if (!node) return node.error();
  const Result<void> taken = create ? nodes_.create(std::move(*node), when_stored(peer))
                                    : nodes_.replace(std::move(*node), when_stored(peer));
  if (!taken) return taken.error();
  return Json();
}

ControlCommands::Answer ControlCommands::remove(peer::Peer& peer, Object& a) {
  const std::string name = a.need_string("console");
  if (auto done = a.end(); !done) return done.error();
  const Result<void> taken = nodes_.remove(name, when_stored(peer));
  if (!taken) return taken.error();
  return Json();
}

namespace {
Result<void> retry(Console& c) {
  if (c.status().state == State::idle && !c.is_down()) {
    return error(Errc::closed, c.name(), ": is switched off, or on demand and nobody looks: \"",
                 "conctl logging ", c.name(), " on\" connects it");
  }
  c.reconnect();
  return {};
}
}  // namespace

ControlCommands::Answer ControlCommands::switch_to(peer::Peer& peer, Object& a,
                                                   const std::string& fallback) {
  const auto some = take_some(a, fallback);
  if (!some) return some.error();
  const std::string to = a.need_string("to");
  if (a.ok() && to != "on" && to != "off" && to != "down" && to != "retry") {
    a.wrong("to", "one of on, off, down, retry");
  }
  if (auto done = a.end(); !done) return done.error();
  return for_each(*some, [&](Console& c) -> Result<void> {
    if (to == "retry") return retry(c);
    if (to == "on") c.switch_on();
    if (to == "off") c.switch_off();
    if (to == "down") c.take_down(peer::text(peer.who()));
    return {};
  });
}

}  // namespace consoled
