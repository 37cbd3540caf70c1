// JSON values: text to value with every error placed, value to text that never throws. Pure.
// Include <nlohmann/json.hpp> where the values are used; this header only names the type.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "lib/base/result.h"
#include "lib/wire/item.h"

namespace wire {

using Json = nlohmann::json;

// The value of an Item of kind value. Refused: bad numbers, words, escapes and UTF-8, a key twice
// in one object, more than kMaxDepth levels. The error says line and column in the stream;
// `wrong`, when given, gets the same in parts.
base::Result<Json> parse(const Item& item, Note* wrong = nullptr);
// The same for a text that begins at line 1, column 1.
base::Result<Json> parse(std::string_view text, Note* wrong = nullptr);

// One line of UTF-8 without the LF; bytes that are no UTF-8 become U+FFFD.
std::string dump(const Json& value);

// A name in quotes for messages, cut to kMaxName bytes.
std::string quoted_name(std::string_view name);

// "a string", "an object" ...: for messages.
std::string_view type_name(const Json& value);

// Where the text of an object has this key, for messages. Key and value, in the stream.
struct Place {
  Position key;
  Position value;
};
// Looks at the keys of the outermost object only, the last one of that name. It reads the text
// again: for the way to an error message.
std::optional<Place> locate(const Item& item, std::string_view key);

}  // namespace wire
