#include "lib/tls/verify.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>

#include "lib/base/cat.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

namespace tls {

using base::cat;

namespace {

constexpr int64_t kMicro = 1000000;
// A certificate for hundreds of names need not fill the screen.
constexpr size_t kMostNames = 5;

std::string text_of(const ASN1_STRING* s) {
  const std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)),
                               static_cast<size_t>(ASN1_STRING_length(s)));
  return base::log::printable(bytes);
}

// "": it has none.
std::string only_common_name(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  return at < 0 ? "" : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

// The common name; all of the name where it has none.
std::string common_name(const X509_NAME* name) {
  if (std::string found = only_common_name(name); !found.empty()) return found;
  std::array<char, 256> line{};
  X509_NAME_oneline(name, line.data(), static_cast<int>(line.size()));
  return base::log::printable(line.data());
}

std::string date(const ASN1_TIME* when) {
  std::tm utc{};
  if (ASN1_TIME_to_tm(when, &utc) != 1) return "an unreadable date";
  return base::rfc3339(static_cast<int64_t>(::timegm(&utc)) * kMicro);
}

std::string address_text(const ASN1_OCTET_STRING* ip) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(ip) == sizeof(in_addr) ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(ip) != sizeof(in6_addr)) return "?";
  ::inet_ntop(family, ASN1_STRING_get0_data(ip), text.data(), text.size());
  return text.data();
}

using GeneralNames = std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)>;

GeneralNames alternatives(const X509* cert) {
  return {
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(cert, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free};
}

// The names that the certificate is for, as it gives them (RFC 6125): "a.example, 10.0.0.1".
std::string names_of(const X509* cert) {
  const GeneralNames all = alternatives(cert);
  std::string out;
  size_t count = 0;
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); i++) {
    const GENERAL_NAME* n = sk_GENERAL_NAME_value(all.get(), i);
    if (n->type != GEN_DNS && n->type != GEN_IPADD) continue;
    if (++count > kMostNames) return out + ", ...";
    if (!out.empty()) out += ", ";
    out += n->type == GEN_DNS ? text_of(n->d.dNSName) : address_text(n->d.iPAddress);
  }
  return out.empty() ? common_name(X509_get_subject_name(cert)) : out;
}

std::string untrusted(const X509* cert) {
  return cat("issued by ", common_name(X509_get_issuer_name(cert)),
             ", which is not among the trusted authorities");
}

std::string self_signed(const X509* cert) {
  return cat("self-signed by ", common_name(X509_get_subject_name(cert)),
             ", which is not among the trusted authorities");
}

}  // namespace

std::string owner(const x509_st* cert) {
  if (std::string name = only_common_name(X509_get_subject_name(cert)); !name.empty()) return name;
  const GeneralNames all = alternatives(cert);
  std::string host;
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); i++) {
    const GENERAL_NAME* n = sk_GENERAL_NAME_value(all.get(), i);
    if (n->type == GEN_EMAIL) return text_of(n->d.rfc822Name);
    if (n->type == GEN_DNS && host.empty()) host = text_of(n->d.dNSName);
  }
  return host;
}

std::string refusal(long error, const x509_st* cert, std::string_view name) {
  if (cert == nullptr) return X509_verify_cert_error_string(error);
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return cat("the one of ", common_name(X509_get_subject_name(cert)), " expired at ",
                 date(X509_get0_notAfter(cert)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return cat("the one of ", common_name(X509_get_subject_name(cert)), " is valid only from ",
                 date(X509_get0_notBefore(cert)), " on (is this machine's clock right?)");
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return cat("it is for ", names_of(cert), ", not for ", name);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return self_signed(cert);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return untrusted(cert);
    default:
      return cat(X509_verify_cert_error_string(error), ": ",
                 common_name(X509_get_subject_name(cert)));
  }
}

}  // namespace tls
