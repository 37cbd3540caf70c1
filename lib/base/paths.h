// paths: where things lie (DESIGN, part 6). Decided here alone, and the same from a login, cron,
// su, an autostart script and a unit.
//
//   runtime  $LINEMAN_RUNTIME, $RUNTIME_DIRECTORY, root /run/lineman, else /var/tmp/lineman-UID
//   state    $LINEMAN_STATE, $STATE_DIRECTORY, root /var/lib/lineman, else ~/.local/state/lineman
//   config   $LINEMAN_CONFIG, $CONFIGURATION_DIRECTORY, root /etc/lineman, else ~/.config/lineman
//
//   libexec  $LINEMAN_LIBEXEC, else ../libexec/lineman as seen from this program's folder
//
// Not $XDG_RUNTIME_DIR: cron has none, and a logout removes it. HOME is the password file's when
// the environment has none.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace base::paths {

// The folder's name, whether it exists or not.
std::string runtime();
std::string state();
std::string config();
// Where the helper programs are, so that a build folder uses its own and an installation its own.
std::string libexec();

// The system's runtime folder, which clients try when their own has no socket.
inline constexpr std::string_view kSystemRuntime = "/run/lineman";

// Makes the runtime folder (0700) where it is missing. An existing one must be a folder of ours (or
// root's) that nobody else can write; a stranger's is refused (denied), since whoever owns it could
// answer in our place.
Result<std::string> make_runtime();

// Makes the folder and those it lies in, where they are missing, for their owner alone (0700).
Result<void> make_folders(const std::string& path);

// $HOME, else the password file's, else "/".
std::string home();

// The login name of the real user; the number where the password file has none.
std::string user_name();

// The path as seen from the folder the process is in now, so that it stays true after chdir.
std::string absolute(std::string_view path);

}  // namespace base::paths
