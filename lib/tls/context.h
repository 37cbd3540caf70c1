// context: what all TLS connections of one kind have in common: certificate, key, authorities.
// TLS 1.2 and later. Made once, at start-up: reading the system's authorities takes 20 ms.
//
// A client always verifies its peer; there is no way to ask for less. A server that is given
// authorities lets in only who shows a certificate of theirs.
#pragma once

#include <memory>
#include <string>

#include "lib/base/result.h"

struct ssl_ctx_st;

namespace tls {

// PEM files. Encrypted keys are refused: there is nobody to ask for the passphrase.
struct Files {
  std::string ca;    // authorities; empty: the system's (client), no client certificates (server)
  std::string cert;  // ours, with what leads to the authority; a client may have none
  std::string key;   // empty: in the same file
};

void free_context(ssl_ctx_st* c);

class Context {
 public:
  // Errors name the file and say what OpenSSL said.
  static base::Result<Context> client(const Files& files);
  static base::Result<Context> server(const Files& files);

  ssl_ctx_st* get() const { return ctx_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* c) const { free_context(c); }
  };
  explicit Context(ssl_ctx_st* owned) : ctx_(owned) {}

  std::unique_ptr<ssl_ctx_st, Free> ctx_;
};

}  // namespace tls
