#include "lib/peer/server.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "lib/base/log.h"
#include "lib/base/version.h"

namespace peer {

using base::Errc;
using base::Fd;
using base::Result;
using wire::Json;

namespace {
std::vector<Command> with_common(std::vector<Command> commands) {
  commands.push_back({"hold", [](Peer& p, wire::Object& arguments) -> Result<Json> {
                        if (auto done = arguments.end(); !done) return done.error();
                        p.hold();
                        return Json::object();
                      }});
  commands.push_back({"events", [](Peer& p, wire::Object& arguments) -> Result<Json> {
                        if (auto done = arguments.end(); !done) return done.error();
                        p.subscribe();
                        return Json::object();
                      }});
  commands.push_back(
      {"version", [](Peer&, wire::Object& arguments) -> Result<Json> {
         if (auto done = arguments.end(); !done) return done.error();
         return Json{{"program", base::log::program()}, {"version", base::version()}};
       }});
  return commands;
}
}  // namespace

Server::Server(net::Loop& loop, Fd socket, std::string remove, std::vector<Command> commands,
               Options options)
    : loop_(loop),
      commands_(with_common(std::move(commands))),
      options_(options),
      listener_(loop, std::move(socket), std::move(remove),
                [this](Fd fd) { accept(std::move(fd)); }) {}

bool Server::allowed(const Who& who) const {
  if (!options_.any_uid && !is_ours(who)) {
    base::log::warn("control: refused ", text(who));
    return false;
  }
  return true;
}

bool Server::full(const Who& who) {
  const auto same = std::count_if(peers_.begin(), peers_.end(),
                                  [&](const Peer& p) { return p.who().uid == who.uid; });
  const bool full = static_cast<size_t>(same) >= options_.per_uid;
  if (full && !full_told_) base::log::warn("control: refused ", text(who), ": ", too_many());
  full_told_ = full;
  return full;
}

std::string Server::too_many() const {
  return base::cat(options_.per_uid, " connections of this user are open");
}

void Server::accept(Fd fd) {
  const Who who = who_of(fd.get());
  if (!allowed(who)) return;
  if (full(who)) {
    const Json why = {{"code", code_name(Errc::busy)}, {"message", too_many()}};
    return net::turn_away(fd.get(), wire::dump({{"error", why}}) + "\n");
  }
  const auto at =
      peers_.emplace(peers_.end(), loop_, std::move(fd),
                     [this](Peer& p, const Json& request, const wire::Item& item,
                            wire::Note& wrong) { return dispatch(p, request, item, wrong); });
  at->on_gone([this, at, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) peers_.erase(at);
  });
}

Json Server::help() const {
  Json names = Json::array();
  for (const Command& c : commands_) names.push_back(c.name);
  return {{"commands", std::move(names)}};
}

Result<Json> Server::dispatch(Peer& peer, const Json& request, const wire::Item& item,
                              wire::Note& wrong) {
  const auto cmd = request.find("cmd");
  const std::string name = cmd != request.end() && cmd->is_string() ? cmd->get<std::string>() : "";
  wire::Object arguments(request, name.empty() ? "command" : name,
                         item.kind == wire::Item::Kind::word ? nullptr : &item);
  if (arguments.need_string("cmd").empty()) arguments.wrong("cmd", "the name of a command");
  static_cast<void>(arguments.opt_any("ref"));
  const auto command = std::find_if(commands_.begin(), commands_.end(),
                                    [&](const Command& c) { return c.name == name; });
  Result<Json> result = base::error(Errc::not_found, "no such command: ", wire::quoted_name(name),
                                    ": \"help\" lists them");
  if (!arguments.ok()) {
    result = arguments.end().error();
  } else if (name == "help") {
    result = help();
  } else if (command != commands_.end()) {
    result = command->run(peer, arguments);
  }
  if (!result && arguments.note()) wrong = *arguments.note();
  return result;
}

void Server::publish(std::string_view name, Json fields) {
  if (subscribers() == 0) return;
  fields["time"] = static_cast<double>(base::wall_us()) / 1e6;
  for (Peer& p : peers_) {
    if (p.subscribed()) p.event(name, fields);
  }
}

size_t Server::subscribers() const {
  return static_cast<size_t>(
      std::count_if(peers_.begin(), peers_.end(), [](const Peer& p) { return p.subscribed(); }));
}

}  // namespace peer
