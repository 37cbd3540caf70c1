// known_hosts: the keys that hosts have shown, in a file of OpenSSH's form. Read once and again
// when somebody changed it (a stat(2) for each look); a new key is appended by one write(2) of a
// whole line. Owned by KnownHostsFiles, and used on its thread: it blocks on that file. It never
// syncs: what a power cut takes away is trusted at first sight once more.
#pragma once

#include <sys/stat.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/ssh/known_hosts_line.h"
#include "lib/ssh/options.h"

namespace ssh {

struct HostKey {
  std::string type;    // "ssh-ed25519"
  std::string base64;  // as in the file
};

class KnownHosts {
 public:
  explicit KnownHosts(std::string path) : path_(std::move(path)) {}

  // The types of key that are known of this host (known_hosts_name), so that one of these is asked
  // for. Of a file that cannot be read: none; check() tells why.
  std::vector<std::string> types(const std::string& name);

  // Whether the host may show this key. Errors (denied, io) are for people: with file, line and
  // both fingerprints, and what to do.
  base::Result<void> check(const std::string& name, const HostKey& key, HostKeyCheck mode);

 private:
  struct Entry {
    size_t number = 0;  // of the line, from 1
    KnownHostsLine line;
  };
  base::Result<void> refresh();
  void read_lines(std::string_view text);
  void add(size_t number, KnownHostsLine line);
  std::vector<const Entry*> known(const std::string& name) const;
  base::Result<void> append(const std::string& name, const HostKey& key);
  base::Error unknown(const std::string& name, const HostKey& key) const;
  base::Error changed(const std::string& name, const HostKey& key, const Entry& old) const;

  std::string path_;
  struct stat seen_ {};  // the file as it was read; all zero: there was none
  size_t lines_ = 0;
  bool torn_ = false;                        // its last line has no end
  std::multimap<std::string, Entry> plain_;  // by name
  std::vector<Entry> others_;                // lists, patterns, hashed names
};

}  // namespace ssh
