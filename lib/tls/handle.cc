#include "lib/tls/handle.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>

#include "lib/tls/verify.h"

namespace tls {

using base::Errc;
using base::error;
using base::Error;
using base::Result;

namespace {

// What is remembered beside the connection.
struct Notes {
  std::string name;     // whom we want to reach
  std::string refused;  // why the peer's certificate was not good enough
};

// The place that OpenSSL leaves to the application.
constexpr int kNotes = 0;

Notes* notes_of(const SSL* ssl) {
  return static_cast<Notes*>(SSL_get_ex_data(ssl, kNotes));
}

// Called for each certificate of the chain. It never changes the verdict, it only notes the first
// reason, for after a refusal OpenSSL forgets which certificate it was.
int note_refusal(int good, X509_STORE_CTX* store) noexcept {
  if (good == 1) return good;
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  Notes* notes = notes_of(ssl);
  if (notes->refused.empty()) {
    notes->refused = refusal(X509_STORE_CTX_get_error(store),
                             X509_STORE_CTX_get_current_cert(store), notes->name);
  }
  return good;
}

Result<Handle> make(const Context& context, std::string_view name) {
  Handle h(SSL_new(context.get()));
  if (!h) {
    ERR_clear_error();
    return error(Errc::io, "OpenSSL: no memory for a connection");
  }
  SSL_set_ex_data(h.get(), kNotes, new Notes{std::string(name), {}});
  SSL_set_verify(h.get(), SSL_get_verify_mode(h.get()), note_refusal);
  return h;
}

// A final dot says that the name is whole; certificates have none (RFC 6066).
std::string_view bare(std::string_view name) {
  name = name.substr(0, name.find('%'));  // the interface of a link-local address
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

bool set_name(SSL* ssl, std::string name) {
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str()) == 1) return true;
  ERR_clear_error();
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // SSL_set_tlsext_host_name() is a macro with a C cast.
  return SSL_set1_host(ssl, name.c_str()) == 1 &&
         SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
}

std::string reason_text(unsigned long code) {
  const char* text = ERR_reason_error_string(code);
  return text == nullptr ? base::cat("OpenSSL error ", code) : text;
}

// What the peer said about us before it hung up (RFC 8446, 6.2).
Error alert(int number) {
  switch (number) {
    case SSL_AD_PROTOCOL_VERSION:
      return error(Errc::denied, "the peer speaks no TLS 1.2 or later");
    case TLS13_AD_CERTIFICATE_REQUIRED:
      return error(Errc::denied, "the peer demands a client certificate");
    case SSL_AD_HANDSHAKE_FAILURE:
      return error(Errc::denied,
                   "the peer refused: handshake failure (does it demand a client certificate?)");
    default:
      return error(Errc::denied, "the peer refused: ", SSL_alert_desc_string_long(number));
  }
}

constexpr int kFirstAlert = SSL_AD_REASON_OFFSET;
constexpr int kLastAlert = SSL_AD_REASON_OFFSET + 255;

Error from_library(const SSL* ssl, unsigned long code) {
  const int why = ERR_GET_REASON(code);
  if (why == SSL_R_CERTIFICATE_VERIFY_FAILED && !notes_of(ssl)->refused.empty()) {
    return error(Errc::denied, "certificate refused: ", notes_of(ssl)->refused);
  }
  if (why >= kFirstAlert && why <= kLastAlert) return alert(why - kFirstAlert);
  switch (why) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return error(Errc::closed, "the peer ended the connection without TLS's goodbye");
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return error(Errc::bad_input, "the peer does not speak TLS");
    case SSL_R_UNSUPPORTED_PROTOCOL:
      return error(Errc::denied, "the peer speaks no TLS 1.2 or later");
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return error(Errc::denied, "the peer showed no certificate");
    default:
      return error(Errc::io, reason_text(code));
  }
}

}  // namespace

void free_handle(ssl_st* ssl) {
  delete notes_of(ssl);
  SSL_free(ssl);
}

Result<Handle> client_handle(const Context& context, std::string_view name) {
  const std::string wanted(bare(name));
  if (wanted.empty()) return error(Errc::bad_input, "no name to verify the peer by");
  Result<Handle> h = make(context, wanted);
  if (!h) return h;
  SSL_set_connect_state(h->get());
  if (!set_name(h->get(), wanted)) {
    ERR_clear_error();
    return error(Errc::bad_input, wanted, ": no name that a certificate could have");
  }
  return h;
}

Result<Handle> server_handle(const Context& context) {
  Result<Handle> h = make(context, "");
  if (h) SSL_set_accept_state(h->get());
  return h;
}

Error failure(ssl_st* ssl, unsigned long code, int sys) {
  ERR_clear_error();
  if (code != 0 && ERR_GET_LIB(code) == ERR_LIB_SSL) return from_library(ssl, code);
  if (code != 0 && !ERR_SYSTEM_ERROR(code)) return error(Errc::io, reason_text(code));
  if (sys != 0) return base::sys_error(sys, "connection");
  return error(Errc::closed, "the peer ended the connection without TLS's goodbye");
}

Error failure(ssl_st* ssl, int sys) {
  return failure(ssl, ERR_peek_error(), sys);
}

}  // namespace tls
