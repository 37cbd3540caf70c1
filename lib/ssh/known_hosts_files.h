// KnownHostsFiles: the known_hosts files of all connections, for the loop: a disk that hangs under
// one holds up logins and nothing else. They are asked on a thread, one question after the other.
// Owned by the Client.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/net/disk_jobs.h"
#include "lib/ssh/known_hosts.h"

namespace ssh {

class KnownHostsFiles {
 public:
  explicit KnownHostsFiles(net::Loop& loop);
  KnownHostsFiles(const KnownHostsFiles&) = delete;
  KnownHostsFiles& operator=(const KnownHostsFiles&) = delete;

  struct Question {
    std::string file;
    std::string name;            // known_hosts_name
    std::optional<HostKey> key;  // may the host show it? Nothing: which types are known of it?
    HostKeyCheck mode = HostKeyCheck::strict;
  };
  struct Answer {
    std::vector<std::string> types;  // as KnownHosts has it, and this too
    base::Result<void> may;
  };

  // One question. When it goes before its turn it is not asked.
  class Request {
   public:
    // `done` is called once, from the loop, unless the Request goes first; it may delete it.
    using Done = std::function<void(const Answer&)>;
    Request(KnownHostsFiles& files, Question question, Done done);
    ~Request();
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

   private:
    friend class KnownHostsFiles;
    KnownHostsFiles& files_;
    Question question_;
    Done done_;
  };

 private:
  using Files = std::map<std::string, KnownHosts>;
  void serve();
  void answered(const Answer& answer);

  std::shared_ptr<Files> open_ = std::make_shared<Files>();  // the thread's
  std::list<Request*> waiting_;
  bool busy_ = false;
  Request* asked_ = nullptr;  // null: it went
  net::DiskJobs disk_;
};

}  // namespace ssh
