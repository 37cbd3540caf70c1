// fields: the header fields of a message, in order. Names are compared without case (RFC 9110,
// 5.1); a value is what stood there, without the blanks around it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace http {

bool same_word(std::string_view a, std::string_view b);  // without case

class Fields {
 public:
  struct Field {
    std::string name, value;
  };

  void add(std::string_view name, std::string_view value);
  // The value of the first of that name; empty where there is none.
  std::string_view get(std::string_view name) const;
  size_t count(std::string_view name) const;
  // Whether one of the comma-separated words of such fields is this one ("Connection: a, Upgrade").
  bool has_word(std::string_view name, std::string_view word) const;

  size_t size() const { return all_.size(); }
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }

 private:
  std::vector<Field> all_;
};

// The comma-separated words of a field's value, without blanks and empty ones.
std::vector<std::string_view> words(std::string_view value);

}  // namespace http
