#include "tools/consoled/driver_tty.h"

#include <sys/ioctl.h>

#include <array>
#include <cerrno>

#include "lib/pty/line_lock.h"
#include "lib/pty/line_settings.h"
#include "tools/consoled/line_driver.h"
#include "tools/consoled/params.h"

namespace consoled {

using base::Result;

namespace {

constexpr auto kBreakTime = std::chrono::milliseconds(250);  // as tcsendbreak(3)

pty::LineSettings settings_of(const Node& node) {
  pty::LineSettings s;
  const auto text = [&](const char* name, const char* fallback) {
    return param(node, name, fallback);
  };
  if (auto parsed =
          pty::parse_line(text("speed", "115200"), text("mode", "8n1"), text("flow", "none"))) {
    s = *parsed;
  }
  return s;
}

class TtyDriver : public LineDriver {
 public:
  TtyDriver(const Surroundings& around, const Node& node, Intake& intake)
      : LineDriver(around, intake),
        device_(param(node, "device")),
        locks_(bool_param(node, "lock", true)),
        lock_folder_(param(node, "lock_folder", "/run/lock")),
        settings_(settings_of(node)),
        begin_(around.loop, [this] { begin(); }),
        break_(around.loop, [this] {
          end_break();
          intake_.writable();
        }) {}
  ~TtyDriver() override { end_break(); }

  void open(base::Time) override { begin_.at(around_.loop.now()); }

  void resize(pty::Size size) override {
    if (pump_) static_cast<void>(static_cast<bool>(pty::set_size(pump_->fd(), size)));
  }

  // Nothing goes out during a BREAK: it would be lost in it.
  size_t write(std::string_view keys) override { return breaking_ ? 0 : LineDriver::write(keys); }

  bool has_break() const override { return pty::is_serial(device_); }
  // Not tcsendbreak(3), which waits for the end of it.
  Result<void> send_break() override {
    if (!pump_) return base::error(base::Errc::closed, "not connected");
    if (::ioctl(pump_->fd(), TIOCSBRK) < 0) return base::sys_error(errno, device_, ": BREAK");
    breaking_ = true;
    break_.after(kBreakTime);
    return {};
  }

 private:
  void begin() {
    if (locks_ && pty::is_serial(device_)) {
      Result<pty::LineLock> lock = pty::LineLock::take(lock_folder_, device_);
      if (!lock) return close(lock.error());
      lock_.emplace(std::move(*lock));
    }
    Result<base::Fd> fd = pty::open_device(device_);
    if (!fd) return close(fd.error());
    if (Result<void> ours = locks_ ? pty::claim(fd->get()) : Result<void>{}; !ours) {
      return close(base::in(device_, ours.error()));
    }
    if (Result<void> set = pty::apply(fd->get(), settings_); !set) {
      return close(base::in(device_, set.error()));
    }
    run(std::move(*fd));
  }

  void end_break() {
    if (pump_ && breaking_) ::ioctl(pump_->fd(), TIOCCBRK);
    breaking_ = false;
  }

  std::string device_;
  bool locks_;
  std::string lock_folder_;
  pty::LineSettings settings_;
  std::optional<pty::LineLock> lock_;
  bool breaking_ = false;
  net::Timer begin_, break_;
};

Result<void> check(const Node& node) {
  if (!param(node, "device", "/").starts_with('/')) {
    return bad_param(node, "device", "expected an absolute path");
  }
  const auto line = pty::parse_line(param(node, "speed", "115200"), param(node, "mode", "8n1"),
                                    param(node, "flow", "none"));
  if (!line) return base::in(base::cat(node.name, ": parameter"), line.error());
  return check_bool(node, "lock");
}

constexpr std::array kParams = {
    Param{"device", Param::Need::required, false, "path, such as /dev/ttyS0"},
    Param{"speed", Param::Need::optional, false, "bits a second (115200)"},
    Param{"mode", Param::Need::optional, false, "data bits, parity, stop bits (8n1)"},
    Param{"flow", Param::Need::optional, false, "none, rtscts or xonxoff (none)"},
    Param{"lock", Param::Need::optional, false, "false: no lock file, no lock on the device"},
    Param{"lock_folder", Param::Need::optional, false, "where lock files lie (/run/lock)"},
};

}  // namespace

const DriverKind kTtyDriver = {"tty", kParams, check, make_driver<TtyDriver>};

}  // namespace consoled
