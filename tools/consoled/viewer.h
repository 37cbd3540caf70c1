// Viewer: one who looks at a console: its keys by its rules (escape keys, whole lines, or raw), its
// place in the stream, and what is known of it. Owned by its Console.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/net/fanout.h"
#include "lib/net/keys.h"
#include "lib/wire/line.h"
#include "tools/consoled/escape.h"
#include "tools/consoled/gate.h"

namespace consoled {

class Console;
class Viewer;

// How one comes in.
struct Admission {
  enum class Rule {
    raw,      // keys pass as they come
    lines,    // whole lines, and those that are too long not at all (ptybuffer's rule)
    escapes,  // as they come, but for goconserver's escape keys
  };

  Visitor visitor;
  bool readonly = false;
  Rule rule = Rule::raw;
  uint64_t from = 0;        // absolute offset, within the ring
  std::string prefix;       // goes before everything, framed already
  std::string first_input;  // what it sent before it was a viewer
  const net::Framing* framing = nullptr;
  // Takes keys out of what the peer sends, and gives them to keys(); null: that is keys. No bytes:
  // the peer will send no more.
  std::function<void(Viewer&, std::string_view)> decode = nullptr;
  std::function<void()> gone = nullptr;  // called last
};

class Viewer {
 public:
  Viewer(Console& console, uint64_t number, Admission admission);
  Viewer(const Viewer&) = delete;
  Viewer& operator=(const Viewer&) = delete;

  // Joins the stream; once, by the Console.
  void join(net::Fanout& fanout, base::Fd fd);
  // What it typed; no bytes: it will type no more.
  void keys(std::string_view bytes);
  // Ends it, and with it its wish that the console be connected.
  void drop() {
    leaving_ = true;
    stream_->drop();
  }
  bool leaving() const { return leaving_; }

  // Shows it a text, at its place in the stream.
  void tell(std::string_view text) { stream_->note(text); }
  // For faces with a protocol of their own.
  net::Viewer& stream() { return *stream_; }

  uint64_t number() const { return number_; }
  const Visitor& visitor() const { return admission_.visitor; }
  bool readonly() const { return admission_.readonly; }
  bool raw() const { return admission_.rule != Admission::Rule::lines; }
  int64_t since_us() const { return since_us_; }
  uint64_t input_bytes() const { return input_bytes_; }
  uint64_t input_waiting() const { return sender_->waiting; }
  // It is not read from: what it typed waits.
  bool input_held() const { return sender_->held; }
  uint64_t cursor() const { return stream_->cursor(); }
  uint64_t skipped() const { return stream_->skipped(); }

  // The console's: it is gone from the stream.
  void left();

 private:
  void input(std::string_view bytes);
  void by_lines(std::string_view bytes);
  void by_escapes(std::string_view bytes);
  void type(std::string unit);
  void hold(bool on);

  Console& console_;
  uint64_t number_;
  Admission admission_;
  int64_t since_us_;
  uint64_t input_bytes_ = 0;
  bool leaving_ = false;
  bool told_readonly_ = false, told_dropped_ = false;
  wire::LineSplitter lines_;
  Escape escape_;
  std::shared_ptr<net::Keys::Sender> sender_;
  net::Viewer* stream_ = nullptr;  // the Fanout's, until it says gone
};

}  // namespace consoled
