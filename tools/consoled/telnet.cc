#include "tools/consoled/telnet.h"

namespace consoled {

namespace {

// RFC 854.
constexpr unsigned char kSe = 240, kBreak = 243, kSb = 250;
constexpr unsigned char kWill = 251, kWont = 252, kDo = 253, kDont = 254, kIac = 255;
// Options.
constexpr unsigned char kBinary = 0, kEcho = 1, kGoAhead = 3, kType = 24, kSize = 31;
constexpr char kTypeIs = 0, kTypeSend = 1;
constexpr size_t kMaxSub = 64;

bool we_do(unsigned char option) {
  return option == kBinary || option == kGoAhead || option == kType || option == kSize;
}
bool they_may(unsigned char option) {
  return option == kBinary || option == kGoAhead || option == kEcho;
}

char byte(unsigned n) {
  return static_cast<char>(static_cast<unsigned char>(n));
}

void append_doubled(std::string& to, std::string_view bytes) {
  for (const char c : bytes) {
    to += c;
    if (c == byte(kIac)) to += c;
  }
}

}  // namespace

std::string_view Telnet::break_key() {
  static constexpr char kBytes[] = {static_cast<char>(kIac), static_cast<char>(kBreak)};
  return {kBytes, sizeof kBytes};
}

size_t Telnet::receive(std::span<char> bytes) {
  size_t kept = 0;
  for (const char raw : bytes) {
    const auto c = static_cast<unsigned char>(raw);
    if (state_ == State::cr) {
      state_ = State::data;
      if (c == 0) continue;  // CR NUL is a bare CR
    }
    if (state_ == State::data && c != kIac) {
      bytes[kept++] = raw;
      if (c == '\r' && !theirs_[kBinary]) state_ = State::cr;
    } else if (state_ == State::iac && c == kIac) {
      bytes[kept++] = raw;
      state_ = State::data;
    } else {
      command(c);
    }
  }
  return kept;
}

void Telnet::command(unsigned char c) {
  switch (state_) {
    case State::iac:
      verb_ = c;
      sub_.clear();
      state_ = c == kSb ? State::sub : c >= kWill ? State::verb : State::data;
      break;
    case State::verb:
      state_ = State::data;
      option(verb_, c);
      break;
    case State::sub:
      if (c == kIac) {
        state_ = State::sub_iac;
      } else if (sub_.size() < kMaxSub) {
        sub_ += byte(c);
      }
      break;
    case State::sub_iac:
      state_ = c == kIac ? State::sub : State::data;
      if (c == kSe) subnegotiation();
      if (c == kIac && sub_.size() < kMaxSub) sub_ += byte(c);
      break;
    default:
      state_ = State::iac;
  }
}

void Telnet::answer(unsigned char verb, unsigned char option) {
  replies_ += {byte(kIac), byte(verb), byte(option)};
}

// A change is confirmed, what is so already is not answered, a refusal is said once.
void Telnet::option(unsigned char verb, unsigned char option) {
  const bool theirs = verb == kWill || verb == kWont;
  std::bitset<256>& on = theirs ? theirs_ : ours_;
  std::bitset<256>& refused = theirs ? refused_theirs_ : refused_ours_;
  const unsigned char yes = theirs ? kDo : kWill, no = theirs ? kDont : kWont;
  if (verb == kWont || verb == kDont) {
    if (on[option]) answer(no, option);
    on[option] = false;
  } else if (!(theirs ? they_may(option) : we_do(option))) {
    if (!refused[option]) answer(no, option);
    refused[option] = true;
  } else if (!on[option]) {
    on[option] = true;
    answer(yes, option);
    if (!theirs && option == kSize) send_size();
  }
}

void Telnet::subnegotiation() {
  if (sub_ != std::string{byte(kType), kTypeSend} || !ours_[kType]) return;
  replies_ += {byte(kIac), byte(kSb), byte(kType), kTypeIs};
  append_doubled(replies_, terminal_);
  replies_ += {byte(kIac), byte(kSe)};
}

void Telnet::resize(pty::Size size) {
  size_ = size;
  if (ours_[kSize]) send_size();
}

void Telnet::send_size() {
  replies_ += {byte(kIac), byte(kSb), byte(kSize)};
  append_doubled(replies_, std::string{byte(size_.columns >> 8U), byte(size_.columns & 0xffU),
                                       byte(size_.rows >> 8U), byte(size_.rows & 0xffU)});
  replies_ += {byte(kIac), byte(kSe)};
}

std::string Telnet::keys(std::string_view keys) const {
  std::string out;
  out.reserve(keys.size() + 8);
  for (const char c : keys) {
    out += c;
    if (c == byte(kIac)) out += c;
    if (c == '\r' && !ours_[kBinary]) out += '\0';
  }
  return out;
}

}  // namespace consoled
