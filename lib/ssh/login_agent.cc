// The part of Login that has to do with an ssh-agent: see agent.h.
#include <libssh/libssh.h>

#include "lib/ssh/login.h"
#include "lib/ssh/words.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace ssh {

using base::Result;

namespace {

// libssh forgets the list of identities that it read before, a few hundred bytes of each login.
int userauth_agent(ssh_session_struct* session) {
#if defined(__SANITIZE_ADDRESS__)
  const __lsan::ScopedDisabler known;
#endif
  return ssh_userauth_agent(session, nullptr);
}

}  // namespace

void Login::ask_agent(std::string question) {
  answer_.reset();
  talk_.emplace(client_.loop, credentials_.agent, std::move(question), deadline_,
                [this](Result<std::string> answer) {
                  answer_ = std::move(answer);
                  resume_();
                });
}

Result<Login::Outcome> Login::try_agent() {
  switch (agent_state_) {
    case AgentState::list:
      ask_agent(agent_list_request());
      agent_state_ = AgentState::listing;
      return Outcome::other;
    case AgentState::listing: {
      if (!answer_) return Outcome::other;
      if (!*answer_) return answer_->error();
      Result<std::vector<Identity>> found = parse_identities(**answer_);
      if (!found) return base::in(base::cat("agent ", credentials_.agent), found.error());
      identities_ = std::move(*found);
      return offer_identity();
    }
    case AgentState::offer:
      return after_offer(userauth_agent(session_));
    case AgentState::signing: {
      if (!answer_) return Outcome::other;
      if (!*answer_) return answer_->error();
      const bool good = is_sign_answer(**answer_);
      if (!good) {  // locked, or a person said no
        identity_++;
        return offer_identity();
      }
      Result<Prompter> p = Prompter::make(
          session_, {identities_answer(identities_[identity_]), **answer_}, &*prompter_);
      if (!p) return p.error();
      prompter_ = std::move(*p);
      agent_state_ = AgentState::sign;
      return try_agent();
    }
    case AgentState::sign: {
      const int rc = userauth_agent(session_);
      if (rc != SSH_AUTH_DENIED) return outcome(rc);
      identity_++;
      return offer_identity();
    }
  }
  return Outcome::next;
}

// Each by itself: libssh would go through a list of its own and not say where it is.
Result<Login::Outcome> Login::offer_identity() {
  if (identity_ >= identities_.size()) return Outcome::next;
  Result<Prompter> p =
      Prompter::make(session_, {identities_answer(identities_[identity_]), agent_failure()},
                     prompter_ ? &*prompter_ : nullptr);
  if (!p) return p.error();
  prompter_ = std::move(*p);
  agent_state_ = AgentState::offer;
  return after_offer(userauth_agent(session_));
}

Result<Login::Outcome> Login::after_offer(int rc) {
  if (rc == SSH_AUTH_AGAIN) return Outcome::peer;
  if (rc == SSH_AUTH_DENIED) {
    identity_++;
    return offer_identity();
  }
  // The host takes that key, and our refusal to sign is what failed.
  std::string request = prompter_->sign_request();
  if (rc != SSH_AUTH_ERROR || request.empty()) return outcome(rc);
  ask_agent(std::move(request));
  agent_state_ = AgentState::signing;
  return Outcome::other;
}

}  // namespace ssh
