#include "lib/queue/session.h"

#include <cstdlib>
#include <utility>

#include "lib/base/paths.h"
#include "lib/queue/names.h"
#include "lib/redis/connect.h"
#include "lib/redis/url.h"

namespace queue {

using base::Errc;
using base::Result;

namespace {

Result<Place> embedded_place(Want want) {
  const Result<std::string> folder = base::paths::make_runtime();
  if (!folder) return folder.error();
  Place place;
  place.text = *folder + "/redis.sock";
  place.idle = want == Want::to_ask;
  redis::Target target;
  target.path = place.text;
  place.connect = place.idle ? redis::connector(target) : redis::embedded_connector(place.text);
  return place;
}

std::string_view advice(const base::Error& e) {
  const std::string_view what = e.what;
  if (what.starts_with("OOM")) {
    return ": this Redis is full: take items out, or raise its maxmemory; nothing was put";
  }
  if (what.starts_with("READONLY")) return ": this Redis is a replica: name its master";
  if (what.starts_with("WRONGPASS") || what.starts_with("NOAUTH")) {
    return ": look at user and passwordFile of its URL";
  }
  if (what.starts_with("NOPERM") && what.find("'eval") != std::string_view::npos) {
    return ": the library lineman there is not of this version: load it, see lineman-redis(7)";
  }
  if (what.starts_with("NOPERM")) return ": its ACL does not let us: see lineman-redis(7)";
  return "";
}

}  // namespace

Result<Place> find_place(const std::string& option, Want want) {
  const Result<std::optional<redis::Target>> target = redis::find_target(option);
  if (!target) return target.error();
  if (!*target) return embedded_place(want);
  Place place;
  place.connect = redis::connector(**target);
  place.login = redis::login_of(**target);
  place.text = (*target)->text;
  place.local = !(*target)->path.empty();
  return place;
}

Result<Named> find_queue(const base::Args& args) {
  const char* variable = std::getenv("LINEMAN_QUEUE");
  const std::string standard = variable != nullptr && *variable != '\0' ? variable : "notices";
  Named named;
  named.work = args.has("work");
  named.queue = named.work ? args.value("work") : args.value("queue", standard);
  if (const Result<void> good = check_name(named.queue); !good) {
    return base::error(Errc::usage, good.error().what);
  }
  return named;
}

Result<void> check_mode(const base::Args& args, std::span<const std::string_view> work_only,
                        std::span<const std::string_view> signal_only) {
  const bool work = args.has("work");
  if (work && args.has("queue")) {
    return base::error(Errc::usage, "-q and -w: a queue is for one of them");
  }
  for (const std::string_view name : work ? signal_only : work_only) {
    if (args.has(name)) {
      return base::error(Errc::usage, "--", name, work ? ": not with -w" : ": only with -w");
    }
  }
  return {};
}

base::Error explain(const Place& place, base::Error error) {
  if (place.idle && error.code == Errc::not_found) {
    error.what = "no redis-server runs now, and asking starts none: 'qwait -t 0' does";
  }
  error.what += advice(error);
  if (error.what.find(place.text) == std::string::npos) return in(place.text, std::move(error));
  return error;
}

base::Error explain(const Place& place, std::string_view queue, base::Error error) {
  constexpr std::string_view kMode = "MODE ";
  if (error.what.starts_with(kMode)) {
    error.what.erase(0, kMode.size());
    error.what += error.what.find("in work mode") == std::string::npos ? ": use -q" : ": use -w";
    return error;
  }
  return in(queue, explain(place, std::move(error)));
}

}  // namespace queue
