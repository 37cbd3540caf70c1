#include "tools/conctl/aside.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/http/target.h"
#include "lib/peer/ask.h"
#include "lib/wire/json.h"
#include "tools/conctl/attach.h"
#include "tools/conctl/names.h"

namespace conctl {

using base::Errc;
using base::Result;
using wire::Json;

namespace {
constexpr auto kPatience = std::chrono::seconds(5);
}  // namespace

Aside::Aside(Server& server, std::string control, std::string console)
    : server_(server), control_(std::move(control)), console_(std::move(console)) {}

Result<void> Aside::may_tell() const {
  if (!control_.empty()) return {};
  return base::error(Errc::usage, "not with CONGO_URL: goconserver's routes have nothing for it");
}

Result<Json> Aside::command(Json request) const {
  if (const Result<void> may = may_tell(); !may) return may.error();
  request["console"] = console_;
  return conctl::command(control_, request, base::Clock::now() + kPatience);
}

Result<void> Aside::tell(Json request) const {
  const Result<Json> done = command(std::move(request));
  return done ? Result<void>() : done.error();
}

Result<std::string> Aside::list_at(const std::string& path, const char* key,
                                   std::string_view prefix) {
  const Result<std::string> body = server_.ask("GET", path);
  if (!body) return body;
  const Result<Json> answer = wire::parse(*body);
  if (!answer) return answer.error();
  const bool inside = *key != '\0' && answer->is_object() && answer->contains(key);
  const Json& list = inside ? answer->at(key) : *answer;
  std::string out;
  for (const Json& one : list) {
    if (!one.is_string()) continue;
    out += base::cat(prefix, base::log::printable(one.get_ref<const std::string&>()), "\n");
  }
  return out;
}

Result<std::string> Aside::replay() {
  return server_.ask("GET", "/command/replay/" + http::percent_encode(console_));
}

Result<std::string> Aside::last_lines(int count) {
  return server_.ask(
      "GET", base::cat("/v1/log?console=", http::percent_encode(console_), "&lines=", count));
}

Result<std::string> Aside::who() {
  return list_at("/command/user/" + http::percent_encode(console_), "users", "User: ");
}

Result<std::string> Aside::breaks() {
  return list_at("/breaksequence", "", "");
}

// On the control socket with why and since when; else how it is defined.
Result<std::string> Aside::info() {
  if (control_.empty()) {
    const Result<std::string> body = server_.ask("GET", Server::node_path(console_));
    if (!body) return body;
    const auto node = nlohmann::ordered_json::parse(*body, nullptr, false);
    return node.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }
  const Result<Json> answer = command({{"cmd", "show"}});
  if (!answer) return answer.error();
  std::string out =
      base::cat(console_, ": ", text_of(*answer, "driver"), ", ", text_of(*answer, "state"));
  if (const auto since = answer->find("since"); since != answer->end() && since->is_number()) {
    out += " since " + base::rfc3339(static_cast<int64_t>(since->get<double>() * 1e6));
  }
  if (const std::string why = text_of(*answer, "reason"); !why.empty()) out += ", " + why;
  out += base::cat(", viewers: ", peer::number_of(*answer, "viewers").value_or(0));
  out = base::log::printable(out) + "\n";
  const auto params = answer->find("params");
  if (params == answer->end() || !params->is_object()) return out;
  for (const auto& [key, value] : params->items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    out += base::cat("  ", base::log::printable(key), " = ", base::log::printable(text), "\n");
  }
  return out;
}

Result<std::string> Aside::all() {
  const auto nodes = all_nodes(server_);
  if (!nodes) return nodes.error();
  size_t width = 0;
  for (const Json& n : *nodes) width = std::max(width, text_of(n, "name").size());
  std::string out;
  for (const Json& n : *nodes) {
    std::string name = text_of(n, "name");
    name.resize(width, ' ');
    out += base::cat(base::log::printable(name), "  ", base::log::printable(text_of(n, "state")),
                     "\n");
  }
  return out;
}

Result<void> Aside::send_break(int number) {
  Json request = {{"cmd", "break"}};
  if (number > 0) request["number"] = number;
  if (number == 0) request["sequence"] = "\\z";
  return tell(std::move(request));
}

Result<void> Aside::reconnect() {
  return tell({{"cmd", "switch"}, {"to", "retry"}});
}

Result<void> Aside::down() {
  return tell({{"cmd", "switch"}, {"to", "down"}});
}

Result<void> Aside::message(const std::string& text) {
  return tell({{"cmd", "message"}, {"text", text}});
}

Result<void> Aside::note(const std::string& text) {
  return tell({{"cmd", "note"}, {"text", text}});
}

void Aside::resize(int64_t viewer, pty::Size size) {
  if (control_.empty()) return;
  const Result<Json> done =
      command({{"cmd", "resize"}, {"viewer", viewer}, {"rows", size.rows}, {"cols", size.columns}});
  if (!done) base::log::debug("resize: ", done.error().what);
}

}  // namespace conctl
