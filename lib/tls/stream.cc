#include "lib/tls/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>

#include "lib/base/check.h"
#include "lib/tls/handle.h"
#include "lib/tls/verify.h"

namespace tls {

using base::Fd;
using base::Result;
using net::Stream;

namespace {

size_t unsent(bufferevent* b) {
  return evbuffer_get_length(bufferevent_get_output(b));
}

void shut(bufferevent* b) {
  SSL* ssl = bufferevent_openssl_get_ssl(b);
  if (SSL_is_init_finished(ssl) == 1) SSL_shutdown(ssl);
  ERR_clear_error();
}

// Goodbye only where nothing is missing: the peer must be able to tell.
void free_tls(bufferevent* b) {
  if (unsent(b) == 0) shut(b);
  const Fd closing(bufferevent_getfd(b));
  const Handle handle(bufferevent_openssl_get_ssl(b));
  bufferevent_free(b);
}

void last_words(bufferevent* b) {
  SSL* ssl = bufferevent_openssl_get_ssl(b);
  if (SSL_is_init_finished(ssl) != 1) return;  // nobody has been verified yet
  evbuffer* output = bufferevent_get_output(b);
  evbuffer_unfreeze(output, 1);
  while (evbuffer_get_length(output) > 0) {
    size_t n = 0;
    const size_t piece = evbuffer_get_contiguous_space(output);
    if (SSL_write_ex(ssl, evbuffer_pullup(output, static_cast<ssize_t>(piece)), piece, &n) != 1) {
      break;
    }
    evbuffer_drain(output, n);
  }
  ERR_clear_error();
}

// libevent keeps a few errors, the first one at the bottom, below it SSL_get_error()'s number.
base::Error reason(bufferevent* b) {
  const int sys = errno;
  unsigned long first = 0;
  while (const unsigned long code = bufferevent_get_openssl_error(b)) {
    if (ERR_GET_LIB(code) != 0) first = code;
  }
  return failure(bufferevent_openssl_get_ssl(b), first, sys);
}

std::string peer(bufferevent* b) {
  const SSL* ssl = bufferevent_openssl_get_ssl(b);
  const X509* cert = SSL_get0_peer_certificate(ssl);
  const bool verified = SSL_is_init_finished(ssl) == 1 && SSL_get_verify_result(ssl) == X509_V_OK;
  return cert != nullptr && verified ? owner(cert) : "";
}

constexpr net::Transport kTls{free_tls, shut, last_words, reason, peer};

std::unique_ptr<Stream> wrap(net::Loop& loop, Handle handle, Fd socket, bufferevent_ssl_state state,
                             Stream::Events events) {
  bufferevent* b =
      bufferevent_openssl_socket_new(loop.base(), socket.release(), handle.release(), state, 0);
  CHECK(b != nullptr);
  return std::make_unique<Stream>(b, kTls, std::move(events));
}

}  // namespace

Result<std::unique_ptr<Stream>> connect_stream(net::Loop& loop, const Context& context, Fd socket,
                                               std::string_view name, Stream::Events events) {
  Result<Handle> h = client_handle(context, name);
  if (!h) return h.error();
  return wrap(loop, std::move(*h), std::move(socket), BUFFEREVENT_SSL_CONNECTING,
              std::move(events));
}

Result<std::unique_ptr<Stream>> accept_stream(net::Loop& loop, const Context& context, Fd socket,
                                              Stream::Events events) {
  Result<Handle> h = server_handle(context);
  if (!h) return h.error();
  return wrap(loop, std::move(*h), std::move(socket), BUFFEREVENT_SSL_ACCEPTING, std::move(events));
}

}  // namespace tls
