// names: which consoles a word of the command line means: "several at once", as lineman(7) has it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "lib/peer/ask.h"
#include "tools/conctl/server.h"

namespace conctl {

// All consoles that the server has, sorted by name: the elements of GET /nodes.
base::Result<std::vector<nlohmann::json>> all_nodes(Server& server);

// Those of them that the patterns mean; all where there is no pattern.
base::Result<std::vector<nlohmann::json>> nodes_of(Server& server,
                                                   const std::vector<std::string>& patterns);
base::Result<std::vector<std::string>> names_of(Server& server,
                                                const std::vector<std::string>& patterns);

// The elements of a list in the answer to a GET.
base::Result<std::vector<nlohmann::json>> get_list(Server& server, std::string_view path,
                                                   const char* key);

// The server is a goconserver, and has not this route of ours.
bool no_such_route(const base::Error& error);

using peer::text_of;

}  // namespace conctl
