// crypto, against the values of FIPS 180; and base/random.
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "lib/base/random.h"
#include "lib/crypto/digest.h"
#include "lib/crypto/equal.h"

TEST_CASE("digest: the values that the standard gives") {
  CHECK(crypto::sha256_hex("abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(crypto::sha256_hex("") ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(crypto::sha1_base64("abc") == "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
  CHECK(crypto::sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(crypto::sha1_hex(std::string(1000000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("equal: the same bytes, NUL included, and nothing else") {
  CHECK(crypto::equal("", ""));
  CHECK(crypto::equal(std::string("a\0b", 3), std::string("a\0b", 3)));
  CHECK_FALSE(crypto::equal(std::string("a\0b", 3), std::string("a\0c", 3)));
  CHECK_FALSE(crypto::equal("secret", "secre"));
  CHECK_FALSE(crypto::equal("", "x"));
}

TEST_CASE("random: as many bytes as asked for, different each time") {
  CHECK(base::random_bytes(0).empty());
  CHECK(base::random_bytes(100000).size() == 100000);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; i++) seen.insert(base::random_hex(16));
  CHECK(seen.size() == 1000);
  CHECK(seen.begin()->size() == 32);
  CHECK(seen.begin()->find_first_not_of("0123456789abcdef") == std::string::npos);
}
