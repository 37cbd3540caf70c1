// stream: TLS as a net::Stream, so that whoever speaks over it knows nothing of TLS. What is sent
// before the handshake is done waits; no byte is handed over, and none leaves, before the peer was
// verified. A refusal is the stream's end, with the reason. One deadline is the user's: until
// Events::ready.
//
// After the peer's goodbye a TLS stream still sends. An end without goodbye is an error: what came
// may have been cut off. A stream that goes with all its bytes sent says goodbye.
#pragma once

#include <memory>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/loop.h"
#include "lib/net/stream.h"
#include "lib/tls/context.h"

namespace tls {

// The socket is connected and non-blocking. `name`: as for client_handle.
base::Result<std::unique_ptr<net::Stream>> connect_stream(net::Loop& loop, const Context& context,
                                                          base::Fd socket, std::string_view name,
                                                          net::Stream::Events events);
base::Result<std::unique_ptr<net::Stream>> accept_stream(net::Loop& loop, const Context& context,
                                                         base::Fd socket,
                                                         net::Stream::Events events);

}  // namespace tls
