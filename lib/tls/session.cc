#include "lib/tls/session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <utility>

namespace tls {

using base::Fd;
using base::Result;

namespace {
constexpr size_t kReadAhead = 64 * 1024;
}

Session::Session(Handle handle, Fd socket)
    : socket_(std::move(socket)), handle_(std::move(handle)) {
  SSL_set_fd(handle_.get(), socket_.get());
  // Records come in one system call instead of two, where there are many.
  SSL_set_read_ahead(handle_.get(), 1);
  SSL_set_default_read_buffer_len(handle_.get(), kReadAhead);
}

Result<Session> Session::client(const Context& context, Fd socket, std::string_view name) {
  Result<Handle> h = client_handle(context, name);
  if (!h) return h.error();
  return Session(std::move(*h), std::move(socket));
}

Result<Session> Session::server(const Context& context, Fd socket) {
  Result<Handle> h = server_handle(context);
  if (!h) return h.error();
  return Session(std::move(*h), std::move(socket));
}

// `rc` is what the call returned; OpenSSL's queue must have been empty before it.
Result<Step> Session::outcome(int rc) {
  const int sys = errno;
  switch (SSL_get_error(handle_.get(), rc)) {
    case SSL_ERROR_NONE:
      return Step::done;
    case SSL_ERROR_WANT_READ:
      return Step::read;
    case SSL_ERROR_WANT_WRITE:
      return Step::write;
    case SSL_ERROR_ZERO_RETURN:
      return Step::ended;
    case SSL_ERROR_SYSCALL:
      return failure(handle_.get(), sys);
    default:
      return failure(handle_.get(), 0);
  }
}

Result<Step> Session::handshake() {
  errno = 0;
  return outcome(SSL_do_handshake(handle_.get()));
}

// What comes after the first bytes waits for the next call: an error would not come twice.
Result<Step> Session::read(std::span<char> room, size_t& moved) {
  if (later_) return *std::exchange(later_, std::nullopt);
  size_t total = 0;
  while (total < room.size()) {
    // A record holds at most 16 KiB: another may be there already.
    size_t n = 0;
    errno = 0;
    const int rc = SSL_read_ex(handle_.get(), room.data() + total, room.size() - total, &n);
    if (rc != 1) {
      Result<Step> step = outcome(rc);
      if (total == 0) return step;
      if (!step) later_ = std::move(step);
      break;
    }
    total += n;
  }
  moved += total;
  return Step::done;
}

Result<Step> Session::write(std::string_view bytes, size_t& moved) {
  size_t n = 0;
  errno = 0;
  const int rc = SSL_write_ex(handle_.get(), bytes.data(), bytes.size(), &n);
  moved += n;
  return outcome(rc);
}

Result<Step> Session::shut() {
  errno = 0;
  const int rc = SSL_shutdown(handle_.get());
  return rc >= 0 ? Result<Step>(Step::done) : outcome(rc);
}

}  // namespace tls
