#include "lib/wire/json.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/base/cat.h"
#include "lib/wire/limits.h"

namespace wire {

using base::cat;

namespace {

// Where the byte at `offset` of the item's text is in the stream.
Position place_of(std::string_view text, Position start, size_t offset) {
  Position at = start;
  for (const char c : text.substr(0, offset)) {
    at.line += c == '\n' ? 1 : 0;
    at.column = c == '\n' ? 1 : at.column + 1;
  }
  return at;
}

// Steps over a text from key to key. Only for text that has been parsed up to where it looks.
class Keys {
 public:
  explicit Keys(std::string_view text) : text_(text) {}
  // The next key, its quotes included; false at the end of the text.
  bool next();
  size_t begin() const { return begin_; }
  size_t depth() const { return depth_; }  // 1 in the outermost object
  size_t value() const { return text_.find_first_not_of(" \t\r\n", at_ + 1); }
  bool is(std::string_view name) const;

 private:
  void to_string();
  void over_string();

  std::string_view text_;
  size_t at_ = 0;  // after next(): the colon
  size_t begin_ = 0, end_ = 0, depth_ = 0;
};

void Keys::to_string() {
  for (; at_ < text_.size() && text_[at_] != '"'; at_++) {
    const char c = text_[at_];
    if (c == '{' || c == '[') depth_++;
    if (c == '}' || c == ']') depth_--;
  }
}

void Keys::over_string() {
  begin_ = at_++;
  while (at_ < text_.size() && text_[at_] != '"') {
    at_ += text_[at_] == '\\' ? 2U : 1U;
  }
  end_ = std::min(at_ + 1, text_.size());
}

bool Keys::next() {
  while (at_ < text_.size()) {
    to_string();
    if (at_ >= text_.size()) return false;
    over_string();
    at_ = text_.find_first_not_of(" \t\r\n", end_);
    if (at_ < text_.size() && text_[at_] == ':') return true;
  }
  return false;
}

bool Keys::is(std::string_view name) const {
  const std::string_view key = text_.substr(begin_, end_ - begin_);
  if (key.find('\\') == std::string_view::npos) return key.substr(1, key.size() - 2) == name;
  const Json decoded = Json::parse(key, nullptr, false);
  return decoded.is_string() && decoded.get_ref<const std::string&>() == name;
}

// The library's message without its own place and without the bytes it had read, of which there
// may be a megabyte.
std::string reason(std::string_view what) {
  constexpr std::string_view kRead = "; last read: '";
  if (const size_t code = what.find("] "); code < what.size()) what.remove_prefix(code + 2);
  if (const size_t doing = what.find(" - "); doing < what.size()) what.remove_prefix(doing + 3);
  what = what.substr(0, what.find(" parsing '"));
  const size_t read = what.find(kRead);
  if (read == std::string_view::npos) return std::string(what);
  const size_t expected = what.rfind("'; expected ");
  std::string out(what.substr(0, read));
  if (expected < what.size() && expected > read) out += what.substr(expected + 1);
  return out;
}

// Builds the value from the library's events; stops at a key that is there twice and at a level
// too deep.
class Builder : public nlohmann::json_sax<Json> {
 public:
  Json root;
  std::string message;
  size_t keys = 0;    // seen so far, in the order of the text
  size_t offset = 0;  // of what is wrong
  bool twice = false;

  Builder() = default;  // NOLINT(bugprone-exception-escape): the value's own is noexcept

  bool null() override { return put(nullptr); }
  bool boolean(bool v) override { return put(v); }
  bool number_integer(number_integer_t v) override { return put(v); }
  bool number_unsigned(number_unsigned_t v) override { return put(v); }
  bool number_float(number_float_t v, const string_t& /*text*/) override { return put(v); }
  bool string(string_t& v) override { return put(std::move(v)); }
  bool binary(binary_t& /*v*/) override { return false; }
  bool start_object(size_t /*n*/) override { return open(Json::object()); }
  bool start_array(size_t /*n*/) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override;
  bool parse_error(size_t at, const std::string& token,
                   const nlohmann::detail::exception& error) override;

 private:
  Json& place(Json&& value);
  bool put(Json&& value) {
    place(std::move(value));
    return true;
  }
  bool open(Json&& value);
  bool close() {
    open_.pop_back();
    return true;
  }

  std::vector<Json*> open_;
  Json* slot_ = nullptr;  // where the value of the last key goes
};

Json& Builder::place(Json&& value) {
  if (open_.empty()) return root = std::move(value);
  if (open_.back()->is_object()) return *slot_ = std::move(value);
  open_.back()->push_back(std::move(value));
  return open_.back()->back();
}

bool Builder::open(Json&& value) {
  message = cat("more than ", kMaxDepth, " brackets within brackets");
  if (open_.size() == kMaxDepth) return false;
  open_.push_back(&place(std::move(value)));
  return true;
}

bool Builder::key(string_t& name) {
  keys++;
  const auto [it, fresh] = open_.back()->emplace(name, nullptr);
  slot_ = &it.value();
  twice = !fresh;
  if (twice) message = cat("duplicate key ", quoted_name(name));
  return fresh;
}

bool Builder::parse_error(size_t at, const std::string& /*token*/,
                          const nlohmann::detail::exception& error) {
  offset = at == 0 ? 0 : at - 1;
  message = reason(error.what());
  return false;
}

// The offset of the nth key of the text, from 1.
size_t nth_key(std::string_view text, size_t n) {
  Keys keys(text);
  while (n > 0 && keys.next()) n--;
  return keys.begin();
}

base::Result<Json> parse_at(std::string_view text, Position start, Note* wrong) {
  Builder builder;
  if (Json::sax_parse(text, &builder)) return std::move(builder.root);
  if (builder.twice) builder.offset = nth_key(text, builder.keys);
  Note note{std::move(builder.message), place_of(text, start, builder.offset)};
  base::Error error = to_error(note);
  if (wrong != nullptr) *wrong = std::move(note);
  return error;
}

}  // namespace

base::Result<Json> parse(const Item& item, Note* wrong) {
  return parse_at(item.text, item.at, wrong);
}

base::Result<Json> parse(std::string_view text, Note* wrong) {
  return parse_at(text, {1, 1}, wrong);
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string quoted_name(std::string_view name) {
  const bool cut = name.size() > kMaxName;
  return cat('"', name.substr(0, kMaxName), cut ? "...\"" : "\"");
}

std::string_view type_name(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "an array";
    case Json::value_t::string:
      return "a string";
    case Json::value_t::boolean:
      return "true or false";
    default:
      return "a number";
  }
}

std::optional<Place> locate(const Item& item, std::string_view key) {
  std::optional<Place> found;
  Keys keys(item.text);
  while (keys.next()) {
    if (keys.depth() != 1 || !keys.is(key)) continue;
    found = Place{place_of(item.text, item.at, keys.begin()),
                  place_of(item.text, item.at, keys.value())};
  }
  return found;
}

}  // namespace wire
