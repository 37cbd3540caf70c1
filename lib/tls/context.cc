#include "lib/tls/context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/base/fd.h"

namespace tls {

using base::Errc;
using base::Result;

namespace {

// OpenSSL's reason, from the first error in its queue, which is the deepest one; empties the queue.
std::string reason() {
  const unsigned long code = ERR_get_error();
  const char* text = ERR_reason_error_string(code);
  ERR_clear_error();
  return text == nullptr ? base::cat("OpenSSL error ", code) : text;
}

// Found out by ourselves, for OpenSSL says "system lib" where it means "Permission denied".
Result<void> readable(const std::string& path) {
  const Result<base::Fd> fd = base::open_regular(path);
  if (!fd) return fd.error();
  return {};
}

// Instead of a question on the terminal, which may not be ours.
int no_passphrase(char* /*buf*/, int /*size*/, int /*writing*/, void* /*data*/) noexcept {
  return -1;
}

Result<void> use_certificate(SSL_CTX* ctx, const Files& files) {
  const std::string& key = files.key.empty() ? files.cert : files.key;
  if (Result<void> r = readable(files.cert); !r) return r;
  if (Result<void> r = readable(key); !r) return r;
  if (SSL_CTX_use_certificate_chain_file(ctx, files.cert.c_str()) != 1) {
    return base::error(Errc::bad_input, files.cert, ": no certificate: ", reason());
  }
  if (SSL_CTX_use_PrivateKey_file(ctx, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return base::error(Errc::bad_input, key, ": no usable private key: ", reason());
  }
  if (SSL_CTX_check_private_key(ctx) != 1) {
    return base::error(Errc::bad_input, key, ": not the key of ", files.cert, ": ", reason());
  }
  return {};
}

Result<void> use_authorities(SSL_CTX* ctx, const std::string& ca) {
  if (ca.empty()) {
    if (SSL_CTX_set_default_verify_paths(ctx) == 1) return {};
    return base::error(Errc::io, "the system's certificate authorities: ", reason());
  }
  if (Result<void> r = readable(ca); !r) return r;
  if (SSL_CTX_load_verify_file(ctx, ca.c_str()) == 1) return {};
  return base::error(Errc::bad_input, ca, ": no certificate authority: ", reason());
}

// Tells clients whose certificates are welcome, so that they can choose.
Result<void> demand_certificates(SSL_CTX* ctx, const std::string& ca) {
  if (Result<void> r = use_authorities(ctx, ca); !r) return r;
  SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(ca.c_str()));
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

void common(SSL_CTX* ctx) {
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // A write may be repeated from another place, and what went out of it is told.
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
}

}  // namespace

void free_context(ssl_ctx_st* c) {
  SSL_CTX_free(c);
}

Result<Context> Context::client(const Files& files) {
  Context out(SSL_CTX_new(TLS_client_method()));
  if (!out.ctx_) return base::error(Errc::io, "OpenSSL: ", reason());
  common(out.get());
  SSL_CTX_set_verify(out.get(), SSL_VERIFY_PEER, nullptr);
  if (Result<void> r = use_authorities(out.get(), files.ca); !r) return r.error();
  if (files.cert.empty()) return out;
  if (Result<void> r = use_certificate(out.get(), files); !r) return r.error();
  return out;
}

Result<Context> Context::server(const Files& files) {
  Context out(SSL_CTX_new(TLS_server_method()));
  if (!out.ctx_) return base::error(Errc::io, "OpenSSL: ", reason());
  common(out.get());
  // Without a name for its sessions OpenSSL refuses to resume those with client certificates.
  constexpr unsigned char kName[] = "lineman";
  SSL_CTX_set_session_id_context(out.get(), kName, sizeof kName - 1);
  if (Result<void> r = use_certificate(out.get(), files); !r) return r.error();
  if (files.ca.empty()) return out;
  if (Result<void> r = demand_certificates(out.get(), files.ca); !r) return r.error();
  return out;
}

}  // namespace tls
