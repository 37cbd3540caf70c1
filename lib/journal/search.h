// Pattern: what is looked for in lines: a text, or a regular expression (RE2's syntax, which needs
// time in proportion to the line, whatever the pattern). Bytes, not characters: what is no UTF-8 is
// searched as well. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace re2 {
class RE2;
}

namespace journal {

class Pattern {
 public:
  struct Found {
    size_t at = 0;
    size_t size = 0;
  };

  static base::Result<Pattern> text(std::string_view wanted, bool ignore_case);
  static base::Result<Pattern> regex(std::string_view wanted, bool ignore_case);
  ~Pattern();
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;

  // The first place at or after `from`.
  std::optional<Found> find(std::string_view line, size_t from = 0) const;

 private:
  Pattern();
  static base::Result<Pattern> make(std::string_view wanted, bool ignore_case, bool literal);

  std::string literal_;  // when there is no expression
  std::unique_ptr<re2::RE2> expression_;
};

}  // namespace journal
