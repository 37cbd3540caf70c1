// rest_log: GET /v1/log: what consoles said, from their journals, for "conctl log" (consoled(8),
// HTTP). Journals are read on a thread of their own, a piece at a time, and the next piece when the
// client has taken the last: a slow client and a slow disk cost nobody else anything. Paths are
// made of the names of consoles that there are.
#pragma once

#include <list>
#include <memory>

#include "lib/http/router.h"
#include "lib/net/disk_jobs.h"
#include "tools/consoled/nodes.h"

namespace consoled {

class RestLog {
 public:
  RestLog(Shared& shared, Nodes& nodes);
  ~RestLog();
  RestLog(const RestLog&) = delete;
  RestLog& operator=(const RestLog&) = delete;

  void add_routes(http::Router& router);

 private:
  class Reading;
  void begin(const http::ExchangePtr& e);
  bool make_room();
  void ended(const Reading* reading);

  Shared& shared_;
  Nodes& nodes_;
  net::DiskJobs disk_;
  std::list<std::shared_ptr<Reading>> readings_;
};

}  // namespace consoled
