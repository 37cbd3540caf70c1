// agent: keys that an ssh-agent holds. libssh asks an agent with calls that wait for its answer,
// and an agent may ask a person first. So the loop speaks with the agent itself, and libssh gets a
// socket in which the answer lies already, and after it the end: it cannot wait.
//
//   1. identities: AgentTalk.
//   2. libssh offers one to the host, and asks the "agent" to sign: Prompter, which has a refusal
//      ready. What it wanted signed can be read from the other end.
//   3. the real agent signs that: AgentTalk.
//   4. libssh does 2 once more, and finds the signature.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/dialler.h"
#include "lib/net/loop.h"
#include "lib/net/stream.h"

struct ssh_session_struct;

namespace ssh {

// Messages of the agent's protocol, without their length (draft-ietf-sshm-ssh-agent).
std::string agent_list_request();
bool is_sign_request(std::string_view message);
bool is_sign_answer(std::string_view message);
std::string agent_failure();

struct Identity {
  std::string blob, comment;
};
// At most 64; larger ones than a host takes are left out.
base::Result<std::vector<Identity>> parse_identities(std::string_view message);
// As if the agent held this one alone.
std::string identities_answer(const Identity& identity);

// One question to an agent. Who has a deadline lets it go.
class AgentTalk {
 public:
  // The answer's message. `done` is called once, from the loop; it may not delete the AgentTalk.
  using Done = std::function<void(base::Result<std::string>)>;
  AgentTalk(net::Loop& loop, const std::string& socket, std::string question, base::Time deadline,
            Done done);
  AgentTalk(const AgentTalk&) = delete;
  AgentTalk& operator=(const AgentTalk&) = delete;

 private:
  void dialled(base::Result<base::Fd> fd);
  void take(std::string_view bytes);
  void finish(base::Result<std::string> result);

  net::Loop& loop_;
  std::string socket_, question_, answer_;
  Done done_;
  std::optional<net::Dialler> dialler_;
  std::optional<net::Stream> stream_;
  std::optional<base::Error> failed_;
  net::Timer timer_;
};

// The socket that libssh takes for an agent's.
class Prompter {
 public:
  // The session asks this one from now on, and gets these answers. The one before (null: none) is
  // of no use then.
  static base::Result<Prompter> make(ssh_session_struct* session,
                                     const std::vector<std::string>& answers,
                                     const Prompter* before);
  // What it asked to be signed; empty: it did not.
  std::string sign_request() const;

 private:
  explicit Prompter(base::Fd end) : end_(std::move(end)) {}
  base::Fd end_;
  int theirs_ = -1;  // libssh closes the last one it was given, and forgets those before
};

}  // namespace ssh
