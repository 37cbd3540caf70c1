#include "lib/ssh/handle.h"

#include <libssh/libssh.h>

namespace ssh {

// Not ssh_disconnect: that forgets a descriptor that it was given, unless an error makes it close
// it, and nobody can tell which. ssh_free closes it if it is open.
void free_session(ssh_session_struct* s) {
  ssh_free(s);
}

void free_channel(ssh_channel_struct* c) {
  ssh_channel_free(c);
}

Key own_key(ssh_key_struct* k) {
  return {k, ssh_key_free};
}

std::string fingerprint(ssh_key_struct* key) {
  unsigned char* hash = nullptr;
  size_t size = 0;
  if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &size) != SSH_OK) return "";
  char* text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size);
  ssh_clean_pubkey_hash(&hash);
  const std::string out = text == nullptr ? "" : text;
  ssh_string_free_char(text);
  return out;
}

std::string fingerprint(const std::string& type, const std::string& base64) {
  ssh_key key = nullptr;
  const ssh_keytypes_e kind = ssh_key_type_from_name(type.c_str());
  if (ssh_pki_import_pubkey_base64(base64.c_str(), kind, &key) != SSH_OK) return "";
  return fingerprint(own_key(key).get());
}

}  // namespace ssh
