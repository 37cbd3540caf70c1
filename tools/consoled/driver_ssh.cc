#include "tools/consoled/driver_ssh.h"

#include <algorithm>
#include <array>

#include "lib/base/check.h"
#include "lib/ssh/channel.h"
#include "lib/ssh/connection.h"
#include "tools/consoled/params.h"

namespace consoled {

using base::Result;

namespace {

constexpr int64_t kMostSeconds = 86400;

// What the user of another program would call the same thing.
ssh::Credentials credentials(const Node& node, const std::string& prefix) {
  ssh::Credentials c;
  c.user = param(node, "user");
  c.password = param(node, prefix + "password");
  c.password_file = param(node, prefix + "password_file");
  c.private_key = param(node, prefix + "private_key");
  c.passphrase_file = param(node, prefix + "passphrase_file");
  c.agent = param(node, "agent");
  return c;
}

ssh::Options options(const Surroundings& around, const Node& node) {
  ssh::Options o;
  o.host = param(node, "host");
  o.port = static_cast<uint16_t>(number_param(node, "port", o.port));
  o.credentials = credentials(node, "");
  o.algorithms = {param(node, "kex"), param(node, "hostkeys"), param(node, "ciphers"),
                  param(node, "macs")};
  const auto check = ssh::parse_host_key_check(param(node, "host_key_check", "accept-new"));
  CHECK(check);  // driver_for() has looked at all values
  o.host_key_check = *check;
  o.known_hosts = param(node, "known_hosts", around.state + "/known_hosts");
  o.keepalive = std::chrono::seconds(number_param(node, "keepalive", 60));
  return o;
}

// The jump host gets no password of the node's: it would learn it.
void add_proxy(const Node& node, ssh::Options& o) {
  if (param(node, "proxy").empty()) return;
  const auto to = ssh::parse_destination(param(node, "proxy"));
  CHECK(to);
  ssh::Options proxy = o;
  proxy.host = to->host;
  proxy.port = to->port;
  proxy.algorithms = {};
  proxy.credentials = credentials(node, "proxy_");
  if (!to->user.empty()) proxy.credentials.user = to->user;
  ssh::Credentials& c = proxy.credentials;
  if (c.private_key.empty() && c.password.empty() && c.password_file.empty()) {
    c.private_key = o.credentials.private_key;
    c.passphrase_file = o.credentials.passphrase_file;
  }
  o.proxy = std::make_shared<const ssh::Options>(std::move(proxy));
}

class SshDriver : public Driver {
 public:
  SshDriver(const Surroundings& around, const Node& node, Intake& intake)
      : around_(around), intake_(intake), options_(options(around, node)) {
    CHECK(around.ssh != nullptr);
    add_proxy(node, options_);
    console_.term = param(node, "term", kTerminal);
    console_.command = param(node, "cmd");
  }

  void open(base::Time deadline) override;
  size_t write(std::string_view keys) override;
  void resume() override;
  void resize(pty::Size size) override;
  bool has_break() const override { return true; }
  Result<void> send_break() override;
  void terminate() override {}

 private:
  void activity();
  bool opening();
  void gather();
  Result<size_t> take();
  void close(base::Error why);

  const Surroundings& around_;
  Intake& intake_;
  ssh::Options options_;
  ssh::Console console_;
  bool open_ = false, over_ = false;
  bool held_ = false;  // no room in the console
  bool full_ = false;  // took fewer keys than it was given
  uint64_t seen_ = 0;  // the crowd's
  std::optional<ssh::Connection> connection_;
  std::optional<ssh::Channel> channel_;
};

void SshDriver::open(base::Time deadline) {
  connection_.emplace(
      *around_.ssh, options_, deadline - around_.loop.now(),
      ssh::Connection::Events{.ready =
                                  [this] {
                                    channel_.emplace(connection_->session());
                                    activity();
                                  },
                              .activity = [this] { activity(); },
                              .ended = [this](base::Error why) { close(std::move(why)); }});
}

void SshDriver::activity() {
  if (over_ || !channel_) return;
  if (!open_ && !opening()) return;
  gather();
  if (!over_ && full_ && channel_->writable()) {
    full_ = false;
    intake_.writable();
  }
}

bool SshDriver::opening() {
  const Result<bool> r = channel_->open_console(console_);
  if (!r) close(base::in(options_.name(), r.error()));
  if (!r || !*r) return false;
  open_ = true;
  connection_->session().settled();
  intake_.opened({});
  return true;
}

// As much as there is, or the bound allows; then everybody is told at once.
void SshDriver::gather() {
  if (held_) return;
  size_t got = 0;
  Result<size_t> n = size_t{0};
  do {
    n = take();
    got += n ? *n : 0;
  } while (n && *n > 0 && got < around_.crowd->gather());
  ssh::Session& session = connection_->session();
  const bool flood = around_.crowd->took(got, seen_, around_.loop.now());
  session.set_priority(flood ? net::Priority::bulk : net::Priority::urgent);
  if (got > 0) intake_.publish();
  if (!n) close(n.error());
}

// libssh holds no more than a packet beyond what it was asked for, and nobody tells us of that
// again: where it filled the room, it is asked once more, whatever the bound.
Result<size_t> SshDriver::take() {
  size_t got = 0;
  for (;;) {
    const iovec room = intake_.room();
    held_ = room.iov_len == 0;
    connection_->session().hold(held_);
    if (held_) return got;
    const Result<size_t> n = channel_->read({static_cast<char*>(room.iov_base), room.iov_len});
    if (!n) return got > 0 ? Result<size_t>(got) : n;
    if (*n > 0) intake_.commit(*n);
    got += *n;
    if (*n < room.iov_len) return got;
  }
}

void SshDriver::resume() {
  if (!held_ || over_) return;
  held_ = false;
  connection_->session().hold(false);
  connection_->session().look_again();
}

size_t SshDriver::write(std::string_view keys) {
  if (!open_ || over_) return 0;
  const size_t n = channel_->write(keys);
  full_ = n < keys.size();
  return n;
}

void SshDriver::resize(pty::Size size) {
  console_.rows = size.rows;
  console_.columns = size.columns;
  if (open_ && !over_) channel_->resize(size.rows, size.columns);
}

Result<void> SshDriver::send_break() {
  if (open_ && !over_) channel_->send_break();
  return {};
}

void SshDriver::close(base::Error why) {
  if (over_) return;
  over_ = true;
  intake_.closed(std::move(why));
}

constexpr auto kNeeded = Param::Need::required;
constexpr auto kOptional = Param::Need::optional;

constexpr std::array kParams = {
    Param{"host", kNeeded, false, "name or address"},
    Param{"user", kNeeded, false, "login name"},
    Param{"port", kOptional, false, "TCP port, 22"},
    Param{"password", kOptional, true, "password"},
    Param{"password_file", kOptional, false, "file with the password, mode 600"},
    Param{"private_key", kOptional, false, "file with a private key, mode 600"},
    Param{"passphrase_file", kOptional, false, "file with its passphrase, mode 600"},
    Param{"agent", kOptional, false, "socket of an ssh-agent"},
    Param{"host_key_check", kOptional, false, "strict, accept-new (default) or off"},
    Param{"known_hosts", kOptional, false, "file with the keys of hosts"},
    Param{"kex", kOptional, false, "key exchanges, or + and more of them"},
    Param{"hostkeys", kOptional, false, "host key algorithms, likewise"},
    Param{"ciphers", kOptional, false, "ciphers, likewise"},
    Param{"macs", kOptional, false, "MACs, likewise"},
    Param{"proxy", kOptional, false, "jump host: [user@]host[:port]"},
    Param{"proxy_password", kOptional, true, "its password"},
    Param{"proxy_password_file", kOptional, false, "file with its password"},
    Param{"proxy_private_key", kOptional, false, "private key for it, else that of the host"},
    Param{"proxy_passphrase_file", kOptional, false, "file with that key's passphrase"},
    Param{"keepalive", kOptional, false, "seconds of silence before the host is asked, 60; 0: off"},
    Param{"term", kOptional, false, "kind of terminal, xterm-256color"},
    Param{"cmd", kOptional, false, "command instead of a shell"},
};

// The same list for both; the last one is what they differ in.
constexpr auto kCommandParams = [] {
  auto out = kParams;
  out.back().need = kNeeded;
  return out;
}();

Result<void> check_parsed(const Node& node, std::string_view name, const base::Error* e) {
  if (e == nullptr || param(node, name).empty()) return {};
  return bad_param(node, name, e->what);
}

Result<void> check_lists(const Node& node) {
  const ssh::Algorithms lists = {param(node, "kex"), param(node, "hostkeys"),
                                 param(node, "ciphers"), param(node, "macs")};
  const Result<void> ok = ssh::check_algorithms(lists);
  if (ok) return {};
  return base::error(base::Errc::bad_input, node.name, ": parameter ", ok.error().what);
}

// goconserver wants one of the first two, and names the first.
Result<void> check_means(const Node& node) {
  constexpr std::array kMeans = {"password", "private_key", "password_file", "agent"};
  const bool any = std::any_of(kMeans.begin(), kMeans.end(),
                               [&](const char* name) { return !param(node, name).empty(); });
  if (any) return {};
  return base::error(base::Errc::bad_input, node.name,
                     ": Please specify the parameter password, private_key, password_file or "
                     "agent");
}

Result<void> check_ssh(const Node& node) {
  Result<void> ok = check_number(node, "port", 1, 65535);
  if (ok) ok = check_number(node, "keepalive", 0, kMostSeconds);
  if (ok) {
    const auto parsed = ssh::parse_host_key_check(param(node, "host_key_check"));
    ok = check_parsed(node, "host_key_check", parsed ? nullptr : &parsed.error());
  }
  if (ok) {
    const auto parsed = ssh::parse_destination(param(node, "proxy"));
    ok = check_parsed(node, "proxy", parsed ? nullptr : &parsed.error());
  }
  return ok ? check_lists(node) : ok;
}

}  // namespace

const DriverKind kSshDriver = {"ssh", std::span(kParams).first(kParams.size() - 1), check_ssh,
                               make_driver<SshDriver>, check_means};
const DriverKind kSshcmdDriver = {"sshcmd", kCommandParams, check_ssh, make_driver<SshDriver>,
                                  check_means};

}  // namespace consoled
