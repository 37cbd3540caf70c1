// session: TLS over one connected, non-blocking socket, for who has a loop of its own. Nothing here
// blocks: a step that cannot go on says what it waits for. Who uses net::Loop takes stream.h.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/tls/context.h"
#include "lib/tls/handle.h"

namespace tls {

// done: bytes went through (or the handshake is over); read, write: come again when the socket is
// ready for that; ended: the peer said that it sends no more.
enum class Step { done, read, write, ended };

class Session {
 public:
  // `name`: as for client_handle.
  static base::Result<Session> client(const Context& context, base::Fd socket,
                                      std::string_view name);
  static base::Result<Session> server(const Context& context, base::Fd socket);

  int fd() const { return socket_.get(); }

  // Until it says done, no byte of the user's goes either way.
  base::Result<Step> handshake();
  // How many bytes were moved is added to `moved`; at least one with `done`. A read takes as much
  // as there is and fits, a write one record at most (16 KiB).
  base::Result<Step> read(std::span<char> room, size_t& moved);
  base::Result<Step> write(std::string_view bytes, size_t& moved);
  // Tells the peer that no more comes; its bytes can still be read. Not to be repeated after done.
  base::Result<Step> shut();

 private:
  Session(Handle handle, base::Fd socket);
  base::Result<Step> outcome(int rc);

  base::Fd socket_;
  Handle handle_;
  std::optional<base::Result<Step>> later_;
};

}  // namespace tls
