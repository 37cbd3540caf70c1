// A small ssh server, by libssh's server side, for what sshd does with PAM and real accounts alone:
// passwords and questions; and for hosts that are odd. The protocol and its arithmetic are real. It
// runs in a process of its own, serves one connection after the other, and writes down what it was
// asked.
#pragma once

#include <libssh/libssh.h>
#include <libssh/server.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "tests/unit/ssh_help.h"

namespace doubles {

class SshServer {
 public:
  struct Manners {
    std::string password = "right";
    int methods = SSH_AUTH_METHOD_PASSWORD;
    std::vector<std::string> prompts = {"Password: "};  // of keyboard-interactive; all hidden
    bool terminals = true;                              // gives some
  };

  SshServer() : SshServer(Manners()) {}
  explicit SshServer(Manners manners) : manners_(std::move(manners)), port_(help::free_port()) {
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      serve();
      ::_exit(0);
    }
    help::wait_for_port(port_);
  }
  ~SshServer() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  SshServer(const SshServer&) = delete;
  SshServer& operator=(const SshServer&) = delete;

  uint16_t port() const { return port_; }
  // "password break ": what came, in order.
  std::string seen() const { return help::exists(log()) ? help::text(log()) : ""; }

 private:
  std::string log() const { return folder_ / "log"; }
  void note(const std::string& what) const {
    const auto fd = base::open_file(log(), O_WRONLY | O_CREAT | O_APPEND);
    if (fd) static_cast<void>(static_cast<bool>(base::write_all(fd->get(), what + " ")));
  }

  void serve() const {
    const std::string port = std::to_string(port_);
    const bool off = false;
    ssh_bind bind = ssh_bind_new();
    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &off);
    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_BINDADDR, "127.0.0.1");
    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_BINDPORT_STR, port.c_str());
    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY, key_.c_str());
    if (ssh_bind_listen(bind) != SSH_OK) return;
    for (;;) {
      ssh_session s = ssh_new();
      if (ssh_bind_accept(bind, s) == SSH_OK && ssh_handle_key_exchange(s) == SSH_OK) talk(s);
      ssh_disconnect(s);
      ssh_free(s);
    }
  }

  void talk(ssh_session s) const {
    ssh_set_auth_methods(s, manners_.methods);
    while (ssh_message m = ssh_message_get(s)) {
      if (!answer(s, m)) ssh_message_reply_default(m);
      ssh_message_free(m);
    }
  }

  bool answer(ssh_session s, ssh_message m) const {
    const int kind = ssh_message_subtype(m);
    switch (ssh_message_type(m)) {
      case SSH_REQUEST_SERVICE:
        return ssh_message_service_reply_success(m) == SSH_OK;
      case SSH_REQUEST_AUTH:
        return login(s, m, static_cast<unsigned>(kind));
      case SSH_REQUEST_CHANNEL_OPEN:
        return ssh_message_channel_request_open_reply_accept(m) != nullptr;
      case SSH_REQUEST_CHANNEL:
        return request(m, kind);
      default:
        return false;
    }
  }

  bool login(ssh_session s, ssh_message m, unsigned method) const {
    ssh_message_auth_set_methods(m, manners_.methods);
    if ((method & static_cast<unsigned>(manners_.methods)) == 0) return false;
    if (method == SSH_AUTH_METHOD_NONE) return ssh_message_auth_reply_success(m, 0) == SSH_OK;
    std::string given;
    if (method == SSH_AUTH_METHOD_PASSWORD) {
      note("password");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
      given = ssh_message_auth_password(m);
#pragma GCC diagnostic pop
    } else if (ssh_message_auth_kbdint_is_response(m) == 0) {
      note("question");
      return ask(m);
    } else {
      given = ssh_userauth_kbdint_getanswer(s, 0);
    }
    return given == manners_.password && ssh_message_auth_reply_success(m, 0) == SSH_OK;
  }

  bool ask(ssh_message m) const {
    std::vector<const char*> prompts;
    for (const std::string& p : manners_.prompts) prompts.push_back(p.c_str());
    std::vector<char> echo(prompts.size(), 0);
    return ssh_message_auth_interactive_request(m, "", "", static_cast<unsigned>(prompts.size()),
                                                prompts.data(), echo.data()) == SSH_OK;
  }

  bool request(ssh_message m, int kind) const {
    ssh_channel c = ssh_message_channel_request_channel(m);
    if (kind == SSH_CHANNEL_REQUEST_PTY && !manners_.terminals) return false;
    if (ssh_message_channel_request_reply_success(m) != SSH_OK) return false;
    if (kind == SSH_CHANNEL_REQUEST_SHELL) console(c);
    return true;
  }

  // Echoes, with what it has to say on both streams; ends at an x.
  void console(ssh_channel c) const {
    ssh_channel_write_stderr(c, "oops ", 5);
    ssh_channel_write(c, "hello ", 6);
    ssh_channel_write_stderr(c, "again ", 6);
    char byte = 0;
    while (ssh_channel_read(c, &byte, 1, 0) == 1 && byte != 'x') ssh_channel_write(c, &byte, 1);
    ssh_channel_request_send_exit_status(c, 5);
    ssh_channel_send_eof(c);
    ssh_channel_close(c);
  }

  Manners manners_;
  help::Folder folder_;
  std::string key_ = help::ssh_keys() / "host_a";
  uint16_t port_;
  pid_t pid_ = -1;
};

}  // namespace doubles
