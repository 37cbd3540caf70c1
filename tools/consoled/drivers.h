// drivers: the table of the kinds of line there are: their names, their parameters, how one is
// made.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/consoled/driver.h"

namespace consoled {

struct Param {
  std::string_view name;
  enum class Need { optional, required } need = Need::optional;
  bool secret = false;  // never comes back from the API
  std::string_view help;
};

// What the console itself reads of its parameters, whatever its driver.
inline constexpr std::array kCommonParams = {
    // Log-ins are typed that way.
    Param{"initcmd", Param::Need::optional, true, "chat after connecting"},
    Param{"idle", Param::Need::optional, false, "seconds of silence before a probe"},
    Param{"idle_string", Param::Need::optional, false, "what is sent then"},
    Param{"idle_answer", Param::Need::optional, false, "seconds for an answer to that"},
};

struct DriverKind {
  std::string_view name;
  std::span<const Param> params;
  // What is wrong with the values that are given, whatever is missing; bad_input, for people. Null:
  // nothing.
  base::Result<void> (*check)(const Node& node);
  std::unique_ptr<Driver> (*make)(const Surroundings& around, const Node& node, Intake& intake);
  // What it needs besides the required parameters. Null: nothing.
  base::Result<void> (*needs)(const Node& node) = nullptr;
};

// Null: no driver of this name.
const DriverKind* driver_kind(std::string_view name);
std::span<const DriverKind* const> driver_kinds();

// The driver is there, the parameters it needs are given, none is unknown. The messages are
// goconserver's where it has one: "Driver is not defined", "Driver not exist", "NAME: Please
// specify the parameter P".
base::Result<void> check_node(const Node& node);
// The parameters that its driver does not know; none where there is no such driver.
std::vector<std::string> unknown_params(const Node& node);
// The two halves of check_node: that there are none of these, and all the rest.
base::Result<void> check_names(const Node& node);
base::Result<void> check_params(const Node& node);

// A driver for the node, with the configuration's defaults in it. Where a value is wrong
// (nodes.json is taken as it is) it can only be opened, and then says what: no value is taken for
// another.
std::unique_ptr<Driver> driver_for(const Surroundings& around, const Node& node, Intake& intake);

}  // namespace consoled
