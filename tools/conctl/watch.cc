// The commands that ask the control socket: status, who, kick, send, tell, note, break, down,
// reconnect; the first two may ask the routes of a server that is reached over TCP.
#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "lib/base/log.h"
#include "lib/http/target.h"
#include "lib/peer/ask.h"
#include "lib/wire/escape.h"
#include "lib/wire/json.h"
#include "tools/conctl/attach.h"
#include "tools/conctl/commands.h"
#include "tools/conctl/names.h"
#include "tools/conctl/say.h"

namespace conctl {

using base::Errc;
using base::Result;
using wire::Json;

namespace {

// The consoles that operands name, as one pattern; "*" for none.
std::string pattern_of(const std::vector<std::string>& operands) {
  std::string out;
  for (const std::string& word : operands) out += (out.empty() ? "" : ",") + word;
  return out.empty() ? "*" : out;
}

Result<Json> ask_control(const Options& options, const Json& request) {
  const Result<std::string> control = Server(options).control_socket();
  if (!control) return control.error();
  return command(*control, request, base::Clock::now() + options.patience);
}

// From 1 to `most`, out of the command line.
Result<int64_t> number_in(const std::string& word, std::string_view what, int64_t most) {
  const Result<int64_t> number = base::parse_number(word, 1, most);
  if (number) return number;
  return base::error(Errc::usage, what, ": ", number.error().what);
}

std::string since_text(const Json& row, const char* key) {
  const auto at = row.find(key);
  if (at == row.end() || !at->is_number()) return "-";
  return base::rfc3339(static_cast<int64_t>(at->get<double>() * 1e6));
}

std::string column(std::string text, size_t width) {
  text = base::log::printable(text);
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

using Rows = std::vector<Json>;

// The elements of a list in the answer to a command.
Result<Rows> rows_of(const Options& options, const Json& request, const char* key) {
  const Result<Json> answer = ask_control(options, request);
  if (!answer) return answer.error();
  const auto rows = answer->find(key);
  if (rows != answer->end() && rows->is_array()) return Rows(rows->begin(), rows->end());
  return base::error(Errc::bad_input, "an answer without ", key);
}

// As JSON lines, or through `line`.
int show_list(const Options& options, const Result<Rows>& rows,
              std::string (*line)(const Json& row)) {
  if (!rows) return complain(options, rows.error());
  for (const Json& row : *rows) {
    if (options.json) {
      out_json(row);
    } else {
      out_line(line(row));
    }
  }
  return base::kExitOk;
}

std::string status_line(const Json& row) {
  std::string reason = text_of(row, "reason");
  const std::string next = row.contains("next") ? since_text(row, "next") : "";
  if (!next.empty()) reason += base::cat(reason.empty() ? "" : "; ", "next attempt ", next);
  return base::cat(column(text_of(row, "console"), 20), " ",
                   column(peer::text_of(row, "driver", "-"), 9), " ",
                   column(text_of(row, "state"), 10), " ",
                   since_text(row, row.contains("down") ? "down" : "since"),
                   reason.empty() ? "" : base::cat("  ", base::log::printable(reason)));
}

std::string viewer_line(const Json& row) {
  const auto number = peer::number_of(row, "viewer");
  const auto readonly = row.find("readonly");
  const bool looks = readonly != row.end() && readonly->is_boolean() && readonly->get<bool>();
  return base::cat(column(text_of(row, "console"), 20), " ",
                   column(number ? std::to_string(*number) : "-", 6), " ", since_text(row, "since"),
                   "  ", base::log::printable(text_of(row, "who")), looks ? " (read-only)" : "");
}

std::string param_line(const Json& row) {
  const auto required = row.find("required");
  const bool must = required != row.end() && required->is_boolean() && required->get<bool>();
  return base::cat(column(text_of(row, "driver"), 9), " ", column(text_of(row, "param"), 20), " ",
                   base::log::printable(text_of(row, "help")), must ? " (required)" : "");
}

// What the routes know of each console: of a consoled what the control socket would say, of a
// goconserver the state alone.
Result<Rows> states_by_rest(const Options& options, const std::vector<std::string>& patterns) {
  Server server(options);
  const Result<Rows> nodes = nodes_of(server, patterns);
  if (!nodes) return nodes;
  std::map<std::string, Json> known;
  const auto consoles = get_list(server, "/v1/consoles", "consoles");
  if (!consoles && !no_such_route(consoles.error())) return consoles.error();
  for (const Json& c : consoles ? *consoles : Rows{}) known[text_of(c, "console")] = c;
  Rows out;
  for (const Json& node : *nodes) {
    const auto at = known.find(text_of(node, "name"));
    const Json plain = {{"console", text_of(node, "name")}, {"state", text_of(node, "state")}};
    out.push_back(at != known.end() ? at->second : plain);
  }
  return out;
}

// A goconserver tells addresses alone, console by console.
Result<Rows> viewers_by_rest(const Options& options, const std::vector<std::string>& patterns) {
  Server server(options);
  const auto names = names_of(server, patterns);
  if (!names) return names.error();
  Rows out;
  const auto viewers = get_list(server, "/v1/viewers", "viewers");
  if (!viewers && !no_such_route(viewers.error())) return viewers.error();
  for (const Json& v : viewers ? *viewers : Rows{}) {
    const bool meant =
        std::find(names->begin(), names->end(), text_of(v, "console")) != names->end();
    if (meant) out.push_back(v);
  }
  if (viewers) return out;
  for (const std::string& name : *names) {
    const auto users = get_list(server, "/command/user/" + http::percent_encode(name), "users");
    if (!users) return base::in(name, users.error());
    for (const Json& user : *users) out.push_back({{"console", name}, {"who", user}});
  }
  return out;
}

// An answer that was given for several consoles.
int show_done(const Options& options, const Result<Json>& answer, std::string_view done) {
  if (!answer) return complain(options, answer.error());
  if (options.json) out_json(*answer);
  const auto all = answer->find("consoles");
  if (all != answer->end() && all->is_array() && !options.json) {
    for (const Json& name : *all) {
      if (name.is_string()) out_line(base::cat(name.get_ref<const std::string&>(), ": ", done));
    }
  }
  const auto failed = answer->find("failed");
  if (failed == answer->end() || !failed->is_object()) return base::kExitOk;
  for (const auto& [name, why] : failed->items()) {
    if (options.json) break;  // it was in the answer
    base::log::error(name, ": ", why.is_string() ? why.get<std::string>() : "failed");
  }
  return base::kExitNo;
}

}  // namespace

int status(const Options& options, const base::Args& args) {
  if (!options.url.empty()) {
    return show_list(options, states_by_rest(options, args.operands()), status_line);
  }
  const Json request = {{"cmd", "list"}, {"console", pattern_of(args.operands())}};
  return show_list(options, rows_of(options, request, "consoles"), status_line);
}

int drivers(const Options& options, const base::Args& args) {
  Server server(options);
  Result<Rows> params = get_list(server, "/v1/drivers", "params");
  if (!params) return complain(options, params.error());
  if (!args.operands().empty()) {
    const std::string& driver = args.operands()[0];
    std::erase_if(*params, [&](const Json& row) { return text_of(row, "driver") != driver; });
    if (params->empty()) {
      return complain(options, base::error(Errc::not_found, driver, ": no such driver"));
    }
  }
  return show_list(options, params, param_line);
}

int who(const Options& options, const base::Args& args) {
  if (!options.url.empty()) {
    return show_list(options, viewers_by_rest(options, args.operands()), viewer_line);
  }
  const Json request = {{"cmd", "who"}, {"console", pattern_of(args.operands())}};
  return show_list(options, rows_of(options, request, "viewers"), viewer_line);
}

int kick(const Options& options, const base::Args& args) {
  const Result<int64_t> number = number_in(args.operands()[1], "viewer", int64_t{1} << 53);
  if (!number) return complain(options, number.error());
  const Result<Json> answer =
      ask_control(options, {{"cmd", "kick"}, {"console", args.operands()[0]}, {"viewer", *number}});
  if (!answer) return complain(options, answer.error());
  options.json ? out_json(*answer) : out_line(text_of(*answer, "console") + ": kicked");
  return base::kExitOk;
}

namespace {
// The words behind the first, as one line.
std::string line_of(const base::Args& args) {
  std::string text;
  for (size_t i = 1; i < args.operands().size(); i++) {
    text += (i > 1 ? " " : "") + args.operands()[i];
  }
  return text;
}
}  // namespace

int send(const Options& options, const base::Args& args) {
  std::string text = line_of(args);
  if (!args.has("no-newline")) text += '\r';
  wire::Encoded keys = wire::text_or_base64(text);
  const Json request = {{"cmd", "send"},
                        {"console", args.operands()[0]},
                        {keys.base64 ? "base64" : "text", std::move(keys.value)}};
  return show_done(options, ask_control(options, request), "sent");
}

int send_break(const Options& options, const base::Args& args) {
  Json request = {{"cmd", "break"}, {"console", args.operands()[0]}};
  if (args.operands().size() > 1) {
    const Result<int64_t> number = number_in(args.operands()[1], "break sequence", 9);
    if (!number) return complain(options, number.error());
    request["number"] = *number;
  }
  return show_done(options, ask_control(options, request), "break sent");
}

int reconnect(const Options& options, const base::Args& args) {
  const Json request = {
      {"cmd", "switch"}, {"console", pattern_of(args.operands())}, {"to", "retry"}};
  return show_done(options, ask_control(options, request), "connecting");
}

int down(const Options& options, const base::Args& args) {
  const Json request = {
      {"cmd", "switch"}, {"console", pattern_of(args.operands())}, {"to", "down"}};
  return show_done(options, ask_control(options, request), "down");
}

int tell_viewers(const Options& options, const base::Args& args) {
  const Json request = {
      {"cmd", "message"}, {"console", args.operands()[0]}, {"text", line_of(args)}};
  return show_done(options, ask_control(options, request), "told");
}

int note(const Options& options, const base::Args& args) {
  const Json request = {{"cmd", "note"}, {"console", args.operands()[0]}, {"text", line_of(args)}};
  return show_done(options, ask_control(options, request), "noted");
}

}  // namespace conctl
