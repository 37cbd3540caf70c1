// A real sshd of the test's own: on loopback, at a free port, with host keys and authorized keys in
// a private folder. It lets in the user who runs the test, and nobody else.
#pragma once

#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <map>
#include <string>
#include <vector>

#include "lib/base/paths.h"
#include "lib/net/address.h"
#include "lib/net/dialler.h"
#include "lib/net/listener.h"
#include "lib/net/process_tree.h"
#include "lib/net/resolve.h"
#include "tests/unit/help.h"
#include "tests/unit/port.h"

namespace help {

using Words = std::vector<std::string>;

// A process that ends with the test, whatever becomes of that.
inline pid_t spawn(Words argv, const std::string& log) {
  std::vector<char*> pointers;
  for (std::string& word : argv) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    for (const int to : {1, 2}) ::dup2(fd, to);
    ::execvp(pointers[0], pointers.data());
    ::_exit(127);
  }
  return pid;
}

inline void run(const Words& argv, const std::string& log) {
  int status = -1;
  ::waitpid(spawn(argv, log), &status, 0);
  REQUIRE_MESSAGE(status == 0, text(log));
}

inline void wait_for_port(uint16_t port) {
  const auto address = net::numeric_address("127.0.0.1", port);
  REQUIRE(address);
  const base::Time deadline = base::Clock::now() + kPatience;
  bool up = false;
  while (!up && base::Clock::now() < deadline) {
    up = static_cast<bool>(net::dial(*address, deadline));
    if (!up) ::usleep(2000);
  }
  REQUIRE(up);
}

// Key files, made once for all tests: key (ed25519), ecdsa and rsa; locked and rsa_locked, whose
// passphrase is in the file phrase; stranger, which nobody knows; and the hosts'.
class SshKeys {
 public:
  SshKeys() {
    make("key", "ed25519", "");
    make("locked", "ed25519", "open sesame");
    make("rsa", "rsa", "");
    for (const char* end : {"", ".pub"}) {
      put_file(folder_ / "rsa_locked" + end, text(folder_ / "rsa" + end));
    }
    run({"ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", folder_ / "rsa_locked"},
        folder_ / "log");
    make("ecdsa", "ecdsa", "");
    make("stranger", "ed25519", "");
    make("host_a", "ed25519", "");
    make("host_b", "ed25519", "");
    make("host_ecdsa", "ecdsa", "");
    put_file(folder_ / "phrase", "open sesame\n");
    put_file(folder_ / "wrong_phrase", "open barley\n");
    std::string authorized;
    for (const char* name : {"key", "locked", "rsa", "ecdsa"}) {
      authorized += text(folder_ / name + ".pub");
    }
    put_file(folder_ / "authorized", authorized);
  }
  std::string operator/(const std::string& name) const { return folder_ / name; }

 private:
  void make(const std::string& name, const std::string& type, const std::string& phrase) const {
    Words argv = {"ssh-keygen", "-q", "-t", type, "-N", phrase, "-C", name, "-f", folder_ / name};
    if (type == "rsa") argv.insert(argv.end(), {"-b", "2048"});
    run(argv, folder_ / "log");
  }
  Folder folder_;
};

inline const SshKeys& ssh_keys() {
  static const SshKeys made;
  return made;
}

class Sshd {
 public:
  using Settings = std::map<std::string, std::string>;
  explicit Sshd(Settings settings = {}) : settings_(std::move(settings)), port_(free_port()) {
    start();
  }
  ~Sshd() { kill(); }
  Sshd(const Sshd&) = delete;
  Sshd& operator=(const Sshd&) = delete;

  uint16_t port() const { return port_; }
  std::string log() const { return text(folder_ / "log"); }
  // For the next start.
  void set(const std::string& name, const std::string& value) { settings_[name] = value; }

  void start() {
    // Where sshd wants an empty folder, that root's machines get when they boot.
    if (::geteuid() == 0) ::mkdir("/run/sshd", 0755);
    Settings all = {{"Port", std::to_string(port_)},
                    {"ListenAddress", "127.0.0.1"},
                    {"HostKey", ssh_keys() / "host_a"},
                    {"AuthorizedKeysFile", ssh_keys() / "authorized"},
                    {"StrictModes", "no"},
                    {"UsePAM", "no"},
                    {"UseDNS", "no"},
                    {"PidFile", "none"},
                    {"PermitRootLogin", "yes"},
                    {"PasswordAuthentication", "no"},
                    {"KbdInteractiveAuthentication", "no"},
                    {"PrintMotd", "no"},
                    {"PrintLastLog", "no"},
                    {"MaxStartups", "1000"},
                    // Shells read no user's profile or .bashrc then, which may do anything.
                    {"SetEnv", "SHLVL=5 HOME=" + folder_.path()},
                    {"AllowTcpForwarding", "yes"}};
    for (const auto& [name, value] : settings_) all[name] = value;
    std::string config;
    for (const auto& [name, value] : all) config += name + " " + value + "\n";
    put_file(folder_ / "config", config);
    // It starts itself anew for each connection, and so wants its whole name.
    pid_ = spawn({"/usr/sbin/sshd", "-D", "-e", "-f", folder_ / "config"}, folder_ / "log");
    wait_for_port(port_);
  }

  // All of it, at once, sessions too.
  void kill() {
    if (pid_ <= 0) return;
    kill_sessions();
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void kill_sessions() const {
    std::vector<pid_t> tree = {pid_};
    const auto all = net::all_processes();
    for (size_t i = 0; i < tree.size(); i++) {
      for (const net::Process& p : all) {
        if (p.parent == tree[i]) tree.push_back(p.pid);
      }
    }
    for (size_t i = tree.size(); i-- > 1;) ::kill(tree[i], SIGKILL);
  }
  // Nothing of it runs until it is continued.
  void stop_sessions(int signal) const {
    for (const net::Process& p : net::all_processes()) {
      if (p.parent == pid_) ::kill(p.pid, signal);
    }
  }

 private:
  Folder folder_;
  Settings settings_;
  uint16_t port_;
  pid_t pid_ = -1;
};

}  // namespace help
