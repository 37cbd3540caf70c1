#include "tools/conctl/say.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "lib/base/args.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/peer/peer.h"
#include "lib/wire/json.h"

namespace conctl {

using base::Result;
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

void out_body(const std::string& body) {
  using nlohmann::ordered_json;  // in the order of the answer, which is for people
  const auto json = ordered_json::parse(body, nullptr, false);
  if (json.is_discarded()) return out("\n");
  out(json.dump(1, '\t', false, ordered_json::error_handler_t::replace));
  out(body.ends_with('\n') ? "\n\n" : "\n");
}

namespace {
void say_error(const Options& options, std::string_view text) {
  if (!options.congo) return base::log::error(text);
  static_cast<void>(static_cast<bool>(base::write_all(STDERR_FILENO, base::cat(text, "\n"))));
}
}  // namespace

int complain(const Options& options, const base::Error& error, std::string_view before) {
  if (options.json) {
    out_json({{"error", {{"code", peer::code_name(error.code)}, {"message", error.what}}}});
    return failure(options, error);
  }
  say_error(options, base::cat(before, error.what));
  return failure(options, error);
}

int complain(const Options& options, const http::Answer& answer, std::string_view before) {
  if (options.json) {
    complain(options, refusal(answer));
    return base::kExitNo;
  }
  const std::string reason = reason_of(answer);
  const std::string text = base::cat(before, "Error: ", status_words(answer.status));
  if (options.congo) out_body(answer.body);
  // congo's words are for congo: the reason says it all, where there is one.
  say_error(options, options.congo || reason.empty() ? text : reason);
  return base::kExitNo;
}

int tell(const Options& options, const Result<http::Answer>& answer, const std::string& name,
         std::string_view done) {
  if (!answer) return complain(options, answer.error());
  if (answer->status / 100 != 2) return complain(options, *answer);
  if (options.json) {
    out_json({{"name", name}, {"ok", true}, {"result", done}});
  } else {
    out_line(done);
  }
  return base::kExitOk;
}

int results(const Options& options, const Json& map) {
  constexpr std::array<std::string_view, 4> kGood = {"Created", "Updated", "Unchanged", "Deleted"};
  int status = base::kExitOk;
  if (!map.is_object()) return base::kExitNo;
  for (const auto& [name, value] : map.items()) {
    const std::string result = value.is_string() ? value.get<std::string>() : wire::dump(value);
    const bool good = std::find(kGood.begin(), kGood.end(), result) != kGood.end();
    if (!good && !options.congo) status = base::kExitNo;
    if (options.json) {
      out_json({{"name", name}, {"ok", good}, {"result", result}});
    } else {
      out_line(base::cat(name, ": ", result));
    }
  }
  return status;
}

}  // namespace conctl
