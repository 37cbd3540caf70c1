#include "tools/ptybufferd/control.h"

#include <unistd.h>

#include <csignal>
#include <cstring>

#include <nlohmann/json.hpp>

#include "lib/base/args.h"
#include "lib/net/limits.h"
#include "lib/peer/attach.h"

namespace ptybufferd {

using base::Errc;
using base::error;
using base::Result;
using peer::kMaxOffset;
using peer::kMaxSide;
using wire::Json;
using wire::Object;

namespace {

double seconds_of(int64_t us) {
  return static_cast<double>(us) / 1e6;
}

// "INT", "SIGINT" or "2"; 0 where there is no such signal.
int signal_number(std::string_view name) {
  if (const Result<int64_t> n = base::parse_number(name, 1, SIGRTMAX)) return static_cast<int>(*n);
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (int s = 1; s < NSIG; s++) {
    const char* known = ::sigabbrev_np(s);
    if (known != nullptr && name == known) return s;
  }
  return 0;
}

Json status_of(const journal::Status& s, const std::string& path) {
  Json j = {{"path", path},         {"written", s.written}, {"lost", s.lost},
            {"pending", s.pending}, {"stuck", s.stuck},     {"rotations", s.rotations}};
  if (s.error != 0) j["error"] = base::sys_text(s.error);
  if (s.rotation_error != 0) j["rotationError"] = base::sys_text(s.rotation_error);
  return j;
}

}  // namespace

Control::Control(net::Loop& loop, const Options& options, int64_t epoch, Channel channel, Job& job,
                 Viewers& viewers, std::function<void()> stop)
    : loop_(loop),
      options_(options),
      epoch_(epoch),
      channel_(channel),
      job_(job),
      viewers_(viewers),
      stop_(std::move(stop)) {}

std::vector<peer::Command> Control::commands() {
  // Commands without arguments of their own share the check that there are none.
  const auto plain = [](std::function<Answer()> run) {
    return [run = std::move(run)](peer::Peer&, Object& arguments) -> Answer {
      if (auto done = arguments.end(); !done) return done.error();
      return run();
    };
  };
  return {
      {"attach", [this](peer::Peer& p, Object& a) { return attach(p, a); }},
      {"status", plain([this] { return status(); })},
      {"who", plain([this] { return who(); })},
      {"kick", [this](peer::Peer&, Object& a) { return kick(a); }},
      {"resize", [this](peer::Peer&, Object& a) { return resize(a); }},
      {"signal", [this](peer::Peer&, Object& a) { return signal(a); }},
      {"reload", plain([this]() -> Answer {
         channel_.logs.reopen();
         return Json::object();
       })},
      {"stop", plain([this]() -> Answer {
         // Once the answer is on its way.
         loop_.defer([this] { stop_(); });
         return Json::object();
       })},
  };
}

Control::Answer Control::attach(peer::Peer& peer, Object& arguments) {
  const Result<peer::Attach> asked = peer::take_attach(arguments);
  if (!asked) return asked.error();
  const base::Ring& ring = channel_.fanout.ring();
  const peer::Seen seen{.epoch = epoch_,
                        .tail = ring.tail(),
                        .shown = channel_.history.first_shown(),
                        .head = ring.head()};
  const peer::Start start = start_of(*asked, seen);
  Admission admission;
  admission.raw = asked->raw || options_.immediate;
  admission.readonly = asked->readonly;
  admission.frames = asked->frames;
  admission.from = start.offset;
  if (asked->window && !admission.readonly) {
    static_cast<void>(
        static_cast<bool>(job_.resize({asked->window->rows, asked->window->columns})));
  }
  peer.hand_over([this, admission](base::Fd fd, std::string unsent, std::string rest) mutable {
    admission.unsent = std::move(unsent);
    admission.first_input = std::move(rest);
    viewers_.attach(std::move(fd), std::move(admission));
  });
  return attach_answer(viewers_.next_number(), seen, start);
}

Control::Answer Control::status() const {
  Json j = {{"name", options_.socket},
            {"pid", ::getpid()},
            {"child", job_.pid()},
            {"running", job_.state() == Job::State::running},
            {"state", state_name(job_.state())},
            {"tty", job_.tty()},
            {"rows", job_.size().rows},
            {"cols", job_.size().columns},
            {"since", seconds_of(job_.started_us())},
            {"starts", job_.starts()},
            {"epoch", epoch_},
            {"bytes", channel_.history.bytes()},
            {"lines", channel_.history.lines()},
            {"viewers", viewers_.all().size()},
            {"descriptorLimit", net::descriptor_limit()},
            {"skipped", channel_.fanout.bytes_skipped()},
            {"inputWaiting", channel_.keys.waiting()}};
  if (options_.device.empty()) {
    // Without the arguments: they may hold secrets, and answers may travel.
    j["command"] = options_.command[0];
  } else {
    j["device"] = options_.device;
  }
  if (!job_.last_end().empty()) j["lastEnd"] = job_.last_end();
  if (!options_.info.empty()) j["info"] = options_.info;
  if (const journal::Append* output = channel_.logs.output()) {
    j["output"] = status_of(output->status(base::Clock::now()), options_.output);
  }
  return j;
}

Control::Answer Control::who() const {
  Json list = Json::array();
  const uint64_t head = channel_.fanout.ring().head();
  for (const auto& [number, e] : viewers_.all()) {
    Json j = {{"viewer", number},
              {"readonly", e.readonly},
              {"raw", e.raw},
              {"since", seconds_of(e.since_us)},
              {"behind", head - e.viewer->cursor()},
              {"skipped", e.viewer->skipped()},
              {"inputBytes", e.input_bytes},
              {"inputWaiting", e.sender->waiting}};
    if (e.who.known) j.update({{"uid", e.who.uid}, {"gid", e.who.gid}, {"pid", e.who.pid}});
    list.push_back(std::move(j));
  }
  return Json{{"viewers", std::move(list)}};
}

Control::Answer Control::kick(Object& a) {
  const int64_t number = a.need_int("viewer", 1, kMaxOffset);
  if (auto done = a.end(); !done) return done.error();
  if (!viewers_.kick(static_cast<uint64_t>(number))) {
    return error(Errc::not_found, "kick: no viewer ", number, ": \"who\" lists them");
  }
  return Json::object();
}

Control::Answer Control::resize(Object& a) {
  const int64_t rows = a.need_int("rows", 1, kMaxSide);
  const int64_t columns = a.need_int("cols", 1, kMaxSide);
  const auto viewer = a.opt_int("viewer", 1, kMaxOffset);
  if (auto done = a.end(); !done) return done.error();
  if (viewer) {
    const auto it = viewers_.all().find(static_cast<uint64_t>(*viewer));
    if (it == viewers_.all().end()) return error(Errc::not_found, "resize: no viewer ", *viewer);
    if (it->second.readonly) return error(Errc::denied, "resize: viewer ", *viewer, " only looks");
  }
  const auto done = job_.resize({static_cast<uint16_t>(rows), static_cast<uint16_t>(columns)});
  if (!done) return done.error();
  return Json{{"rows", rows}, {"cols", columns}};
}

Control::Answer Control::signal(Object& a) {
  const Json* name = a.opt_any("signal");
  if (auto done = a.end(); !done) return done.error();
  const std::string text = name == nullptr     ? ""
                           : name->is_string() ? name->get<std::string>()
                                               : name->dump();
  const int number = signal_number(text);
  if (number == 0) {
    return error(Errc::bad_input,
                 "signal: \"signal\": expected a name such as \"INT\" or a number");
  }
  const auto done = job_.signal(number);
  if (!done) return done.error();
  return Json{{"child", job_.pid()}};
}

}  // namespace ptybufferd
