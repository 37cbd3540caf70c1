#include "lib/ssh/login.h"

#include <libssh/libssh.h>

#include <utility>

#include "lib/ssh/secret_file.h"
#include "lib/ssh/words.h"

namespace ssh {

using base::Errc;
using base::Result;

namespace {

constexpr int kMostRounds = 8;  // of questions

std::string methods_text(unsigned methods) {
  std::string out;
  const auto add = [&](unsigned bit, const char* name) {
    if ((methods & bit) != 0) out += base::cat(out.empty() ? "" : ", ", name);
  };
  add(SSH_AUTH_METHOD_PUBLICKEY, "publickey");
  add(SSH_AUTH_METHOD_PASSWORD, "password");
  add(SSH_AUTH_METHOD_INTERACTIVE, "keyboard-interactive");
  add(SSH_AUTH_METHOD_GSSAPI_MIC, "gssapi-with-mic");
  add(SSH_AUTH_METHOD_HOSTBASED, "hostbased");
  return out.empty() ? "nothing that we know" : out;
}

}  // namespace

Login::Login(Client& client, ssh_session_struct* session, const Credentials& credentials,
             base::Time deadline, std::function<void()> resume)
    : client_(client),
      session_(session),
      credentials_(credentials),
      deadline_(deadline),
      resume_(std::move(resume)) {
  const bool password = !credentials_.password.empty() || !credentials_.password_file.empty();
  // The last is tried first.
  if (!credentials_.agent.empty()) left_.push_back(Means::agent);
  if (password) left_.insert(left_.end(), {Means::interactive, Means::password});
  if (!credentials_.private_key.empty()) left_.push_back(Means::key);
}

Result<Login::Step> Login::step() {
  for (;;) {
    const Result<Outcome> o = attempt();
    if (!o) return o.error();
    switch (*o) {
      case Outcome::peer:
        return Step::peer;
      case Outcome::other:
        return Step::other;
      case Outcome::done:
        return Step::done;
      case Outcome::next:
      case Outcome::partly:
        if (!next()) return refused();
    }
  }
}

Result<Login::Outcome> Login::attempt() {
  switch (means_) {
    case Means::none:
      return ask_methods();
    case Means::key:
      return try_key();
    case Means::password:
      return try_password();
    case Means::interactive:
      return try_interactive();
    case Means::agent:
      return try_agent();
  }
  return Outcome::next;
}

// Takes the next means that the host takes; false: there is none left.
bool Login::next() {
  while (!left_.empty()) {
    const Means means = left_.back();
    left_.pop_back();
    if (!taken(means)) continue;
    // The same password twice is two failures, and may lock an account.
    if (means == Means::password) std::erase(left_, Means::interactive);
    means_ = means;
    constexpr const char* kNames[] = {"", "private key", "password", "keyboard-interactive",
                                      "agent"};
    tried_ += base::cat(tried_.empty() ? "" : ", ", kNames[static_cast<size_t>(means)]);
    return true;
  }
  return false;
}

bool Login::taken(Means means) const {
  const auto methods = static_cast<unsigned>(ssh_userauth_list(session_, nullptr));
  switch (means) {
    case Means::password:
      return (methods & SSH_AUTH_METHOD_PASSWORD) != 0;
    case Means::interactive:
      return (methods & SSH_AUTH_METHOD_INTERACTIVE) != 0;
    default:
      return (methods & SSH_AUTH_METHOD_PUBLICKEY) != 0;
  }
}

base::Error Login::refused() const {
  const std::string takes =
      methods_text(static_cast<unsigned>(ssh_userauth_list(session_, nullptr)));
  if (tried_.empty()) {
    return base::error(Errc::denied, "login as ", credentials_.user, ": the host takes ", takes,
                       ", and none of these is configured");
  }
  return base::error(Errc::denied, "login as ", credentials_.user, " refused: tried ", tried_,
                     "; the host takes ", takes);
}

Result<Login::Outcome> Login::outcome(int rc) {
  switch (rc) {
    case SSH_AUTH_SUCCESS:
      return Outcome::done;
    case SSH_AUTH_AGAIN:
      return Outcome::peer;
    case SSH_AUTH_PARTIAL:
      return Outcome::partly;
    case SSH_AUTH_DENIED:
      return Outcome::next;
    default:
      return base::error(Errc::closed, "login: ", library_words(ssh_get_error(session_)));
  }
}

// Its refusal names what the host takes. Some hosts let everybody in.
Result<Login::Outcome> Login::ask_methods() {
  return outcome(ssh_userauth_none(session_, nullptr));
}

Result<Login::Outcome> Login::try_key() {
  if (!key_request_) {
    key_request_.emplace(client_.keys,
                         KeyStore::Files{credentials_.private_key, credentials_.passphrase_file},
                         [this](Result<Key> key) {
                           key_ = std::move(key);
                           resume_();
                         });
  }
  if (!key_) return Outcome::other;
  if (!*key_) return key_->error();
  return outcome(ssh_userauth_publickey(session_, nullptr, (*key_)->get()));
}

// False: it is being read.
Result<bool> Login::have_password() {
  if (!credentials_.password.empty()) return true;
  if (no_password_) return *no_password_;
  if (std::exchange(asked_password_, true)) return false;
  const auto line = std::make_shared<std::optional<Result<std::string>>>();
  client_.secrets.run([line, file = credentials_.password_file] { *line = read_secret_line(file); },
                      [this, line, here = std::weak_ptr<bool>(here_)] {
                        if (here.expired()) return;
                        if (**line) {
                          credentials_.password = std::move(***line);
                        } else {
                          no_password_ = (*line)->error();
                        }
                        resume_();
                      });
  return false;
}

Result<Login::Outcome> Login::try_password() {
  const Result<bool> has = have_password();
  if (!has) return has.error();
  if (!*has) return Outcome::other;
  return outcome(ssh_userauth_password(session_, nullptr, credentials_.password.c_str()));
}

Result<Login::Outcome> Login::try_interactive() {
  const Result<bool> has = have_password();
  if (!has) return has.error();
  if (!*has) return Outcome::other;
  for (;;) {
    const int rc = ssh_userauth_kbdint(session_, nullptr, nullptr);
    if (rc != SSH_AUTH_INFO) return outcome(rc);
    if (++rounds_ > kMostRounds) return base::error(Errc::denied, "login: too many questions");
    if (Result<void> ok = answer_prompts(); !ok) return ok.error();
  }
}

// The first hidden prompt gets the password. A second one asks for what we do not have: a code, or
// a new password.
Result<void> Login::answer_prompts() {
  const int n = ssh_userauth_kbdint_getnprompts(session_);
  for (int i = 0; i < n; i++) {
    char echo = 0;
    const unsigned at = static_cast<unsigned>(i);
    const char* prompt = ssh_userauth_kbdint_getprompt(session_, at, &echo);
    if (echo != 0 || prompted_) {
      return base::error(Errc::denied, "login as ", credentials_.user, ": the host asks for \"",
                         foreign_words(prompt == nullptr ? "" : prompt),
                         "\", and we have but a password");
    }
    prompted_ = true;
    ssh_userauth_kbdint_setanswer(session_, at, credentials_.password.c_str());
  }
  return {};
}

}  // namespace ssh
