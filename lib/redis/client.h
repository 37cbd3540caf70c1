// Client: one connection to a Redis, kept up. Commands go out in order, as many as one likes before
// the first answer; hiredis' reader takes the answers apart. One for commands; a second one where
// something blocks (BLMOVE, BLPOP).
//
// A lost connection gives every command without an answer the error `closed`: whether it was done
// is unknown, and it is never said again by itself. Then it connects anew, with back-off and jitter
// (reset by the first good answer, for a refused password must not be tried in a loop). A server
// that still loads its data is asked again until it is done.
//
// Owned by its user; used on the loop, blocks on nothing. `done` may issue commands and may ask
// loop.defer to delete the client, not delete it. When the client goes, nothing is called any more.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/backoff.h"
#include "lib/net/loop.h"
#include "lib/net/stream.h"
#include "lib/redis/reply.h"
#include "lib/redis/resp.h"

namespace redis {

// A way to connect: calls back once, before the deadline, with a connected stream descriptor. TLS
// is a descriptor whose other end a helper speaks TLS for (connect.h). Called again for each try,
// never before the last one has called back; what it needs for a try is its own.
using Connect = std::function<void(net::Loop&, base::Time deadline,
                                   std::function<void(base::Result<base::Fd>)> done)>;

struct Login {
  std::string user, password;  // both empty: no AUTH
  int database = 0;
  // Where there is nothing to log in with, the first connection's commands go out without asking
  // whether the server serves: a round trip less, for who can stand the answers LOADING and NOAUTH.
  bool at_once = false;

  bool empty() const { return user.empty() && password.empty() && database == 0; }
};

class Client {
 public:
  // An error answer (NOSCRIPT ...) is a Reply; a Result's error means that there was none: closed
  // (unknown whether it was done) or not_found (there was no connection: surely not done).
  using Done = std::function<void(base::Result<Reply>)>;

  struct Events {
    // Connected and logged in; commands may go out. Also after each reconnect.
    std::function<void()> ready;
    // The connection is gone, or could not be made, or the login was refused: why, and it will be
    // tried again. `busy`: connected, but the server is loading its data, and is waited for. A
    // refused login is `denied`, with the server's words and without the password. Null: nobody
    // wants to know.
    std::function<void(const base::Error&)> lost;
    // What is unsent fell below low water (net::Stream); null: no interest.
    std::function<void()> low_water;
    // A message of a channel that was subscribed to, as RESP2 has it: it comes among the answers,
    // and answers nothing. Null: nobody subscribes, and it is as wrong as any answer to no
    // question.
    std::function<void(const std::string& message)> pushed = nullptr;
  };

  Client(net::Loop& loop, Connect connect, Login login, Events events);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool ready() const { return state_ == State::ready; }
  // Where it waits to try again, it tries at once: its owner knows that the server is back.
  void try_now() {
    if (state_ == State::waiting) timer_.at(loop_.now());
  }
  // How often it became ready: what was found out about the server holds for one number.
  uint64_t connections() const { return connections_; }
  // Sends at once when ready; else `done` gets not_found, from the loop. `done` may be null.
  void command(const std::vector<std::string_view>& argv, Done done);
  // How many answers are awaited, and how many bytes are unsent: who pours in asks before more.
  size_t awaited() const { return waiting_.size(); }
  bool full() const;

 private:
  enum class State { waiting, connecting, login, loading, ready };

  void connect();
  void connected(base::Fd fd);
  void log_in();
  void look();
  void looked(const Reply& answer);
  void become_ready();
  void time_is_up();
  void send(const std::vector<std::string_view>& argv, Done done);
  void data(std::string_view bytes);
  bool is_pushed(const Reply& reply) const;
  void answered(Reply reply);
  void retire_stream();
  void lose(const base::Error& why);
  void tell_refused();

  net::Loop& loop_;
  Connect connect_;
  Login login_;
  Events events_;
  State state_ = State::waiting;
  uint64_t connections_ = 0;
  net::Backoff backoff_;
  net::Timer timer_;    // what `state_` waits for: the next try, the end of patience, the next look
  net::Timer refusal_;  // tells who asked while there was no connection
  std::vector<Done> refused_;
  std::optional<Reader> reader_;
  std::unique_ptr<net::Stream> stream_;
  std::deque<Done> waiting_;
  std::string line_;  // for send: no new memory for each command
  bool told_loading_ = false;
  std::shared_ptr<bool> here_{new bool{true}};  // lets a late Connect see that the client is gone
};

}  // namespace redis
