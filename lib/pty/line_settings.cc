#include "lib/pty/line_settings.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace pty {

using base::Errc;
using base::Result;

namespace {

struct Speed {
  std::string_view name;
  speed_t code;
};
constexpr std::array kSpeeds = {
    Speed{"300", B300},       Speed{"600", B600},         Speed{"1200", B1200},
    Speed{"2400", B2400},     Speed{"4800", B4800},       Speed{"9600", B9600},
    Speed{"19200", B19200},   Speed{"38400", B38400},     Speed{"57600", B57600},
    Speed{"115200", B115200}, Speed{"230400", B230400},   Speed{"460800", B460800},
    Speed{"921600", B921600}, Speed{"1500000", B1500000},
};
constexpr std::array kBits = {CS5, CS6, CS7, CS8};

Result<tcflag_t> parse_mode(std::string_view text) {
  const bool fits = text.size() == 3 && text[0] >= '5' && text[0] <= '8' &&
                    std::string_view("nNeEoO").find(text[1]) != std::string_view::npos &&
                    (text[2] == '1' || text[2] == '2');
  if (!fits) return base::error(Errc::bad_input, "mode: expected such as 8n1 or 7e1, got ", text);
  auto mode = static_cast<tcflag_t>(kBits[static_cast<size_t>(text[0] - '5')]);
  if (text[1] != 'n' && text[1] != 'N') mode |= PARENB;
  if (text[1] == 'o' || text[1] == 'O') mode |= PARODD;
  if (text[2] == '2') mode |= CSTOPB;
  return mode;
}

// It has eight bits and no parity, and fails where nothing but those would change.
bool is_pty(int fd) {
  constexpr unsigned kFirst = 136, kLast = 143;  // majors of the slaves, pts(4)
  struct stat status {};
  if (::fstat(fd, &status) < 0) return false;
  return major(status.st_rdev) >= kFirst && major(status.st_rdev) <= kLast;
}

}  // namespace

Result<LineSettings> parse_line(std::string_view speed, std::string_view mode,
                                std::string_view flow) {
  const auto known =
      std::find_if(kSpeeds.begin(), kSpeeds.end(), [&](const Speed& s) { return s.name == speed; });
  if (known == kSpeeds.end()) {
    return base::error(Errc::bad_input, "speed: expected 300 to 1500000 as terminals know it, got ",
                       speed);
  }
  const Result<tcflag_t> bits = parse_mode(mode);
  if (!bits) return bits.error();
  if (flow != "none" && flow != "rtscts" && flow != "xonxoff") {
    return base::error(Errc::bad_input, "flow: expected none, rtscts or xonxoff, got ", flow);
  }
  return LineSettings{known->code, *bits, flow == "rtscts", flow == "xonxoff"};
}

Result<void> apply(int fd, const LineSettings& settings) {
  termios t{};
  if (::tcgetattr(fd, &t) < 0) return base::sys_error(errno, "line settings");
  t.c_cflag &= ~static_cast<tcflag_t>(CSIZE | PARENB | PARODD | CSTOPB | CRTSCTS);
  const tcflag_t mode = is_pty(fd) ? CS8 | (settings.mode & CSTOPB) : settings.mode;
  t.c_cflag |= mode | CLOCAL | CREAD | (settings.hardware ? CRTSCTS : 0U);
  t.c_iflag &= ~static_cast<tcflag_t>(IXON | IXOFF | IXANY);
  if (settings.software) t.c_iflag |= IXON | IXOFF;
  ::cfsetispeed(&t, settings.speed);
  ::cfsetospeed(&t, settings.speed);
  if (::tcsetattr(fd, TCSANOW, &t) < 0) return base::sys_error(errno, "line settings");
  termios got{};
  if (::tcgetattr(fd, &got) < 0) return base::sys_error(errno, "line settings");
  if (::cfgetospeed(&got) != settings.speed) {
    return base::error(Errc::io, "the device does not know this speed");
  }
  return {};
}

bool is_serial(std::string_view device) {
  return !device.starts_with("/dev/pts/");
}

}  // namespace pty
