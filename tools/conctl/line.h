// Line: the bytes of one console, both ways, without the frames they come in; and where in its
// stream one is.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "lib/net/frames.h"
#include "lib/net/loop.h"
#include "lib/net/note_frames.h"
#include "lib/net/stream.h"
#include "tools/conctl/attach.h"

namespace conctl {

class Line {
 public:
  // They may not delete the Line: they ask loop.defer.
  struct Events {
    // `words`: they are the daemon's own.
    std::function<void(std::string_view, bool words)> data;
    // No more comes. Once.
    std::function<void(std::optional<base::Error>)> end;
    std::function<void()> low_water;
  };

  Line(net::Loop& loop, Attached attached, Events events);
  ~Line() { leave(); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  // Gives data what came with the answer; once, at first.
  void start();
  void send(std::string_view keys);
  bool full() const { return stream_.full(); }
  void pause(bool on) { stream_.pause(on); }
  // end was called.
  bool over() const { return ended_; }
  // No more keys come. Frames have no word for it: half a close ends a session there.
  void finish();
  size_t untaken() const { return stream_.untaken(); }
  // Of the next byte that data gets: the daemon's own words between the console's do not count.
  const peer::Place& at() const { return at_; }

 private:
  void leave();
  void take(std::string_view bytes);
  void take_port(std::string_view bytes);
  void ended(const std::optional<base::Error>& error);

  Events events_;
  bool port_, ended_ = false;
  std::string first_;
  net::FrameReader port_frames_;
  net::Unframer frames_;
  peer::Place at_;
  std::unique_ptr<Link> link_;
  net::Stream stream_;
};

}  // namespace conctl
