// Console: one node's line from connect to connect, and those who look at it. Holds the state
// machine of state.h; owned by Consoles. What is large (the Tape, a driver, timers) is there only
// while it is needed, for most of ten thousand are idle.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/backoff.h"
#include "tools/consoled/driver.h"
#include "tools/consoled/node.h"
#include "tools/consoled/shared.h"
#include "tools/consoled/silence.h"
#include "tools/consoled/state.h"
#include "tools/consoled/tape.h"
#include "tools/consoled/typing.h"
#include "tools/consoled/viewer.h"

namespace consoled {

class Console final : public Intake {
 public:
  // Who needs a console connected without being its viewer (yet): an on-demand one stays up while
  // there is one. Told once when it is up, or when an attempt failed; never within a call.
  class Interest {
   public:
    using Told = std::function<void(base::Result<void>)>;
    Interest(Console& console, Told told);
    ~Interest();
    Interest(const Interest&) = delete;
    Interest& operator=(const Interest&) = delete;

   private:
    friend class Console;
    Console* console_;  // null: it is gone
    Told told_;
  };

  Console(Shared& shared, Node node);
  ~Console() override;
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  const Node& node() const { return node_; }
  // Changes with the definition, and with each start of the daemon: an ETag (RFC 9110, 8.8.3).
  std::string revision() const { return base::cat('"', shared_.epoch, '-', revision_, '"'); }
  const std::string& name() const { return node_.name; }
  const Status& status() const { return status_; }
  // Null while there is none.
  const Tape* tape() const { return tape_.get(); }
  Tape* tape() { return tape_.get(); }

  // --- What is wanted

  // goconserver's state=on and off. False: it is so already.
  bool switch_on();
  bool switch_off();
  // Connects if that is how it is defined; once, after it was made.
  void start();
  // Tries now, where it waits for the next attempt: somebody asked for that.
  void retry();
  // The same, and a line that is up is closed first; what outlives it is found again.
  void reconnect();
  // Closes the line, and keeps it closed whoever looks, until switch_on() or reconnect(). `by`: for
  // the record.
  void take_down(std::string_view by);
  bool is_down() const { return !down_why_.empty(); }
  // Ends the line, also one that would outlive this daemon; for a node that is deleted.
  void terminate();
  // Ends the line for good; the daemon stops. What outlives it goes on.
  void stop();
  // The definition is another one: a new line by it.
  void redefine(Node node);

  // --- Who looks

  using Viewers = std::map<uint64_t, Viewer>;
  const Viewers& viewers() const { return viewers_; }
  // What there is to be seen; makes the Tape.
  peer::Seen seen();
  // The number of the viewer that the next attach() will make.
  uint64_t next_viewer() const { return shared_.next_viewer; }
  // busy: it has as many viewers as it may have.
  base::Result<void> may_attach() const;
  Viewer& attach(base::Fd fd, Admission admission);
  bool kick(uint64_t number);

  // --- What goes to the target

  // All of it, or an error: it is dropped. busy: more waits than may; closed: there is no line.
  base::Result<void> type(const std::shared_ptr<net::Keys::Sender>& from, std::string unit);
  // The same for what nobody is held back for.
  base::Result<void> send(std::string_view bytes);
  // A break sequence: one of the nine, or a text in their language. `by`: for the record. busy: too
  // many wait for the keys before them, or for each other's pauses.
  base::Result<void> send_break(int number, std::string_view by);
  base::Result<void> send_break(std::string_view sequence, std::string_view by);
  void resize(pty::Size size);
  const std::optional<pty::Size>& size() const { return size_; }
  uint64_t input_waiting() const;

  // --- Words of people

  // To all who look.
  void message(std::string_view text, std::string_view by);
  // Into the journal. closed: it has none.
  base::Result<void> remark(std::string_view text, std::string_view by);

  // The journal's file is opened again.
  void reopen();
  // Gives back what an idle console does not need; to be called now and then.
  void sweep();

  // --- For its Viewers
  void break_by(Viewer& viewer, int number);
  void gone(Viewer& viewer);

 private:
  enum class Wish : uint8_t { as_defined, on, off, never };

  struct Retry {
    Retry(const ConnectSettings& s, net::Loop& loop, std::function<void()> due)
        : first(s.first_wait),
          most(s.longest_wait),
          backoff(first, most),
          timer(loop, std::move(due)) {}
    base::Duration first, most;  // a reload may have changed them
    net::Backoff backoff;
    net::Timer timer;
  };
  // Intake
  std::optional<SourcePosition> last_position() const override;
  void opened(std::optional<SourcePosition> source) override;
  iovec room() override;
  void commit(size_t n) override;
  void publish() override;
  void moved(SourcePosition source, std::string why) override;
  void writable() override;
  void closed(base::Error why) override;

  bool wanted() const;
  void lift();
  void update();
  void hurry();
  void happen(Happening what);
  void queue();
  void hold();
  bool held() const;
  void due();
  Retry& retry_now();
  void set_next(base::Time when);
  void open();
  void greet();
  void drop();
  void set_retry();
  void lose_line();
  void break_off(base::Error why);
  void begin_anew(State from, Happening what);
  Tape& tape_now();
  Typing& typing_now();
  void begin_chat();
  void begin_idle();
  void settle(const base::Result<void>& result);
  base::Result<void> play_break(Steps steps, std::string_view what, std::string_view by);
  void tell_all(std::string_view text);
  void note(journal::Kind kind, std::string text);

  Shared& shared_;
  Node node_;
  uint64_t revision_ = shared_.next_revision++;
  Status status_;
  Wish wish_ = Wish::as_defined;
  std::string down_why_;  // it was taken down
  bool told_down_ = false;
  std::optional<pty::Size> size_;
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<Tape> tape_;
  std::unique_ptr<Typing> typing_;
  std::unique_ptr<Retry> retry_;
  std::unique_ptr<Silence> silence_;
  std::optional<journal::Start> start_;  // of the Tape, once it was looked for
  std::optional<SourcePosition> source_;
  uint64_t published_ = 0;  // what was committed before is known to all
  base::Time up_at_{};
  std::optional<base::Error> closed_;
  Viewers viewers_;
  std::vector<Interest*> interests_;
  bool resumed_ = false;     // the line has a session that was here before
  base::Time tried_at_{};    // when the last attempt began
  base::Time not_before_{};  // of the next one, whoever looks; a person who asks has it at once
};

}  // namespace consoled
