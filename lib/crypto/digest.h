// digest: what identifies bytes. SHA-256 where it must hold against an enemy; SHA-1 only where a
// protocol says so (Redis names its scripts by it).
#pragma once

#include <string>
#include <string_view>

namespace crypto {

// The 20 bytes in base64: how a websocket's handshake wants it (RFC 6455, 4.2.2).
std::string sha1_base64(std::string_view bytes);

// In hexadecimal, small letters: 64 and 40 characters.
std::string sha256_hex(std::string_view bytes);
std::string sha1_hex(std::string_view bytes);

}  // namespace crypto
