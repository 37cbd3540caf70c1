// Stream: bytes both ways over one connected descriptor (a socket, or TLS over one), buffered, with
// high and low water. For conversations; console bytes to viewers go through Fanout, without a
// copy.
//
// Its callbacks may not delete it: they ask loop.defer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/loop.h"

struct bufferevent;

namespace net {

// What differs between a plain socket and TLS. It lives as long as the program.
struct Transport {
  void (*free)(bufferevent*);           // closes the descriptor, too
  void (*shut)(bufferevent*);           // all was sent: tells the peer that no more comes
  void (*last_words)(bufferevent*);     // sends of the unsent what goes out without waiting
  base::Error (*reason)(bufferevent*);  // why the connection broke
  // Who the peer has proved to be, after the handshake; null: nobody proves anything.
  std::string (*peer)(bufferevent*) = nullptr;
};

class Stream {
 public:
  struct Events {
    // Bytes came; they are gone after the call.
    std::function<void(std::string_view)> data;
    // The peer will send no more (null), or the connection broke. Each comes once at most; after a
    // null it may still break, and then what is unsent is lost.
    std::function<void(std::optional<base::Error>)> end;
    // What was unsent fell below low water; empty function: not interested.
    std::function<void()> low_water;
    // The handshake is done, the peer is who it should be; never called for a plain socket.
    std::function<void()> ready = nullptr;
  };

  // What is unsent when low_water is called, and above which full() is true.
  static constexpr size_t kLowWater = 16 * 1024;
  static constexpr size_t kHighWater = 256 * 1024;

  Stream(Loop& loop, base::Fd fd, Events events);
  // Takes a bufferevent of another kind.
  Stream(bufferevent* owned, const Transport& transport, Events events);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Another owner goes on with it. Not within a callback; what was told is not told again.
  void set_events(Events events) { events_ = std::move(events); }

  // Queues a copy. There is no bound here: who sends asks full() first.
  void send(std::string_view bytes);
  size_t unsent() const;
  bool full() const { return unsent() >= kHighWater; }
  // With what the peer has not taken yet (SIOCOUTQ): over TCP, acknowledged; on a unix socket,
  // read, where each message counts with the kernel's own bytes.
  size_t untaken() const;

  // Stops or goes on reading: the peer is held back by its own socket.
  void pause(bool on);

  // Half-close: the peer sees the end once everything was sent; its bytes still come.
  void finish();
  // Everything was sent after finish(), or there was nothing.
  bool finished() const { return finishing_ && unsent() == 0; }

  int fd() const;
  // The name in the certificate that the peer showed and that was verified; "": there is none.
  std::string peer() const;

  // Ends the stream and gives the descriptor back, with what was not yet sent, for a connection
  // that becomes something else. May be called in the data callback. For plain sockets only.
  struct Released {
    base::Fd fd;
    std::string unsent;
  };
  Released release();

 private:
  static void on_read(bufferevent* b, void* self) noexcept;
  static void on_write(bufferevent* b, void* self) noexcept;
  static void on_event(bufferevent* b, short what, void* self) noexcept;
  void ended(std::optional<base::Error> error);
  void shut();

  struct FreeBy {
    const Transport* transport;
    void operator()(bufferevent* b) const { transport->free(b); }
  };
  std::unique_ptr<bufferevent, FreeBy> b_;
  Events events_;
  bool finishing_ = false;
  bool input_over_ = false;
  bool ended_ = false;
};

}  // namespace net
