#include "lib/http/server.h"

#include "lib/base/log.h"
#include "lib/http/caller.h"

namespace http {

namespace {
constexpr auto kLogInterval = std::chrono::seconds(10);
}  // namespace

std::shared_ptr<void> Places::take(const std::string& peer) {
  if (taken_ >= in_all_) return nullptr;
  const auto at = peers_.try_emplace(peer, 0).first;
  if (!peer.empty() && at->second >= per_peer_) return nullptr;
  at->second++;
  taken_++;
  return {this, [self = shared_from_this(), peer](void*) { self->give_back(peer); }};
}

void Places::give_back(const std::string& peer) {
  taken_--;
  const auto at = peers_.find(peer);
  if (--at->second == 0) peers_.erase(at);
}

Server::Server(net::Loop& loop, base::Fd socket, std::string remove, Handler handler,
               Options options)
    : options_(std::move(options)),
      handler_(std::move(handler)),
      places_(std::make_shared<Places>(options_.max_connections, options_.per_peer)),
      rules_{.loop = loop,
             .max_body = options_.max_body,
             .patience = options_.patience,
             .handler =
                 [this](const ExchangePtr& exchange) {
                   requests_++;
                   handler_(exchange);
                 },
             .date = [this]() -> const std::string& { return date(); },
             .refused = [this](std::string_view who, std::string_view why) { refuse(who, why); }},
      listener_(loop, std::move(socket), std::move(remove),
                [this](base::Fd fd) { accept(std::move(fd)); }) {}

void Server::accept(base::Fd fd) {
  const Caller caller = caller_of(fd.get());
  if (options_.admit && !options_.admit(fd.get())) return refuse(caller.text, "is not let in");
  std::shared_ptr<void> place = places_->take(caller.key);
  if (!place) {
    refuse(caller.text, "too many connections");
    if (options_.make_stream) return;  // without a handshake nothing can be said
    const Response busy = error_response(503, "busy", "too many connections");
    const Framing framing{Framing::Kind::length, busy.body.size()};
    return net::turn_away(fd.get(), head_text(busy, framing, 1, false, date()) + busy.body);
  }
  const auto at = connections_.emplace(connections_.end());
  *at = std::make_shared<Connection>(rules_, caller.text, std::move(place),
                                     [this, at] { connections_.erase(at); });
  const base::Result<void> open = (*at)->open(std::move(fd), options_.make_stream);
  if (open) return;
  refuse(caller.text, open.error().what);
  connections_.erase(at);
}

void Server::refuse(std::string_view who, std::string_view why) {
  refused_++;
  const base::Time now = rules_.loop.now();
  if (refused_ > 1 && now - logged_at_ < kLogInterval) return;
  logged_at_ = now;
  base::log::warn("http: refused ", who, ": ", why);
}

const std::string& Server::date() {
  const int64_t now = base::wall_us() / 1000000;
  if (now != date_at_) date_ = date_text(now);
  date_at_ = now;
  return date_;
}

}  // namespace http
