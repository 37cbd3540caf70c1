#include "tools/consoled/driver_cmd.h"

#include <array>

#include "tools/consoled/driver_persist.h"
#include "tools/consoled/line_driver.h"
#include "tools/consoled/params.h"
#include "tools/consoled/words.h"

namespace consoled {

using base::Errc;
using base::Result;

namespace {

constexpr auto kSettle =
    std::chrono::milliseconds(100);  // for the rest of the output, after the exit
constexpr int kMostSettles = 20;     // while there is still more
constexpr auto kLookAgain = std::chrono::milliseconds(100);
constexpr auto kHangupLimit =
    std::chrono::seconds(2);  // getty closes its terminal and opens it again
constexpr auto kHangupGap = std::chrono::seconds(1);

class CmdDriver : public LineDriver {
 public:
  CmdDriver(const Surroundings& around, const Node& node, Intake& intake)
      : LineDriver(around, intake),
        line_(command_line(node)),
        begin_(around.loop, [this] { begin(); }),
        settle_(around.loop, [this] { settled(); }),
        look_(around.loop, [this] { pump_->look_again(); }) {}
  ~CmdDriver() override {
    if (child_) around_.session_end.end(std::move(child_));
  }

  void open(base::Time) override { begin_.at(around_.loop.now()); }

  void resume() override {
    LineDriver::resume();
    if (pump_ && !child_) settle_.after(kSettle);
  }

  void resize(pty::Size size) override {
    LineDriver::resize(size);
    if (pump_) static_cast<void>(static_cast<bool>(pty::set_size(pump_->fd(), size)));
  }

 private:
  void begin() {
    Result<pty::Pair> pair = pty::open(size_.value_or(pty::Size{}));
    if (!pair) return close(pair.error());
    net::Command command;
    command.argv = line_.argv;
    command.environment = line_.environment;
    command.in = command.out = command.err = pair->slave.get();
    command.terminal = command.bare = true;
    auto child = net::Child::start(around_.loop, command, [this](int status) { exited(status); });
    if (!child) return close(child.error());
    child_ = std::move(*child);
    run(std::move(pair->master));
  }

  // What it wrote before its end is still in the terminal. Where others of its session keep that
  // open there will be no hangup to wait for; they end with it.
  void exited(int status) {
    exit_ = base::error(Errc::closed, "the command ended: ", net::status_text(status));
    around_.session_end.end(std::move(child_));
    settle_.after(kSettle);
  }

  // Its last words wait for room as long as that takes, and are read to their end then; others of
  // its session who go on talking are not waited for.
  void settled() {
    if (pump_->held()) return;
    if (pump_->more() && ++settles_ < kMostSettles) return settle_.after(kSettle);
    close(std::move(exit_));
  }

  // Nobody has the terminal open. The command may have ended (its exit comes in a moment), or open
  // it again, or live on without: that is the end of it as a console.
  void ended(base::Error) override {
    if (!child_) return close(std::move(exit_));
    const base::Time now = around_.loop.now();
    if (now - last_hangup_ >= kHangupGap) hung_up_at_ = now;
    last_hangup_ = now;
    if (now - hung_up_at_ < kHangupLimit) {
      look_.after(kLookAgain);
    } else {
      close(base::error(Errc::closed, "the command closed its terminal"));
    }
  }

  CommandLine line_;
  std::unique_ptr<net::Child> child_;  // while it runs
  base::Error exit_;
  int settles_ = 0;
  base::Time hung_up_at_{}, last_hangup_{};
  net::Timer begin_, settle_, look_;
};

std::unique_ptr<Driver> make(const Surroundings& around, const Node& node, Intake& intake) {
  if (bool_param(node, "persist", false)) return make_persistent(around, node, intake);
  return std::make_unique<CmdDriver>(around, node, intake);
}

Result<void> check(const Node& node) {
  for (const char* name : {"cmd", "env"}) {
    const auto words = shell_words(param(node, name));
    if (!words) return bad_param(node, name, words.error().what);
    for (const std::string& w : *words) {
      if (std::string_view(name) == "env" && w.find('=') == std::string::npos) {
        return bad_param(node, name, base::cat("expected NAME=VALUE, got ", w));
      }
    }
    const bool blank = words->empty() && !param(node, name).empty();
    if (std::string_view(name) == "cmd" && blank) return bad_param(node, name, "is empty");
  }
  return check_bool(node, "persist");
}

constexpr std::array kParams = {
    Param{"cmd", Param::Need::required, false, "command line, quoted as for a shell"},
    Param{"env", Param::Need::optional, false, "NAME=VALUE ... for its environment"},
    Param{"term", Param::Need::optional, false, "TERM (xterm-256color)"},
    Param{"persist", Param::Need::optional, false, "true: outlives a restart of consoled"},
};

}  // namespace

CommandLine command_line(const Node& node) {
  CommandLine line;
  if (auto words = shell_words(param(node, "cmd"))) line.argv = std::move(*words);
  line.environment = net::environment();
  for (const std::string_view name : {"TERM=", "NOTIFY_SOCKET=", "COLUMNS=", "LINES="}) {
    std::erase_if(line.environment, [&](const std::string& e) { return e.starts_with(name); });
  }
  line.environment.push_back("TERM=" + param(node, "term", kTerminal));
  line.environment.push_back("CONSOLE_TYPE=gocons");  // goconserver's
  if (auto words = shell_words(param(node, "env"))) {
    for (std::string& w : *words) {
      const std::string name = w.substr(0, w.find('=') + 1);
      std::erase_if(line.environment, [&](const std::string& e) { return e.starts_with(name); });
      line.environment.push_back(std::move(w));
    }
  }
  return line;
}

const DriverKind kCmdDriver = {"cmd", kParams, check, make};

}  // namespace consoled
