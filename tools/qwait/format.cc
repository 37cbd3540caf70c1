#include "tools/qwait/format.h"

#include <nlohmann/json.hpp>

#include "lib/base/clock.h"
#include "lib/wire/escape.h"
#include "lib/wire/json.h"

namespace qwait {

using wire::Json;

namespace {

// Base64 where it is no text: `qput -J` takes it back.
void add_payload(Json& line, const std::string& payload) {
  wire::Encoded e = wire::text_or_base64(payload);
  line[e.base64 ? "data" : "dataText"] = std::move(e.value);
}

}  // namespace

std::string format(const Options& options, const queue::Message& message, uint64_t merged) {
  if (!options.json) return message.payload + options.end;
  Json line = {{"id", queue::text(message.at)}, {"queue", options.queue}};
  if (merged > 1) line["merged"] = merged;
  add_payload(line, message.payload);
  return wire::dump(line) + "\n";
}

std::string format(const Options& options, const queue::Item& item, const queue::Lease* lease) {
  if (!options.json) {
    return base::cat(lease == nullptr ? "" : queue::text(*lease) + " ", item.payload, options.end);
  }
  Json line = {{"id", item.id},
               {"queue", options.queue},
               {"priority", item.priority},
               {"try", item.tries},
               {"put", static_cast<double>(item.put_ms) / 1000}};
  if (!item.unique.empty()) line["key"] = item.unique;
  if (!item.reason.empty()) line["reason"] = item.reason;
  if (!item.worker.empty()) line["worker"] = item.worker;
  if (item.at_ms > 0) line["at"] = static_cast<double>(item.at_ms) / 1000;
  if (lease != nullptr) line["lease"] = queue::text(*lease);
  add_payload(line, item.payload);
  return wire::dump(line) + "\n";
}

}  // namespace qwait
