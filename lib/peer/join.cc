#include "lib/peer/join.h"

#include <nlohmann/json.hpp>

#include "lib/peer/ask.h"

namespace peer {

using base::Result;
using wire::Json;

namespace {
uint64_t count_of(const Json& answer, const char* key) {
  return static_cast<uint64_t>(number_of(answer, key).value_or(0));
}
}  // namespace

Json from_place(const Place& place) {
  Json from = {{"epoch", place.epoch}, {"offset", place.offset}};
  if (place.run != 0) from["run"] = place.run;
  return from;
}

Result<Joined> join(int fd, Json request, base::Time deadline) {
  Joined j;
  request["cmd"] = "attach";
  request["frames"] = true;
  Result<Json> answer = ask(fd, request, deadline, &j.first);
  j.framed = static_cast<bool>(answer);
  if (!answer && answer.error().code == base::Errc::bad_input) {
    request.erase("frames");
    answer = ask(fd, request, deadline, &j.first);
  }
  if (!answer) return answer.error();
  j.viewer = number_of(*answer, "viewer").value_or(0);
  j.at = {number_of(*answer, "epoch").value_or(0), count_of(*answer, "offset"),
          number_of(*answer, "run").value_or(0)};
  j.head = count_of(*answer, "head");
  j.skipped = count_of(*answer, "skipped");
  j.again = count_of(*answer, "again");
  return j;
}

}  // namespace peer
