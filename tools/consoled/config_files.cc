#include "tools/consoled/config_files.h"

#include <algorithm>
#include <vector>

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

}  // namespace

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
