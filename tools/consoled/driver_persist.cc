#include "tools/consoled/driver_persist.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "tools/consoled/driver_cmd.h"
#include "tools/consoled/driver_ptybuffer.h"
#include "tools/consoled/params.h"

namespace consoled {

using base::Errc;
using base::Result;

namespace {

constexpr int kAnswers = 42;  // of ptybufferd -c: it runs already

class PersistentDriver : public Driver {
 public:
  PersistentDriver(const Surroundings& around, const Node& node, Intake& intake)
      : around_(around),
        line_(command_line(node)),
        term_(param(node, "term", kTerminal)),
        socket_(base::cat(around.runtime, "/persist/", node.name, ".sock")),
        inner_(make_ptybuffer(around, socket_, true, intake)),
        intake_(intake),
        tell_(around.loop, [this] { intake_.closed(*why_); }) {}
  ~PersistentDriver() override {
    if (launcher_ && launcher_->running()) around_.session_end.end(std::move(launcher_));
  }

  void open(base::Time deadline) override {
    deadline_ = deadline;
    if (Result<void> r = launch(); !r) close(r.error());
  }
  size_t write(std::string_view keys) override { return inner_->write(keys); }
  void resume() override { inner_->resume(); }
  void resize(pty::Size size) override { inner_->resize(size); }
  Result<void> send_break() override { return inner_->send_break(); }
  bool went_on() const override { return ran_already_; }
  void terminate() override { inner_->terminate(); }

 private:
  // ptybufferd goes into the background, and its first process ends when the command runs or
  // cannot. What it says goes to this daemon's log.
  Result<void> launch() {
    const std::string folder = around_.runtime + "/persist";
    if (::mkdir(folder.c_str(), 0700) < 0 && errno != EEXIST) {
      return base::sys_error(errno, folder);
    }
    const Result<base::Fd> null = base::open_file("/dev/null", O_RDWR);
    if (!null) return null.error();
    net::Command command;
    command.argv = {around_.bin + "/ptybufferd", "-cfiq", "--term", term_, "--", socket_};
    command.argv.insert(command.argv.end(), line_.argv.begin(), line_.argv.end());
    command.environment = line_.environment;
    command.in = command.out = null->get();
    command.bare = true;
    auto child = net::Child::start(around_.loop, command, [this](int status) { exited(status); });
    if (!child) return child.error();
    launcher_ = std::move(*child);
    return {};
  }

  void exited(int status) {
    const int code = net::exit_code(status);
    ran_already_ = code == kAnswers;
    if (code == 0 || ran_already_) {
      inner_->open(deadline_);
    } else {
      close(base::error(Errc::closed, "the command could not be started: ptybufferd: ",
                        net::status_text(status)));
    }
  }

  void close(base::Error why) {
    why_ = std::move(why);
    tell_.at(around_.loop.now());
  }

  const Surroundings& around_;
  CommandLine line_;
  std::string term_, socket_;
  base::Time deadline_{};
  bool ran_already_ = false;
  std::unique_ptr<Driver> inner_;
  std::unique_ptr<net::Child> launcher_;
  Intake& intake_;
  std::optional<base::Error> why_;
  net::Timer tell_;
};

}  // namespace

std::unique_ptr<Driver> make_persistent(const Surroundings& around, const Node& node,
                                        Intake& intake) {
  return std::make_unique<PersistentDriver>(around, node, intake);
}

}  // namespace consoled
