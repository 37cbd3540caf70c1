// Login: proves to the host who we are, by one means after the other (Credentials). Driven by its
// Session: step() goes as far as it can without waiting.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/ssh/agent.h"
#include "lib/ssh/client.h"
#include "lib/ssh/options.h"

namespace ssh {

class Login {
 public:
  // peer: come again when the host has said something; other: when `resume` is called (a key or
  // a password is being read, an agent asked).
  enum class Step { peer, other, done };

  // `session`: connected, its host's key checked.
  Login(Client& client, ssh_session_struct* session, const Credentials& credentials,
        base::Time deadline, std::function<void()> resume);
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;

  // The error says what was tried, and what the host takes. To be called no more after it.
  base::Result<Step> step();

 private:
  enum class Means { none, key, password, interactive, agent };
  // What one means came to: wait, or try the next one.
  enum class Outcome { peer, other, done, next, partly };

  base::Result<Outcome> attempt();
  base::Result<Outcome> ask_methods();
  base::Result<Outcome> try_key();
  base::Result<Outcome> try_password();
  base::Result<Outcome> try_interactive();
  base::Result<void> answer_prompts();
  base::Result<Outcome> try_agent();
  base::Result<Outcome> offer_identity();
  base::Result<Outcome> after_offer(int rc);
  base::Result<Outcome> outcome(int rc);
  base::Result<bool> have_password();
  bool next();
  bool taken(Means means) const;
  void ask_agent(std::string question);
  base::Error refused() const;

  Client& client_;
  ssh_session_struct* session_;
  Credentials credentials_;
  base::Time deadline_;
  std::function<void()> resume_;
  Means means_ = Means::none;
  std::vector<Means> left_;
  std::string tried_;

  std::optional<KeyStore::Request> key_request_;
  std::optional<base::Result<Key>> key_;
  bool asked_password_ = false;
  std::optional<base::Error> no_password_;
  bool prompted_ = false;  // the password was given to a prompt
  int rounds_ = 0;

  enum class AgentState { list, listing, offer, signing, sign };
  AgentState agent_state_ = AgentState::list;
  std::optional<AgentTalk> talk_;
  std::optional<base::Result<std::string>> answer_;
  std::vector<Identity> identities_;
  size_t identity_ = 0;
  std::optional<Prompter> prompter_;
  std::shared_ptr<bool> here_ = std::make_shared<bool>(true);
};

}  // namespace ssh
