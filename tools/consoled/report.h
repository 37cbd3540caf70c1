// report: how consoles, viewers and the daemon are doing, as JSON for programs and as Prometheus'
// text for /metrics. Pure but for the clock.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "tools/consoled/nodes.h"

namespace consoled {

// {"console","driver","ondemand","state","since","attempts",...}: one line of a list.
nlohmann::json console_json(const Console& console);
// The same with the definition, without its secrets, and the journal.
nlohmann::json console_details(const Console& console);
// "ssh 10.0.0.1", "cmd make": without arguments, which may hold secrets.
std::string target_text(const Node& node);
// {"viewer","console","who","face","readonly","since","behind",...}
nlohmann::json viewer_json(const Console& console, const Viewer& viewer);

// The whole daemon.
nlohmann::json daemon_json(const Shared& shared, const Nodes& nodes, int64_t started_us);
std::string metrics_text(const Shared& shared, const Nodes& nodes, int64_t started_us);

}  // namespace consoled
