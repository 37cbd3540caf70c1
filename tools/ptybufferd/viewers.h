// Viewers: who looks at the job. Admits them with what they are shown first (about block, marker,
// history), reads their keys by their rules, and knows them by number.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "lib/base/fd.h"
#include "lib/net/fanout.h"
#include "lib/peer/events.h"
#include "lib/peer/who.h"
#include "lib/wire/line.h"
#include "tools/ptybufferd/job.h"
#include "tools/ptybufferd/options.h"
#include "tools/ptybufferd/terminal.h"

namespace ptybufferd {

// What a viewer asked for when it attached through the control socket.
struct Admission {
  bool readonly = false;
  bool raw = false;         // keys pass as they come, whatever -i says
  bool frames = false;      // what is no part of the stream is told from it (net/note_frames)
  uint64_t from = 0;        // absolute offset, within the ring
  std::string unsent;       // goes before everything (the answer to its request)
  std::string first_input;  // what it sent behind its request
};

class Viewers {
 public:
  struct Entry {
    uint64_t number = 0;
    peer::Who who;
    bool readonly = false, raw = false;
    int64_t since_us = 0;
    uint64_t input_bytes = 0, lines_dropped = 0;
    bool told_dropped = false;  // that nobody reads, since something ran
    wire::LineSplitter lines;
    std::shared_ptr<net::Keys::Sender> sender;
    net::Viewer* viewer = nullptr;  // owned by the Fanout until its gone()
  };

  // `socket_fd`: the listening socket's number, for the about block.
  Viewers(net::Loop& loop, const Options& options, Channel channel, Job& job, peer::Events& events,
          int socket_fd, std::function<void()> none_left);

  // A connection of the data socket: ptybuffer's order of about block, marker, history, live.
  void join(base::Fd fd);
  // The number of the viewer that the next attach() will make.
  uint64_t next_number() const { return next_; }
  void attach(base::Fd fd, Admission admission);

  bool kick(uint64_t number);
  const std::map<uint64_t, Entry>& all() const { return entries_; }

 private:
  std::string greeting(uint64_t from) const;
  Entry& admit(base::Fd fd, const Admission& admission, std::string prefix);
  void input(Entry& e, std::string_view bytes);
  void lines(Entry& e, std::string_view bytes);
  void type(Entry& e, std::string unit);
  void held(uint64_t number, bool on);
  void tell_held();
  void gone(uint64_t number);

  net::Loop& loop_;
  const Options& options_;
  Channel channel_;
  Job& job_;
  peer::Events& events_;
  int socket_fd_;
  std::function<void()> none_left_;
  std::map<uint64_t, Entry> entries_;
  uint64_t next_ = 1;
  net::Timer tell_;
};

}  // namespace ptybufferd
