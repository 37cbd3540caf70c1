// telnet: the TELNET protocol (RFC 854, 855) as far as a console needs it. Pure: bytes in, bytes
// out.
//
// From the peer ECHO (857), SUPPRESS GO AHEAD (858) and BINARY (856) are welcome; we offer BINARY,
// SUPPRESS GO AHEAD, TERMINAL TYPE (1091) and WINDOW SIZE (1073) when asked. Everything else is
// refused, once, so that two refusing ends cannot go round (RFC 1143's aim, in fewer states).
#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/pty/pty.h"

namespace consoled {

class Telnet {
 public:
  explicit Telnet(std::string terminal = "xterm-256color") : terminal_(std::move(terminal)) {}

  // Takes the protocol out of what came, in place: how many bytes of the console's are left at the
  // front. Answers are appended to replies().
  size_t receive(std::span<char> bytes);
  // What must be sent to the peer besides keys; the caller clears what it sent.
  std::string& replies() { return replies_; }

  // Keys as they must be sent: IAC doubled, and CR followed by NUL where the peer did not agree to
  // BINARY.
  std::string keys(std::string_view keys) const;
  // The BREAK key.
  static std::string_view break_key();
  // The size is told to a peer that asked for it; now, or when it asks.
  void resize(pty::Size size);

 private:
  enum class State : uint8_t { data, cr, iac, verb, sub, sub_iac };
  void command(unsigned char c);
  void option(unsigned char verb, unsigned char option);
  void answer(unsigned char verb, unsigned char option);
  void subnegotiation();
  void send_size();

  State state_ = State::data;
  unsigned char verb_ = 0;
  std::string sub_;                                 // of a subnegotiation, bounded
  std::bitset<256> ours_, theirs_;                  // agreed on
  std::bitset<256> refused_ours_, refused_theirs_;  // said no already
  std::string terminal_, replies_;
  pty::Size size_;
};

}  // namespace consoled
