#include "lib/queue/session.h"

#include <utility>

#include "lib/base/paths.h"
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
  return place;
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
