// handle: OpenSSL's object for one connection, told whom to verify; and what went wrong with it, as
// an Error. For session.cc and stream.cc, the two ways to move its bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/tls/context.h"

struct ssl_st;

namespace tls {

void free_handle(ssl_st* ssl);

struct FreeHandle {
  void operator()(ssl_st* ssl) const { free_handle(ssl); }
};
using Handle = std::unique_ptr<ssl_st, FreeHandle>;

// For a client: the certificate must be for `name`, a host name (sent along, SNI) or a numeric
// address (not sent, RFC 6066). bad_input: no name at all, or one too long.
base::Result<Handle> client_handle(const Context& context, std::string_view name);
base::Result<Handle> server_handle(const Context& context);

// Why the last call for this connection failed, from OpenSSL's queue, which is empty afterwards,
// and from `sys`, its errno. A refused certificate, ours or the peer's, is `denied`; an end without
// goodbye `closed`, for what came before may have been cut off.
base::Error failure(ssl_st* ssl, int sys);
// The same for an error that was taken from the queue already (0: none).
base::Error failure(ssl_st* ssl, unsigned long code, int sys);

}  // namespace tls
