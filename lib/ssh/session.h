// Session: one ssh connection over a descriptor that is connected already: key exchange, the host's
// key, login, then whatever Channel is opened over it. libssh does the protocol and never waits;
// this waits for it, on the loop.
//
// One deadline is for everything until settled(); from then on a silent host is asked from time to
// time whether it is there.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/loop.h"
#include "lib/ssh/client.h"
#include "lib/ssh/handle.h"
#include "lib/ssh/login.h"
#include "lib/ssh/options.h"

namespace ssh {

class Session {
 public:
  // None of these may delete the Session: they ask loop.defer.
  struct Events {
    std::function<void()> progress;          // the login goes on
    std::function<void()> ready;             // logged in; once
    std::function<void()> activity;          // something came or went: look at the channel
    std::function<void(base::Error)> ended;  // once, last; it names the host
  };

  // `socket`: connected, stream, non-blocking. `options` must outlive the Session. Events come from
  // the loop only.
  Session(Client& client, base::Fd socket, const Options& options, base::Time deadline,
          Events events);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // For Channel: libssh's object, and what to say after each call with it.
  ssh_session_struct* get() const { return session_.get(); }
  void called();
  // Its last error, in our words; for who was told that a call failed.
  base::Error why() const;
  // Nothing is waiting to be written to the host.
  bool flushed();

  // Stops reading from the host, or goes on.
  void hold(bool on);
  void set_priority(net::Priority priority) { watch_.set_priority(priority); }
  // Ends with this error unless it is settled by then.
  void expect(base::Time by, base::Error otherwise);
  base::Time now() { return client_.loop.now(); }
  // What was to be opened is open.
  void settled();
  // `activity` comes again soon, although the host may say nothing.
  void look_again();

 private:
  // names: the types of the host's key that are known are looked up.
  enum class State { names, begin, kex, host_key, login, open, over };
  struct Counters;
  base::Result<void> configure();
  void set_patience(int fd);
  void event();
  void step();
  void known_types(const std::vector<std::string>& types);
  void key_exchange();
  void host_key();
  void trusted();
  void look_up(std::optional<HostKey> key, KnownHostsFiles::Request::Done done);
  void login();
  base::Duration answer_time() const;
  void timeout();
  void ask();
  void fail(base::Error why);
  void interest();

  Client& client_;
  const Options& options_;
  Events events_;
  base::Time deadline_;
  base::Fd socket_;  // until libssh has it
  std::unique_ptr<Counters> counters_;
  SessionPtr session_;  // counts there, and closes its descriptor after watch_ has gone
  std::optional<KnownHostsFiles::Request> known_;
  std::optional<Login> login_;
  State state_ = State::names;
  bool waiting_ = false;  // for something that is not the host
  bool held_ = false;
  bool asked_ = false;  // whether it is there
  std::optional<base::Error> otherwise_;
  net::Watch watch_;
  net::Timer timer_;
  net::Timer again_;
};

}  // namespace ssh
