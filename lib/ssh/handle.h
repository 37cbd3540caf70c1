// handle: owners of libssh's objects, so that its headers stay in the .cc files of this folder.
#pragma once

#include <memory>
#include <string>

struct ssh_channel_struct;
struct ssh_key_struct;
struct ssh_session_struct;

namespace ssh {

void free_session(ssh_session_struct* s);
void free_channel(ssh_channel_struct* c);

template <auto release>
struct Free {
  template <class T>
  void operator()(T* p) const {
    release(p);
  }
};

using SessionPtr = std::unique_ptr<ssh_session_struct, Free<free_session>>;
using ChannelPtr = std::unique_ptr<ssh_channel_struct, Free<free_channel>>;
// One key serves any number of sessions, on one thread.
using Key = std::shared_ptr<ssh_key_struct>;

Key own_key(ssh_key_struct* k);

// "SHA256:..." of a public key, as people compare it; empty where there is no such key.
std::string fingerprint(ssh_key_struct* key);
// The same for a line of known_hosts: its type and base64.
std::string fingerprint(const std::string& type, const std::string& base64);

}  // namespace ssh
