// KeyStore: private keys by the files they are in, each read once and again when a file changed.
// Undoing a passphrase takes a tenth of a second of arithmetic on purpose, which the loop has not,
// and the disk may hang; and libssh cannot hand every kind of opened key from one process to
// another. So it is done on a thread, one key at a time. Owned by the Client.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "lib/base/result.h"
#include "lib/net/disk_jobs.h"
#include "lib/ssh/handle.h"

namespace ssh {

class KeyStore {
 public:
  explicit KeyStore(net::DiskJobs& jobs) : jobs_(jobs) {}
  KeyStore(const KeyStore&) = delete;
  KeyStore& operator=(const KeyStore&) = delete;

  // The names of a key's file and of the one with its passphrase ("": none).
  using Files = std::pair<std::string, std::string>;

  class Request {
   public:
    // `done` is called once, from the loop, unless the Request goes first; it may delete it.
    // Errors name the file.
    using Done = std::function<void(base::Result<Key>)>;
    Request(KeyStore& store, Files files, Done done);
    ~Request();
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

   private:
    friend class KeyStore;
    KeyStore& store_;
    Files files_;
    Done done_;
    std::list<Request*>::iterator place_;
  };

  // What was read so far.
  size_t size() const { return keys_.size(); }

 private:
  // Which bytes were read: they are others as soon as one of these differs.
  struct Identity {
    struct stat key {
    }, passphrase{};
  };
  struct Known {
    Identity identity;
    Key key;
  };
  // What the thread is given, and what it makes of it.
  struct Work {
    Files files;
    std::optional<Known> known;
    std::optional<base::Error> error;
  };
  void serve();
  void served(const Work& work);
  static void look(Work& work);
  static Identity identity_of(const Files& files);
  static bool same(const Identity& a, const Identity& b);

  net::DiskJobs& jobs_;
  std::map<Files, Known> keys_;
  std::list<Request*> requests_;
  bool busy_ = false;
};

// Reads and opens it, here and now. Errors name the file.
base::Result<Key> read_key(const KeyStore::Files& files);

}  // namespace ssh
