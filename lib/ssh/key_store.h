// KeyStore: private keys by the files they are in, each read once and again when a file changed.
// Undoing a passphrase takes a tenth of a second of arithmetic on purpose, which the loop has not;
// and libssh cannot hand every kind of opened key from one process to another. So a short-lived
// thread does it, one key at a time, and touches nothing else. Owned by the Client.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/net/loop.h"
#include "lib/ssh/handle.h"

namespace ssh {

class KeyStore {
 public:
  explicit KeyStore(net::Loop& loop);
  ~KeyStore();
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
  struct Work;  // what the thread and the loop share
  void serve();
  bool ready(const Files& files) const;
  void finish(Request& request, base::Result<Key> result);
  void start(const Files& files);
  void finished();
  static Identity identity_of(const Files& files);
  static bool same(const Identity& a, const Identity& b);

  net::Loop& loop_;
  std::map<Files, Known> keys_;
  std::list<Request*> requests_;
  std::shared_ptr<Work> work_;  // of the thread that runs, if one does
  std::thread thread_;
  std::unique_ptr<net::Watch> watch_;
  net::Timer timer_;
};

// Reads and opens it, here and now. Errors name the file.
base::Result<Key> read_key(const KeyStore::Files& files);

}  // namespace ssh
