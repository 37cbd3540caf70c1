#include "tools/ptybufferd/door.h"

#include <nlohmann/json.hpp>

#include "lib/base/log.h"

namespace ptybufferd {

Door::Door(net::Loop& loop, const Options& options, Sockets s, Viewers& viewers, Control& control,
           peer::Events& events) {
  if (s.data) {
    const auto let_in = [&viewers, any = s.data_any_uid](base::Fd fd) {
      const peer::Who who = peer::who_of(fd.get());
      if (any || peer::is_ours(who)) return viewers.join(std::move(fd));
      base::log::warn("connect: refused ", text(who));
    };
    data_.emplace(loop, std::move(s.data), s.data_file, let_in);
  }
  if (s.control) {
    control_.emplace(loop, std::move(s.control), s.control_file, control.commands(),
                     peer::Server::Options{.any_uid = s.control_any_uid});
  }
  events.listen([this, &options](std::string_view name, const nlohmann::json& fields) {
    if (control_) control_->publish(name, fields);
    if (name != "over" || options.wait) return;
    if (data_) data_->close();
    if (control_) control_->close();
  });
}

}  // namespace ptybufferd
