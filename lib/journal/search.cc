#include "lib/journal/search.h"

#include <re2/re2.h>

#include <cstring>

namespace journal {

namespace {
constexpr int64_t kMemory = 32 << 20;  // for the automata of one pattern
}

Pattern::Pattern() = default;
Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

base::Result<Pattern> Pattern::text(std::string_view wanted, bool ignore_case) {
  if (ignore_case) return make(wanted, true, true);
  Pattern p;
  p.literal_ = wanted;
  return p;
}

base::Result<Pattern> Pattern::regex(std::string_view wanted, bool ignore_case) {
  return make(wanted, ignore_case, false);
}

base::Result<Pattern> Pattern::make(std::string_view wanted, bool ignore_case, bool literal) {
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  options.set_case_sensitive(!ignore_case);
  options.set_literal(literal);
  options.set_max_mem(kMemory);
  Pattern p;
  p.expression_ = std::make_unique<RE2>(re2::StringPiece(wanted.data(), wanted.size()), options);
  if (!p.expression_->ok()) {
    return base::error(base::Errc::bad_input, wanted, ": ", p.expression_->error());
  }
  return p;
}

std::optional<Pattern::Found> Pattern::find(std::string_view line, size_t from) const {
  if (from > line.size()) return {};
  if (expression_) {
    re2::StringPiece found;
    const re2::StringPiece in(line.data(), line.size());
    if (!expression_->Match(in, from, line.size(), RE2::UNANCHORED, &found, 1)) return {};
    return Found{static_cast<size_t>(found.data() - line.data()), found.size()};
  }
  if (literal_.empty()) return Found{from, 0};
  const void* at =
      ::memmem(line.data() + from, line.size() - from, literal_.data(), literal_.size());
  if (at == nullptr) return {};
  return Found{static_cast<size_t>(static_cast<const char*>(at) - line.data()), literal_.size()};
}

}  // namespace journal
