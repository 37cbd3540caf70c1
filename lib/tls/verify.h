// verify: why a peer's certificate was refused, in words that say what to look at. Pure.
#pragma once

#include <string>
#include <string_view>

struct x509_st;

namespace tls {

// `error` is OpenSSL's X509_V_ERR_..., `cert` the certificate of the chain that it is about (null:
// unknown), `name` whom we wanted to reach ("": a client's certificate, which has no such name).
// Names in certificates are a stranger's words: control bytes come out as \xNN.
std::string refusal(long error, const x509_st* cert, std::string_view name);

// Whom a certificate is of: the common name of its subject; without one the first e-mail address
// among its alternative names, else the first DNS name; "": none of them. In the same form.
std::string owner(const x509_st* cert);

}  // namespace tls
