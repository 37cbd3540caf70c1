#include "lib/conf/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <map>
#include <streambuf>
#include <utility>

#include "lib/base/cat.h"

namespace conf {

using base::cat;

namespace {

Place place_of(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<size_t>(mark.line) + 1, static_cast<size_t>(mark.column) + 1};
}

// The library's events as a tree. It goes on after what it cannot take, for the next mistake.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(Problems& problems) : problems_(problems) {}

  Value root;
  bool broken = false;  // too deep, too much: nothing more is taken

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    leaf({Value::Kind::null, place_of(mark), {}, {}, {}}, anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& value) override {
    leaf({Value::Kind::scalar, place_of(mark), value, {}, {}}, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open({Value::Kind::list, place_of(mark), {}, {}, {}}, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open({Value::Kind::map, place_of(mark), {}, {}, {}}, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Value value;
    YAML::anchor_t anchor = 0;
    size_t first = 0;  // values_ when it began
    bool has_key = false;
    bool key_is_good = false;
    Entry entry;  // of the key that waits for its value
  };
  struct Anchored {
    Value value;
    size_t size = 0;
  };

  void stop(Place at, std::string_view why);
  bool count(size_t n, Place at);
  void leaf(Value value, YAML::anchor_t anchor);
  void open(Value value, YAML::anchor_t anchor);
  void close();
  void remember(YAML::anchor_t anchor, const Value& value, size_t size);
  void put(Value value);
  static void put_key(Open& map, Value value, Problems& problems);

  Problems& problems_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  size_t values_ = 0;
};

void Builder::stop(Place at, std::string_view why) {
  if (!broken) problems_.add(at, why);
  broken = true;
}

bool Builder::count(size_t n, Place at) {
  values_ += n;
  if (values_ > kMaxValues) stop(at, cat("more than ", kMaxValues, " values"));
  return !broken;
}

void Builder::remember(YAML::anchor_t anchor, const Value& value, size_t size) {
  if (anchor == 0 || !count(size, value.at)) return;
  anchors_[anchor] = {value, size};
}

void Builder::leaf(Value value, YAML::anchor_t anchor) {
  if (broken || !count(1, value.at)) return;
  remember(anchor, value, 1);
  put(std::move(value));
}

void Builder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (broken) return;
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) return stop(place_of(mark), "an alias within what it stands for");
  if (count(found->second.size, place_of(mark))) put(found->second.value);
}

void Builder::open(Value value, YAML::anchor_t anchor) {
  if (broken || !count(1, value.at)) return;
  if (open_.size() == kMaxDepth) {
    return stop(value.at, cat("more than ", kMaxDepth, " levels"));
  }
  open_.push_back({std::move(value), anchor, values_ - 1, false, false, {}});
}

void Builder::close() {
  if (broken) return;
  Open done = std::move(open_.back());
  open_.pop_back();
  remember(done.anchor, done.value, values_ - done.first);
  put(std::move(done.value));
}

void Builder::put(Value value) {
  if (broken) return;
  if (open_.empty()) {
    root = std::move(value);
    return;
  }
  Open& top = open_.back();
  if (top.value.kind == Value::Kind::list) {
    top.value.list.push_back(std::move(value));
  } else if (!top.has_key) {
    put_key(top, std::move(value), problems_);
  } else {
    top.has_key = false;
    top.entry.value = std::move(value);
    if (top.key_is_good) top.value.map.push_back(std::move(top.entry));
  }
}

void Builder::put_key(Open& map, Value value, Problems& problems) {
  map.has_key = true;
  map.key_is_good = value.kind == Value::Kind::scalar;
  if (!map.key_is_good) return problems.add(value.at, "a key is one word");
  map.entry = {std::move(value.text), value.at, {}};
  const auto& all = map.value.map;
  const auto twin =
      std::find_if(all.begin(), all.end(), [&](const Entry& e) { return e.key == map.entry.key; });
  if (twin == all.end()) return;
  map.key_is_good = false;
  problems.add(value.at, map.entry.key, ": is there twice, first on line ", twin->at.line);
}

// A view as a stream, without a copy.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // NOLINT: only read from
    setg(begin, begin, begin + text.size());
  }
};

// The library takes some of these for the end of the file.
bool control_bytes(std::string_view text, Problems& problems) {
  Place at{1, 1};
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f) {
      problems.add(at, "a control character (byte ", static_cast<int>(byte), ")");
      return true;
    }
    at.line += c == '\n' ? 1U : 0U;
    at.column = c == '\n' ? 1 : at.column + 1;
  }
  return false;
}

bool parse(std::string_view text, Builder& builder, Problems& problems) {
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return true;
    Builder second(problems);
    if (parser.HandleNextDocument(second)) {
      problems.add(second.root.at, "a second document: one is expected");
    }
    return !builder.broken;
  } catch (const YAML::Exception& e) {
    if (!builder.broken) problems.add(place_of(e.mark), e.msg);
  } catch (const std::exception& e) {
    problems.add({}, e.what());
  }
  return false;
}

}  // namespace

std::vector<std::string> Problems::lines(std::string_view kind) const {
  const std::string before = kind.empty() ? ": " : cat(": ", kind, ": ");
  std::vector<Problem> sorted = all_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
    return a.at.line != b.at.line ? a.at.line < b.at.line : a.at.column < b.at.column;
  });
  std::vector<std::string> lines;
  lines.reserve(sorted.size());
  for (const Problem& p : sorted) {
    lines.push_back(p.at.line == 0 ? cat(file_, before, p.what)
                                   : cat(file_, ':', p.at.line, ':', p.at.column, before, p.what));
  }
  return lines;
}

std::optional<Value> parse_yaml(std::string_view text, Problems& problems) {
  if (text.size() > kMaxFile) {
    problems.add({}, "longer than ", kMaxFile, " bytes");
    return {};
  }
  if (control_bytes(text, problems)) return {};
  Builder builder(problems);
  if (!parse(text, builder, problems)) return {};
  return std::move(builder.root);
}

}  // namespace conf
