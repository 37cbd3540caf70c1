#include "tools/consoled/config_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "lib/net/address.h"
#include "lib/redis/url.h"
#include "lib/tls/context.h"
#include "tools/consoled/config_loggers.h"

namespace consoled {

using base::Result;

namespace {

// The key whose file the error begins with.
const Origin& origin_of(const TlsFiles& files, const base::Error& error) {
  size_t i = 0;
  for (const std::string* file : {&files.key, &files.cert, &files.ca}) {
    if (error.what.starts_with(*file + ":")) return files.origins[i];
    i++;
  }
  return files.origins[0];
}

Result<void> check_logger(const Logger& logger) {
  if (logger.tls) {
    const auto tls = tls::Context::client({logger.tls.ca, logger.tls.cert, logger.tls.key});
    if (!tls) return tls.error();
  }
  if (logger.kind == Logger::Kind::redis && !logger.url.empty()) {
    const auto target = redis::parse_url(logger.url, redis::Source::file);
    if (!target) return base::in("url", target.error());
  }
  return {};
}

// Nothing: it is a folder, or one could be made there.
Result<void> check_folder(std::string path, bool is_made) {
  struct stat st {};
  while (::stat(path.c_str(), &st) < 0) {
    const int sys = errno;
    const size_t slash = path.rfind('/');
    if (sys != ENOENT || !is_made || slash == std::string::npos) return base::sys_error(sys, path);
    path.resize(std::max<size_t>(slash, 1));
  }
  return S_ISDIR(st.st_mode) ? Result<void>() : base::sys_error(ENOTDIR, path);
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
}

Result<void> check_path(const SaidPath& said) {
  using What = SaidPath::What;
  if (said.what == What::folder) return check_folder(said.path, false);
  if (said.what == What::made_folder) return check_folder(said.path, true);
  if (said.what == What::socket) {
    if (const auto address = net::unix_address(said.path); !address) return address.error();
  }
  return check_folder(folder_of(said.path), false);
}

}  // namespace

void check_paths(LoadedConfig& loaded) {
  for (const SaidPath& said : loaded.paths) {
    if (Result<void> good = check_path(said); !good) {
      loaded.errors.add(said.origin.at, said.origin.key, ": ", good.error().what);
    }
  }
}

void check_files(LoadedConfig& loaded, const Config* running) {
  if (const TlsFiles& files = loaded.config.tls) {
    const auto tls = tls::Context::server({files.ca, files.cert, files.key});
    if (!tls) {
      const Origin& origin = origin_of(files, tls.error());
      loaded.errors.add(origin.at, origin.key, ": ", tls.error().what);
    }
  }
  const std::vector<Logger> run = running != nullptr ? running->loggers : std::vector<Logger>{};
  leave_out_loggers(loaded, [&run](const Logger& logger) -> Result<void> {
    if (std::find(run.begin(), run.end(), logger) != run.end()) return {};
    return check_logger(logger);
  });
}

}  // namespace consoled
