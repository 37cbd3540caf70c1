// definition: what the words after create and edit say of a console. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "lib/base/args.h"

namespace conctl {

// What was named; the rest stays as it is, or has its default.
struct Definition {
  std::optional<std::string> driver;
  std::optional<bool> ondemand;
  std::map<std::string, std::string> params, labels;  // an empty value: taken away
};

// The operands after the first, and the options --params, --param and --label. bad_input with the
// word that cannot be read.
base::Result<Definition> read_definition(const base::Args& args);

// The node object of the API: `base` changed as said. `base` has goconserver's keys, labels in any
// of its spellings.
nlohmann::json apply(const Definition& definition, const std::string& name,
                     const nlohmann::json& base);

}  // namespace conctl
