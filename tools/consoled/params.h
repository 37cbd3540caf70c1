// params: reading a node's parameters, which are strings all. Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tools/consoled/drivers.h"

namespace consoled {

// What a console's terminal is where nothing else is said.
inline constexpr std::string_view kTerminal = "xterm-256color";

// One of the driver's own, or one that all have. Null: there is none of that name.
const Param* find_param(const DriverKind& kind, std::string_view name);

// The parameter, or `fallback` where it is not given or empty.
std::string param(const Node& node, std::string_view name, std::string_view fallback = "");
// The same as a number; for one that was checked.
int64_t number_param(const Node& node, std::string_view name, int64_t fallback);
bool bool_param(const Node& node, std::string_view name, bool fallback);

// Nothing is wrong, also where the parameter is not given. The message begins as goconserver's do:
// "NAME: parameter port: expected ...".
base::Result<void> check_number(const Node& node, std::string_view name, int64_t min, int64_t max);
// true, yes, on, 1, false, no, off, 0.
base::Result<void> check_bool(const Node& node, std::string_view name);
// What is wrong with the values that are given, whatever is missing: those that all drivers have,
// and the kind's own.
base::Result<void> check_values(const DriverKind& kind, const Node& node);
base::Error bad_param(const Node& node, std::string_view name, std::string_view what);

// For the table: makes a driver of the class D.
template <class D>
std::unique_ptr<Driver> make_driver(const Surroundings& around, const Node& node, Intake& intake) {
  return std::make_unique<D>(around, node, intake);
}

}  // namespace consoled
