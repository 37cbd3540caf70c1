#include "tools/consoled/console_sockets.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>

#include <nlohmann/json.hpp>

#include "lib/base/log.h"
#include "lib/base/paths.h"
#include "lib/peer/control_name.h"
#include "tools/consoled/sockets.h"

namespace consoled {

using base::cat;
using base::Fd;
using base::Result;

namespace {

// The folder is for those who may use the sockets in it.
Result<void> make_folder(const UnixSockets& s) {
  const std::string above = s.per_console_dir.substr(0, s.per_console_dir.rfind('/'));
  if (Result<void> made = base::paths::make_folders(above); !made) return made;
  if (::mkdir(s.per_console_dir.c_str(), 0700) < 0) {
    if (errno == EEXIST) return {};
    return base::sys_error(errno, s.per_console_dir);
  }
  const mode_t readers = s.umask == 0177 ? 0 : s.umask == 0117 ? 050 : 055;
  if (::chmod(s.per_console_dir.c_str(), 0700 | readers) < 0) {
    return base::sys_error(errno, s.per_console_dir);
  }
  return {};
}

}  // namespace

ConsoleSockets::Pair::Pair(ConsoleSockets& all, const std::string& name, Fd data_fd, Fd control_fd)
    : data(all.shared_.loop, std::move(data_fd), all.path_of(name),
           [&all, name](Fd fd) { all.join(name, std::move(fd)); }),
      control(all.shared_.loop, std::move(control_fd), peer::control_name(all.path_of(name)),
              all.commands_.commands(name),
              peer::Server::Options{.any_uid = lets_others_in(all.settings_)}) {}

ConsoleSockets::ConsoleSockets(Shared& shared, Consoles& consoles, ControlCommands& commands)
    : shared_(shared), consoles_(consoles), commands_(commands) {
  apply();
}

void ConsoleSockets::apply() {
  const UnixSockets& wanted = shared_.config.sockets;
  if (wanted == settings_) return;
  pairs_.clear();
  settings_ = wanted;
  if (!settings_.per_console) return;
  if (Result<void> made = make_folder(settings_); !made) {
    base::log::error("socket.dir: ", made.error().what, ": no console has a socket of its own");
    settings_.per_console = false;
    return;
  }
  for (const auto& [name, console] : consoles_.all()) open(name);
}

void ConsoleSockets::happened(std::string_view name, const nlohmann::json& fields) {
  if (!settings_.per_console) return;
  const auto of = fields.find("console");
  if (of == fields.end() || !of->is_string()) return;
  const std::string& console = of->get_ref<const std::string&>();
  if (name == "create") open(console);
  const auto at = pairs_.find(console);
  if (at == pairs_.end()) return;
  at->second.control.publish(name, fields);
  if (name == "delete") pairs_.erase(at);
}

std::string ConsoleSockets::path_of(const std::string& name) const {
  return cat(settings_.per_console_dir, "/", name, ".sock");
}

void ConsoleSockets::open(const std::string& name) {
  if (Result<void> opened = try_open(name); !opened) {
    base::log::warn(name, ": no socket of its own: ", opened.error().what);
  }
}

Result<void> ConsoleSockets::try_open(const std::string& name) {
  const std::string path = path_of(name);
  Result<Fd> data = bind_unix(path, settings_.umask);
  if (!data) return data.error();
  Result<Fd> control = bind_unix(peer::control_name(path), settings_.umask);
  if (!control) {
    net::remove_socket(path);
    return control.error();
  }
  pairs_.try_emplace(name, *this, name, std::move(*data), std::move(*control));
  return {};
}

void ConsoleSockets::join(const std::string& name, Fd fd) {
  const peer::Who who = peer::who_of(fd.get());
  if (!lets_others_in(settings_) && !peer::is_ours(who)) {
    base::log::warn(name, ": refused ", text(who));
    return;
  }
  Console* console = consoles_.find(name);
  if (console == nullptr) return;
  if (auto may = console->may_attach(); !may) {
    const std::string why = cat("[[", may.error().what, "]]\n");
    static_cast<void>(::send(fd.get(), why.data(), why.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0);
    return;
  }
  Admission a;
  a.visitor = {"unix", "", who, ""};
  a.from = console->seen().shown;
  console->attach(std::move(fd), std::move(a));
}

}  // namespace consoled
