#include "tools/consoled/front_console.h"

#include <sys/socket.h>

#include <array>

#include <nlohmann/json.hpp>

#include "lib/base/log.h"
#include "lib/http/caller.h"
#include "lib/tls/stream.h"
#include "lib/wire/json.h"

namespace consoled {

using base::cat;
using base::Result;
using wire::Json;

namespace {

constexpr auto kLogInterval = std::chrono::seconds(10);

enum Action : int { kStart = 1, kDrop = 2, kOk = 4 };

// The first frame: {"action":1,"node":"n1"}. Other keys are ignored.
Result<std::string> wanted_node(std::string_view frame) {
  const Result<Json> json = wire::parse(frame);
  if (!json) return json.error();
  const auto bad = [](std::string_view what) {
    return base::error(base::Errc::bad_input, "expected {\"action\":1,\"node\":NAME}: ", what);
  };
  if (!json->is_object()) return bad("no object");
  const auto action = json->find("action");
  if (action == json->end() || *action != kStart) return bad("another action");
  const auto node = json->find("node");
  if (node == json->end() || !node->is_string()) return bad("no node");
  return node->get<std::string>();
}

std::string message(Action action, std::string_view text = "") {
  Json j = {{"action", static_cast<int>(action)}};
  if (!text.empty()) j["msg"] = text;
  return net::frames_of(wire::dump(j));
}

}  // namespace

// One who is not a viewer yet. Owned by the front until it is one, or is refused.
class FrontConsole::Client : public std::enable_shared_from_this<Client> {
 public:
  // `user` is known with its first bytes.
  Client(FrontConsole& front, base::Fd fd, std::string address,
         std::shared_ptr<const std::string> user, std::shared_ptr<void> place)
      : front_(front),
        address_(std::move(address)),
        user_(std::move(user)),
        place_(std::move(place)),
        deadline_(front.shared_.loop, [this] { too_late(); }),
        stream_(front.shared_.loop, std::move(fd),
                {.data = [this](std::string_view b) { data(b); },
                 .end = [this](const std::optional<base::Error>& e) { ended(e); },
                 .low_water =
                     [this] {
                       if (refused_ && stream_.finished()) go();
                     }}) {
    deadline_.after(front.shared_.config.client_timeout);
  }

 private:
  void data(std::string_view bytes) {
    if (refused_ || over_) return;
    if (!name_.empty()) {  // it types already
      typed_ += bytes;
      if (typed_.size() > net::kMaxFrameIn) stream_.pause(true);
      return;
    }
    auto frame = reader_.next(bytes);
    while (frame && *frame && (*frame)->empty()) frame = reader_.next(bytes);
    if (!frame) return go();
    if (!*frame) return;
    const Result<std::string> name = wanted_node(**frame);
    typed_ = bytes;
    name ? begin(*name) : refuse(name.error().what);
  }

  void begin(const std::string& name) {
    Console* console = front_.nodes_.find(name);
    if (console == nullptr) return refuse("Node not exist");
    if (auto may = console->may_attach(); !may) return refuse(may.error().what);
    name_ = name;
    // One that was taken down says so itself.
    if (console->status().state == State::connected || console->is_down()) return attach_soon();
    interest_.emplace(*console, [this](const Result<void>& up) {
      up ? attach_soon() : refuse(cat("Could not connect to console: ", up.error().what));
    });
  }

  void ended(const std::optional<base::Error>& error) {
    if (error || refused_ || name_.empty()) return go();
    half_closed_ = true;
  }

  void too_late() {
    if (name_.empty() || refused_) return go();
    const Console* console = front_.nodes_.find(name_);
    const std::string state(console == nullptr ? "deleted" : state_name(console->status().state));
    refuse(cat("Could not start console, error: Timeout. It is ", state));
  }

  void refuse(std::string_view why) {
    if (refused_ || over_) return;
    refused_ = true;
    stream_.send(message(kDrop, why));
    stream_.finish();
    deadline_.after(std::chrono::seconds(5));
    if (stream_.finished()) go();
  }

  // Not within a callback of the stream, which ends with this.
  void attach_soon() {
    front_.shared_.loop.defer([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && !self->over_ && !self->refused_) self->attach();
    });
  }

  void attach() {
    Console* console = front_.nodes_.find(name_);
    if (console == nullptr) return refuse("Node not exist");
    if (auto may = console->may_attach(); !may) return refuse(may.error().what);
    Admission a;
    a.visitor = {"console", address_, {}, *user_};
    a.rule = Admission::Rule::escapes;
    a.from = console->seen().head;
    a.framing = &net::kFraming;
    net::Stream::Released released = stream_.release();
    a.prefix = released.unsent + message(kOk) +
               net::frames_of(cat("goconserver(", base::rfc3339(base::wall_us()), "): Hello ",
                                  address_, ", welcome to the session of ", name_, "\r\n"));
    a.first_input = std::move(typed_);
    a.decode = [reader = std::make_shared<net::FrameReader>()](Viewer& v, std::string_view bytes) {
      decode(*reader, v, bytes);
    };
    a.gone = [place = place_] {};
    console->attach(std::move(released.fd), std::move(a));
    go();
  }

  static void decode(net::FrameReader& reader, Viewer& viewer, std::string_view bytes) {
    // Over TCP an end of the keys may be the end of all, which nobody sees on a silent console.
    if (bytes.empty()) {
      viewer.keys({});
      return viewer.drop();
    }
    while (true) {
      const auto frame = reader.next(bytes);
      if (!frame) {
        base::log::warn(viewer.visitor().address, ": ", frame.error().what);
        return viewer.drop();
      }
      if (!*frame) return;
      if (**frame == kDetachKeys) return viewer.drop();
      if (!(*frame)->empty()) viewer.keys(**frame);
    }
  }

  void go() {
    if (over_) return;
    over_ = true;
    deadline_.cancel();
    front_.shared_.loop.defer(
        [&front = front_, self = shared_from_this()] { front.clients_.remove(self); });
  }

  FrontConsole& front_;
  std::string address_;
  std::shared_ptr<const std::string> user_;
  std::shared_ptr<void> place_;
  net::FrameReader reader_;
  std::string name_;   // of the node, once it was said
  std::string typed_;  // frames behind that
  bool refused_ = false, half_closed_ = false, over_ = false;
  std::optional<Console::Interest> interest_;
  net::Timer deadline_;
  net::Stream stream_;
};

FrontConsole::FrontConsole(Shared& shared, Nodes& nodes, base::Fd socket, const tls::Context* tls)
    : shared_(shared),
      nodes_(nodes),
      tls_(tls),
      places_(std::make_shared<http::Places>(shared.config.console_limits.all,
                                             shared.config.console_limits.per_address)),
      relays_(shared.loop) {
  if (!socket) return;
  listener_.emplace(shared.loop, std::move(socket), "",
                    [this](base::Fd fd) { accept(std::move(fd)); });
}

void FrontConsole::take(base::Fd fd, const Visitor& visitor) {
  const auto user = std::make_shared<const std::string>(visitor.user);
  clients_.push_back(
      std::make_shared<Client>(*this, std::move(fd), visitor.address, user, nullptr));
}

// TLS ends here: inside it is a plain descriptor, as every viewer has.
Result<base::Fd> FrontConsole::unwrap(base::Fd fd, const std::string& who,
                                      const std::shared_ptr<std::string>& user) {
  if (tls_ == nullptr) return fd;
  auto stream = tls::accept_stream(shared_.loop, *tls_, std::move(fd), {});
  if (!stream) return stream.error();
  Forms forms;
  forms.failed = [this, who](const base::Error& why) { refuse(who, why.what); };
  forms.user = user;
  return relays_.join({std::move(*stream), {}, nullptr}, std::move(forms));
}

// A flood is not to fill the log.
void FrontConsole::refuse(std::string_view who, std::string_view why) {
  const base::Time now = shared_.loop.now();
  if (logged_at_ != base::Time{} && now - logged_at_ < kLogInterval) return;
  logged_at_ = now;
  base::log::warn("console port: refused ", who, ": ", why);
}

// In words, too, where they need no handshake. What it said is read first: the kernel answers the
// close of a socket with unread bytes by a reset.
void FrontConsole::turn_away(const base::Fd& fd, std::string_view who) {
  refuse(who, "too many connections");
  if (tls_ != nullptr) return;
  std::array<char, 4096> said;  // NOLINT: nobody looks at it
  const std::string words =
      message(kDrop, "too many connections: max_connections and max_per_address bound them");
  static_cast<void>(::recv(fd.get(), said.data(), said.size(), MSG_DONTWAIT) < 0);
  static_cast<void>(::send(fd.get(), words.data(), words.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0);
}

void FrontConsole::accept(base::Fd fd) {
  const http::Caller caller = http::caller_of(fd.get());
  // congo's broadcast to two hundred consoles is as many connections.
  std::shared_ptr<void> place = places_->take(caller.loopback ? "" : caller.key);
  if (!place) return turn_away(fd, caller.text);
  const auto user = std::make_shared<std::string>();
  Result<base::Fd> plain = unwrap(std::move(fd), caller.text, user);
  if (!plain) return refuse(caller.text, plain.error().what);
  clients_.push_back(
      std::make_shared<Client>(*this, std::move(*plain), caller.text, user, std::move(place)));
}

}  // namespace consoled
