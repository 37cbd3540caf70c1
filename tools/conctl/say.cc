#include "tools/conctl/say.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "lib/base/args.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/wire/json.h"

namespace conctl {

using wire::Json;

void out(std::string_view text) {
  // Whoever reads us went away: there is nothing left to do.
  if (!base::write_all(STDOUT_FILENO, text)) std::exit(base::kExitSystem);
}

void out_line(std::string_view line) {
  out(base::cat(line, "\n"));
}

void out_json(const Json& value) {
  out_line(wire::dump(value));
}

int complain(const Options& options, const base::Error& error) {
  base::log::error(error.what);
  return failure(options, error);
}

int complain(const Options& options, const http::Answer& answer) {
  const std::string reason = reason_of(answer);
  base::log::error("Error: response == ", status_words(answer.status),
                   reason.empty() ? "" : base::cat(": ", reason));
  static_cast<void>(options);
  return base::kExitNo;
}

int results(const Options& options, const Json& map) {
  constexpr std::array<std::string_view, 4> kGood = {"Created", "Updated", "Unchanged", "Deleted"};
  int status = base::kExitOk;
  if (!map.is_object()) return base::kExitNo;
  for (const auto& [name, value] : map.items()) {
    const std::string result = value.is_string() ? value.get<std::string>() : wire::dump(value);
    const bool good = std::find(kGood.begin(), kGood.end(), result) != kGood.end();
    if (!good) status = base::kExitNo;
    if (options.json) {
      out_json({{"name", name}, {"ok", good}, {"result", result}});
    } else {
      out_line(base::cat(name, ": ", result));
    }
  }
  return status;
}

}  // namespace conctl
