#include "tools/ptyattach/attach.h"

#include <poll.h>
#include <sys/socket.h>

#include <nlohmann/json.hpp>

#include "lib/base/log.h"
#include "lib/net/address.h"
#include "lib/net/dialler.h"
#include "lib/peer/ask.h"
#include "lib/peer/control_name.h"

namespace ptyattach {

using base::Errc;
using base::Result;
using wire::Json;

namespace {

constexpr auto kPatience = std::chrono::seconds(10);
constexpr auto kShortPatience = std::chrono::seconds(1);
constexpr int kLookAgainMs = 10;

Result<base::Fd> connect_to(const std::string& name) {
  const bool tcp =
      name[0] != '@' && name.find('/') == std::string::npos && name.find(':') != std::string::npos;
  const Result<net::Address> address = tcp ? net::tcp_address(name) : net::unix_address(name);
  if (!address) return address.error();
  return net::dial(*address, base::Clock::now() + kPatience);
}

base::Error explain(const Found& job, const base::Error& e) {
  base::Error out = e;
  if (e.sys == ECONNREFUSED) out.what += ": the job is dead; ptybufferd -f takes its place";
  if (e.sys == ENOENT) out.what += ": \"ptyattach\" lists what runs";
  if (e.sys == EACCES) out.what += ": it belongs to another user";
  if (e.code == Errc::timeout) out.what += ": it hangs or is stopped; look with \"ptyattach -j\"";
  return job.name == job.socket ? out : in(job.name, out);
}

// Without control socket: ptybuffer's own, a TCP one, or socat's.
Result<Attached> attach_plain(const Found& job, bool readonly, bool place) {
  Result<base::Fd> plain = connect_to(job.socket);
  if (!plain) return explain(job, plain.error());
  const char* what = readonly ? "enforce --readonly" : place ? "begin at a place" : nullptr;
  if (what != nullptr) {
    return base::error(Errc::denied, job.socket, ": has no control socket, so nothing could ",
                       what);
  }
  Attached a;
  a.stream = std::move(*plain);
  return a;
}

// What was asked for, and is not to be had.
void say_missing(const Found& job, const peer::Place& asked, const peer::Joined& joined) {
  if (joined.at.epoch != asked.epoch) {
    base::log::warn(job.name, ": ", text(asked), " is of an earlier start: this begins anew");
  } else if (joined.skipped > 0) {
    base::log::warn(job.name, ": ", joined.skipped, " bytes after ", text(asked), " are gone");
  } else if (joined.at.offset + joined.again >= asked.offset) {
    return;
  } else if (asked.run != 0 && joined.at.run != asked.run) {
    base::log::warn(job.name, ": its daemon was killed: of what it had said only ", text(joined.at),
                    " was kept");
  } else {
    base::log::warn(job.name, ": has said no more than ", text(joined.at));
  }
}

}  // namespace

std::string text(const peer::Place& place) {
  const std::string run = place.run != 0 ? base::cat(":", place.run) : "";
  return base::cat(place.epoch, ":", place.offset, run);
}

Result<Attached> attach(const Found& job, const Options& options, bool raw, bool readonly,
                        std::optional<pty::Size> size) {
  Attached a;
  Result<base::Fd> control = connect_to(peer::control_name(job.socket));
  if (!control) {
    base::log::debug("no control socket: ", control.error().what);
    return attach_plain(job, options.readonly, options.place.has_value());
  }
  Json request = {{"raw", raw}, {"readonly", readonly}, {"from", options.from}};
  if (options.place) request["from"] = peer::from_place(*options.place);
  if (size) request.update({{"rows", size->rows}, {"cols", size->columns}});
  Result<peer::Joined> joined =
      peer::join(control->get(), std::move(request), base::Clock::now() + kPatience);
  if (!joined) return explain(job, joined.error());
  a.stream = std::move(*control);
  a.joined = std::move(*joined);
  if (options.place) say_missing(job, *options.place, a.joined);
  if (!size) return a;
  Result<base::Fd> second = connect_to(peer::control_name(job.socket));
  if (second && peer::ask(second->get(), Json{{"cmd", "hold"}}, base::Clock::now() + kPatience)) {
    a.control = std::move(*second);
  }
  return a;
}

std::string after_the_end(const Found& job) {
  const std::string control = peer::control_name(job.socket);
  const base::Time deadline = base::Clock::now() + kShortPatience;
  const Json question = {{"cmd", "status"}};
  Result<Json> status = peer::ask(control, question, deadline);
  // A process that is ending accepts for moments longer than it answers.
  while (!status && (status.error().code == Errc::closed || status.error().sys == ECONNRESET) &&
         base::Clock::now() < deadline) {
    ::poll(nullptr, 0, kLookAgainMs);
    status = peer::ask(control, question, deadline);
  }
  if (!status) return status.error().sys == ECONNREFUSED ? "its ptybufferd was killed" : "";
  const std::string state = peer::text_of(*status, "state");
  return state == "over" || state == "ending" ? "" : "sent away; the job goes on";
}

void send_size(const Attached& to, pty::Size size) {
  if (!to.control) return;
  const std::string line = wire::dump(Json{{"cmd", "resize"},
                                           {"rows", size.rows},
                                           {"cols", size.columns},
                                           {"viewer", to.joined.viewer}}) +
                           "\n";
  static_cast<void>(::send(to.control.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0);
  // The answers of earlier ones, so that they do not pile up.
  char unread[1024];
  static_cast<void>(::recv(to.control.get(), unread, sizeof unread, MSG_DONTWAIT) < 0);
}

}  // namespace ptyattach
