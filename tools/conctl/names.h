// names: which consoles a word of the command line means: "several at once", as lineman(7) has it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

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

// A member that is a string; "" where there is none.
std::string text_of(const nlohmann::json& object, std::string_view key);

}  // namespace conctl
