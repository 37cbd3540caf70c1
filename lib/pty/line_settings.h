// line_settings: what a serial line needs to be told: speed, data bits, parity, stop bits, flow
// control (termios(3)).
#pragma once

#include <termios.h>

#include <string_view>

#include "lib/base/result.h"

namespace pty {

struct LineSettings {
  speed_t speed = B115200;
  tcflag_t mode = CS8;    // CSIZE, PARENB, PARODD, CSTOPB
  bool hardware = false;  // RTS and CTS
  bool software = false;  // XON and XOFF
};

// "115200", "8n1" (5 to 8; n, e, o; 1, 2), "none" | "rtscts" | "xonxoff". bad_input names what is
// wrong and what could be.
base::Result<LineSettings> parse_line(std::string_view speed, std::string_view mode,
                                      std::string_view flow);

// On a terminal that is raw already; a pseudo-terminal keeps eight bits without parity. An error
// where the device did not take the speed.
base::Result<void> apply(int fd, const LineSettings& settings);

// Its name is not that of a pseudo-terminal.
bool is_serial(std::string_view device);

}  // namespace pty
