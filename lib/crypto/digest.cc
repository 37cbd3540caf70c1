#include "lib/crypto/digest.h"

#include <openssl/evp.h>

#include <array>

#include "lib/base/check.h"

namespace crypto {

namespace {

std::string hex(const EVP_MD* kind, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned size = 0;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), raw.data(), &size, kind, nullptr) == 1);
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; i++) {
    out += kDigits[raw[i] >> 4U];
    out += kDigits[raw[i] & 15U];
  }
  return out;
}

}  // namespace

std::string sha1_base64(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned size = 0;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), raw.data(), &size, EVP_sha1(), nullptr) == 1);
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> text{};
  const int n = EVP_EncodeBlock(text.data(), raw.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(text.data()), static_cast<size_t>(n)};
}

std::string sha256_hex(std::string_view bytes) {
  return hex(EVP_sha256(), bytes);
}

std::string sha1_hex(std::string_view bytes) {
  return hex(EVP_sha1(), bytes);
}

}  // namespace crypto
