#include "lib/ssh/connection.h"

namespace ssh {

using base::Result;

Connection::Connection(Client& client, const Options& options, base::Duration patience,
                       Events events)
    : client_(client), options_(options), patience_(patience), events_(std::move(events)) {
  turn_.emplace(client_.handshakes, [this] { granted(); });
}

void Connection::granted() {
  deadline_ = client_.loop.now() + patience_;
  const Options& first = options_.proxy ? *options_.proxy : options_;
  dialler_.emplace(client_.loop, first.host, first.port, deadline_,
                   [this](Result<base::Fd> fd) { dialled(std::move(fd)); });
}

void Connection::dialled(Result<base::Fd> fd) {
  progress();
  if (!fd) return fail(options_.proxy ? base::in("proxy", fd.error()) : fd.error());
  if (options_.proxy) {
    jump(std::move(*fd));
  } else {
    reach(std::move(*fd));
  }
}

void Connection::jump(base::Fd fd) {
  const auto broken = [this](base::Error e) { fail(base::in("proxy", std::move(e))); };
  jump_.emplace(
      client_, std::move(fd), *options_.proxy, deadline_,
      Session::Events{.progress = [this] { progress(); },
                      .ready =
                          [this] {
                            tunnel_.emplace(
                                client_.loop, *jump_, options_.host, options_.port,
                                Tunnel::Events{
                                    .open = [this](base::Fd pair) { reach(std::move(pair)); },
                                    .ended =
                                        [this](base::Error e) {
                                          fail(base::in(base::cat("proxy ", options_.proxy->name()),
                                                        std::move(e)));
                                        }});
                          },
                      .activity =
                          [this] {
                            if (tunnel_) tunnel_->activity();
                          },
                      .ended = broken});
}

void Connection::reach(base::Fd fd) {
  session_.emplace(client_, std::move(fd), options_, deadline_,
                   Session::Events{.progress = [this] { progress(); },
                                   .ready =
                                       [this] {
                                         turn_.reset();
                                         dialler_.reset();
                                         events_.ready();
                                       },
                                   .activity = [this] { events_.activity(); },
                                   .ended = [this](base::Error e) { fail(std::move(e)); }});
}

void Connection::progress() {
  if (turn_) turn_->progress();
}

void Connection::fail(base::Error why) {
  if (over_) return;
  over_ = true;
  turn_.reset();
  events_.ended(std::move(why));
}

}  // namespace ssh
