// Peer: one connection that speaks JSON lines (DESIGN, part 4): commands in, one answer line each,
// in order. Owned by its Server, which deletes it after `gone`.
//
// An answer may be given later: the commands behind it wait for it, those of other peers do not.
// A peer that does not read its answers is not read from either; one that was answered and says
// nothing for ten seconds is closed (nc -U never half-closes), unless it sent "hold" or subscribed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/loop.h"
#include "lib/net/stream.h"
#include "lib/peer/who.h"
#include "lib/wire/json.h"
#include "lib/wire/reader.h"

namespace peer {

class Peer {
 public:
  // The answer to one request: the fields beside "ok", or an error; `wrong` gets its message and
  // place, where there is a better one than the request's.
  using Handler = std::function<base::Result<wire::Json>(
      Peer&, const wire::Json& request, const wire::Item& item, wire::Note& wrong)>;
  using Gone = std::function<void()>;
  using Answer = std::function<void(base::Result<wire::Json>)>;
  // What becomes of a connection that is handed over: its descriptor, what was not sent yet (the
  // answer), and what the peer sent behind its request.
  using Takeover = std::function<void(base::Fd, std::string unsent, std::string rest)>;

  Peer(net::Loop& loop, base::Fd fd, Handler handler);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // Called once, from the loop itself: the place to delete it.
  void on_gone(Gone gone) { gone_ = std::move(gone); }

  const Who& who() const { return who_; }

  // It may stay silent.
  void hold() { holds_ = true; }
  // It gets events from now on.
  void subscribe();
  bool subscribed() const { return subscribed_; }
  // One event line; when the peer does not keep up the event is counted instead, and
  // {"event":"lost","count":N} says so before the next that fits.
  void event(std::string_view name, const wire::Json& fields);

  // For a handler that cannot answer yet: what it returns without an error is not the answer, but
  // what this one is called with, once, after the handler's end. The peer may go before.
  Answer later();
  // For a handler: once its answer is queued, the connection stops being a Peer.
  void hand_over(Takeover takeover) { takeover_ = std::move(takeover); }

 private:
  struct Asked;
  void data(std::string_view bytes);
  void serve();
  void take_items();
  void answer(const wire::Item& item);
  void reply(const Asked& asked, base::Result<wire::Json> result, wire::Note wrong);
  void answered(base::Result<wire::Json> result);
  void send_line(std::string_view head, const wire::Json& fields);
  void refuse(const base::Error& error, const wire::Note& at, const wire::Json* ref);
  void ended();
  void say_goodbye();
  void hold_back();
  void low_water();
  void waited();
  void arm();
  void close();
  void give_away();

  net::Loop& loop_;
  Handler handler_;
  Gone gone_;
  Who who_;
  wire::Reader reader_;
  Takeover takeover_;
  bool later_ = false;            // the handler asked for it
  std::unique_ptr<Asked> asked_;  // what is to be answered before anything else
  std::string ahead_;             // what came behind it
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool holds_ = false;
  bool subscribed_ = false;
  bool over_ = false;
  uint64_t lost_events_ = 0;
  net::Timer idle_;
  net::Stream stream_;
};

// "bad_input", "not_found" ...: the error codes of answers.
std::string_view code_name(base::Errc code);
// And back; nothing for a word that is none of them.
std::optional<base::Errc> code_named(std::string_view name);

}  // namespace peer
