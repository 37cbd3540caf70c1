// Node: one console as it is defined; goconserver's word for it. A plain value.
#pragma once

#include <map>
#include <string>

namespace consoled {

struct Node {
  std::string name;    // base::valid_name
  std::string driver;  // "cmd", "ssh" ...: a row of the table in drivers.cc
  std::map<std::string, std::string> params;
  bool ondemand = false;  // connected only while somebody looks
  std::map<std::string, std::string> labels;

  bool operator==(const Node&) const = default;
};

}  // namespace consoled
