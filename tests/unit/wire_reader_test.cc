// Each stream is read whole, in all pairs of pieces, and byte by byte: the items must be the same.
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/cat.h"
#include "lib/wire/limits.h"
#include "lib/wire/reader.h"

using base::cat;
using wire::Item;
using wire::Reader;

namespace {
using Lines = std::vector<std::string>;

std::string place(const wire::Position& at) {
  return cat(at.line, ':', at.column, ' ');
}

// "1:1 {...}", "1:1 word status", "1:1 error ...", "1:1 warning ..."; warnings of a value follow
// it in brackets.
std::string shown(const Item& item) {
  static const char* const kKinds[] = {"", "word ", "error ", "warning "};
  std::string out = cat(place(item.at), kKinds[static_cast<size_t>(item.kind)], item.text);
  for (const auto& w : item.warnings) out += cat(" (", place(w.at), w.message, ')');
  return out;
}

std::string joined(const Lines& lines) {
  std::string out;
  for (const std::string& line : lines) out += cat('<', line, ">\n");
  return out;
}

void take(Reader& reader, Lines& out) {
  while (auto item = reader.next()) out.push_back(shown(*item));
}

Lines read(const std::vector<std::string_view>& pieces) {
  Reader reader;
  Lines out;
  for (const std::string_view piece : pieces) {
    reader.feed(piece);
    take(reader, out);
  }
  reader.finish();
  take(reader, out);
  return out;
}

Lines read_bytes(std::string_view in) {
  std::vector<std::string_view> pieces;
  for (size_t i = 0; i < in.size(); i++) pieces.push_back(in.substr(i, 1));
  return read(pieces);
}

struct Case {
  std::string name;
  std::string in;
  Lines out;
};

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CAPTURE(c.in);
    CHECK(joined(read({c.in})) == joined(c.out));
    CHECK(joined(read_bytes(c.in)) == joined(c.out));
    for (size_t cut = 1; cut < c.in.size(); cut++) {
      CAPTURE(cut);
      const std::string_view in = c.in;
      REQUIRE(read({in.substr(0, cut), in.substr(cut)}) == c.out);
    }
  }
}

std::string nested(size_t levels) {
  std::string out;
  for (size_t i = 0; i < levels; i++) out += R"({"a":)";
  return out + "1" + std::string(levels, '}');
}
}  // namespace

TEST_CASE("reader takes values as people send them") {
  check({
      {"nothing", "", {}},
      {"blanks", " \t\r\n\n", {}},
      {"one a line", "{\"a\":1}\n{\"b\":2}\n", {"1:1 {\"a\":1}", "2:1 {\"b\":2}"}},
      {"no last newline", "{\"a\":1}", {"1:1 {\"a\":1}"}},
      {"concatenated", "{}{\"a\":{}}  {}", {"1:1 {}", "1:3 {\"a\":{}}", "1:13 {}"}},
      {"CR LF", "{\"a\":1}\r\n{}\r\n", {"1:1 {\"a\":1}", "2:1 {}"}},
      {"many lines", "{\n  \"a\": [1,\n 2]\n}\n{}", {"1:1 {\n  \"a\": [1,\n 2]\n}", "5:1 {}"}},
      {"RS", "\x1e{\"a\":1}\n\x1e{}\n", {"1:2 {\"a\":1}", "2:2 {}"}},
      {"byte order mark", "\xef\xbb\xbf{}\n", {"1:1 {}"}},
      {"brackets in strings", R"({"a":"}]{[\"\\"} {})", {R"(1:1 {"a":"}]{[\"\\"})", "1:18 {}"}},
      {"numbers and literals",
       "1 -2.5e3 true\nfalse null 3",
       {"1:1 1", "1:3 -2.5e3", "1:10 true", "2:1 false", "2:7 null", "2:12 3"}},
      {"scalars end at brackets", "1{}true[2]", {"1:1 1", "1:2 {}", "1:4 true", "1:9 2"}},
      {"strings", "\"a b\"\"c\"\n", {"1:1 \"a b\"", "1:6 \"c\""}},
  });
}

TEST_CASE("reader gives each element of an outermost array") {
  check({
      {"empty", "[]\n[ ]", {}},
      {"elements",
       "[{\"a\":1}, 2,\n \"x\", [3], null]",
       {"1:2 {\"a\":1}", "1:11 2", "2:2 \"x\"", "2:7 [3]", "2:12 null"}},
      {"arrays in a row", "[1][2]\n[3]", {"1:2 1", "1:5 2", "2:2 3"}},
      {"a message file",
       "[\n    {\n        \"toNode\":\"ship1\",\n        \"methodArgs\": [\"a\"],\n    },\n"
       "    {\"toNode\":\"ship2\"}\n]\n",
       {"2:5 {\n        \"toNode\":\"ship1\",\n        \"methodArgs\": [\"a\"] \n    }"
        " (4:28 a comma before '}')",
        "6:5 {\"toNode\":\"ship2\"}"}},
      {"not closed", "[1, 2", {"1:2 1", "1:5 2", "1:1 error the array is not closed"}},
      {"a comma is missing",
       "[{\"a\":1}\n {\"b\":2}]",
       {"1:2 {\"a\":1}", "2:2 {\"b\":2} (2:2 a comma is missing)"}},
      {"a value is missing", "[1,,,2]", {"1:2 1", "1:4 error expected a value, got ','", "1:6 2"}},
      {"the next array begins",
       "[1\n[2]\n{}",
       {"1:2 1", "1:1 error the array is not closed", "2:2 2", "3:1 {}"}},
  });
}

TEST_CASE("reader takes a comma before a closing bracket with a warning") {
  check({
      {"object", "{\"a\":1,}", {"1:1 {\"a\":1 } (1:7 a comma before '}')"}},
      {"array in it", "{\"a\":[1, 2,\n]}", {"1:1 {\"a\":[1, 2 \n]} (1:11 a comma before ']')"}},
      {"both",
       "{\"a\":[1,],}",
       {"1:1 {\"a\":[1 ] } (1:8 a comma before ']') (1:10 a comma before '}')"}},
      {"outermost array", "[{},]", {"1:2 {}", "1:4 warning a comma before ']'"}},
      {"between values", "{},\n{}", {"1:1 {}", "1:3 warning a comma between values", "2:1 {}"}},
      {"not two commas", "{\"a\":1,,}\n{}", {"1:8 error expected a key, got ','", "2:1 {}"}},
      {"not after a colon", "{\"a\":}\n{}", {"1:6 error expected a value, got '}'", "2:1 {}"}},
      {"not alone", "{,} {}", {"1:2 error expected a key or '}', got ','", "1:5 {}"}},
  });
}

TEST_CASE("reader remembers a bounded number of warnings") {
  std::string in = "{\"a\":[";
  for (size_t i = 0; i < 2 * wire::kMaxWarnings; i++) in += "[1,],";
  Reader reader;
  reader.feed(in + "]}");
  const auto item = reader.next();
  REQUIRE(item);
  CHECK(item->warnings.size() == wire::kMaxWarnings);
}

TEST_CASE("reader gives lines that begin with a letter as words") {
  check({
      {"words",
       "status\nlog level 3  \r\n  who\t\n",
       {"1:1 word status", "2:1 word log level 3", "3:3 word who"}},
      {"no newline", "stop", {"1:1 word stop"}},
      {"literals are values",
       "true\nnull\ntruely\nfalse",
       {"1:1 true", "2:1 null", "3:1 word truely", "4:1 false"}},
      {"any bytes", "say \"{[\xff\n{}", {"1:1 word say \"{[\xff", "2:1 {}"}},
      {"not after a value",
       "{} status\n{}",
       {"1:1 {}", "1:4 error expected a value, got a word", "2:1 {}"}},
      {"not in an array",
       "[\n1,\nstatus,\n2]",
       {"2:1 1", "3:1 error expected a value, got a word", "4:1 2"}},
  });
}

TEST_CASE("a bad value costs one error and nothing else") {
  check({
      {"wrong bracket",
       "{\"a\":[1}\n{\"b\":2}",
       {"1:8 error expected ',' or ']', got '}'", "2:1 {\"b\":2}"}},
      {"wrong bracket, same line",
       "{\"a\":[1} {\"b\":2}",
       {"1:8 error expected ',' or ']', got '}'", "1:10 {\"b\":2}"}},
      {"wrong bracket further in",
       "{\"a\":{\"x\":1]} }\n{\"b\":2}",
       {"1:12 error expected ',' or '}', got ']'", "2:1 {\"b\":2}"}},
      {"stray closers",
       "}\n{} ]]}] {}\n}\n",
       {"1:1 error '}' closes nothing", "2:1 {}", "2:4 error ']' closes nothing", "2:9 {}",
        "3:1 error '}' closes nothing"}},
      {"newline in a string",
       "{\"a\":\"x\n{\"b\":2}\n",
       {"1:8 error the string is not closed on its line", "2:1 {\"b\":2}"}},
      {"CR LF in a string",
       "{\"a\":\"x\r\n{\"b\":2}\n",
       {"1:8 error the string is not closed on its line", "2:1 {\"b\":2}"}},
      {"string over two lines",
       "{\"a\":\"x\ny\"}\n{\"b\":2}\n",
       {"1:8 error the string is not closed on its line", "3:1 {\"b\":2}"}},
      {"newline after a backslash",
       "{\"a\":\"x\\\n{\"b\":2}\n",
       {"1:9 error the string is not closed on its line", "2:1 {\"b\":2}"}},
      {"control byte in a string",
       "{\"a\":\"x\ty}\"} {\"b\":2}",
       {"1:8 error a string holds byte 0x09", "1:14 {\"b\":2}"}},
      {"string alone", "\"abc\n{}", {"1:5 error the string is not closed on its line", "2:1 {}"}},
      {"object not closed",
       "{\"a\":1\n{\"b\":2}\n{\"c\":3}",
       {"1:1 error the value is not closed", "2:1 {\"b\":2}", "3:1 {\"c\":3}"}},
      {"object not closed after a comma",
       "{\"a\":1,\n{\"b\":2}\n",
       {"1:1 error the value is not closed", "2:1 {\"b\":2}"}},
      {"array in it not closed",
       "{\"a\":[1\n{\"b\":2}\n[3]",
       {"1:1 error the value is not closed", "2:1 {\"b\":2}", "3:2 3"}},
      {"cut off by RS",
       "{\"a\":1\n\x1e{\"b\":2}\n",
       {"1:1 error the value is not closed", "2:2 {\"b\":2}"}},
      {"cut off by RS in a string",
       "{\"a\":\"1\x1e{\"b\":2}\n",
       {"1:8 error a string holds byte 0x1e", "1:9 {\"b\":2}"}},
      {"garbage in braces",
       "{oops\n{\"a\":1}\n",
       {"1:2 error expected a key or '}', got 'o'", "2:1 {\"a\":1}"}},
      {"garbage",
       "\x01\x80{\"[\n{\"a\":1}",
       {"1:1 error expected a value, got byte 0x01", "2:1 {\"a\":1}"}},
      {"garbage lines",
       "#1\n*2 {}\n{}",
       {"1:1 error expected a value, got '#'", "2:1 error expected a value, got '*'", "3:1 {}"}},
      {"garbage in brackets",
       "[oops\n{\"a\":1}\n{\"b\":2}",
       {"1:2 error expected a value, got a word", "2:1 {\"a\":1}", "3:1 {\"b\":2}"}},
      {"many lines, comma missing",
       "{\n  \"a\": 1\n  \"b\": {\n    \"c\": [2]\n  }\n}\n{\"d\":3}\n",
       {"3:3 error expected ',' or '}', got '\"'", "7:1 {\"d\":3}"}},
      {"many lines, quote missing",
       "{\n  \"a: 1,\n  \"b\": {\"c\": \"}\"}\n}\n{\"d\":3}\n",
       {"2:9 error the string is not closed on its line", "5:1 {\"d\":3}"}},
      {"many lines at column 1",
       "{\n\"a\" 1,\n\"b\":[\n{\"x\":1},\n{\"y\":2}\n]\n}\n{\"d\":3}\n",
       {"2:5 error expected ':' after the key, got '1'", "8:1 {\"d\":3}"}},
      {"cut short, then more",
       "{\n  \"a\" 1,\n  \"b\": 2,\n{\"c\":3}\n",
       {"2:7 error expected ':' after the key, got '1'", "4:1 {\"c\":3}"}},
      {"element",
       "[{\"a\" 1}, {\"b\":2}]\n{}",
       {"1:7 error expected ':' after the key, got '1'", "1:11 {\"b\":2}", "2:1 {}"}},
      {"element not closed",
       "[\n{\"a\":1,\n{\"b\":2},\n{\"c\":3}\n]\n{}",
       {"2:1 error the value is not closed", "3:1 {\"b\":2}", "4:1 {\"c\":3}", "6:1 {}"}},
      {"last element not closed",
       "[\n  {\n    \"a\":1\n]\n{}",
       {"4:1 error expected ',' or '}', got ']'", "5:1 {}"}},
      {"junk element",
       "[1, *?, 2, @]\n{}",
       {"1:2 1", "1:5 error expected a value, got '*'", "1:9 2",
        "1:12 error expected a value, got '@'", "2:1 {}"}},
      {"end inside a value",
       "{\"a\":1}\n {\"b\":[",
       {"1:1 {\"a\":1}", "2:2 error the value is not closed"}},
      {"end inside an element", "[1,{\"b\":\"", {"1:2 1", "1:4 error the value is not closed"}},
      {"end inside a bad value", "{a", {"1:2 error expected a key or '}', got 'a'"}},
  });
}

TEST_CASE("a word comes through after a bad line") {
  check({
      {"not closed",
       "{\"cmd\":\"stop\"\nstatus\n",
       {"1:1 error the value is not closed", "2:1 word status"}},
      {"not closed, many lines",
       "{\n  \"a\": [1\nstatus\n{}",
       {"1:1 error the value is not closed", "3:1 word status", "4:1 {}"}},
      {"garbage",
       "{oops\nstatus\n",
       {"1:2 error expected a key or '}', got 'o'", "2:1 word status"}},
      {"garbage in brackets",
       "[{oops\nstatus\n",
       {"1:3 error expected a key or '}', got 'o'", "2:1 word status"}},
      {"but not as the end of a string",
       "{\"a\":\"x\nyes\"}\nstatus\n{}",
       {"1:8 error the string is not closed on its line", "4:1 {}"}},
      {"nor in many lines",
       "{\n\"a\" 1,\ntrue}\nstatus\n",
       {"2:5 error expected ':' after the key, got '1'", "4:1 word status"}},
      {"nor in an array of many lines",
       "[\n{\"a\":1\nstatus\n}, 2]\nwho",
       {"3:1 error expected ',' or '}', got 's'", "4:4 2", "5:1 word who"}},
  });
}

TEST_CASE("reader counts brackets within brackets") {
  CHECK(read({nested(32)}) == Lines{cat("1:1 ", nested(32))});
  CHECK(read_bytes("[" + nested(32) + "]") == Lines{cat("1:2 ", nested(32))});
  const std::string error = "1:161 error more than 32 brackets within brackets";
  const std::string open(100, '[');
  check({
      {"33", nested(33) + "{}\n{}", {error, "1:200 {}", "2:1 {}"}},
      {"200", nested(200) + "{}", {error, "1:1202 {}"}},
      {"never closed",
       "{\"a\":" + open + "\n{}\n{}",
       {"1:37 error more than 32 brackets within brackets", "2:1 {}", "3:1 {}"}},
      {"outermost array",
       open + "\n{}\n{}",
       {"1:34 error more than 32 brackets within brackets", "2:1 {}", "3:1 {}"}},
  });
}

TEST_CASE("a value has at most 1 MiB") {
  const std::string fill(wire::kMaxMessage - 2, 'x');
  const std::string fits = cat('"', fill, '"');
  CHECK(read({fits, " 1"}) == Lines{cat("1:1 ", fits), cat("1:", fits.size() + 2, " 1")});
  const std::string error = "1:1 error longer than 1048576 bytes";
  const std::string after = "\n{}";
  const std::vector<std::string> cases = {
      cat("\"x", fill, '"'),          // a string
      cat("{\"a\":\"", fill, "\"}"),  // an object
      cat("{\"a\":\n[\"", fill, "\",\n{}\n]}"),
      cat("12", std::string(wire::kMaxMessage - 1, '3')),
      cat("ab", std::string(wire::kMaxMessage - 1, 'c')),
      cat("ab ", std::string(wire::kMaxMessage - 2, 'c')),
      cat("{\"a\":\"", fill, "\" 1 }"),  // and wrong after it
      cat("{\"a\":\"", fill, "\x01\"}"),
  };
  for (const std::string& text : cases) {
    CAPTURE(text.substr(0, 10));
    const std::string in = text + after;
    const Lines whole = read({in});
    REQUIRE(whole.size() == 2);
    CHECK(whole[0] == error);
    CHECK(whole[1].find(":1 {}") != std::string::npos);
    const std::string_view view = in;
    for (size_t cut = wire::kMaxMessage - 3; cut < in.size(); cut++) {
      REQUIRE(read({view.substr(0, cut), view.substr(cut)}) == whole);
    }
    CHECK(read_bytes(in) == whole);
  }
}

TEST_CASE("an endless array takes no memory") {
  Reader reader;
  reader.feed("[");
  size_t items = 0;
  const std::string piece = "{\"a\":1},\n";
  std::string pieces;
  for (int i = 0; i < 1000; i++) pieces += piece;
  for (int i = 0; i < 1000; i++) {
    reader.feed(pieces);
    while (auto item = reader.next()) {
      items += item->kind == Item::Kind::value ? 1U : 0U;
      if (items == 1000000) CHECK(item->at == wire::Position{1000000, 1});
    }
  }
  CHECK(items == 1000000);
  CHECK_FALSE(reader.idle());
}

TEST_CASE("reader is idle between values only") {
  Reader reader;
  CHECK(reader.idle());
  reader.feed("{");
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.idle());
  reader.feed("}\n");
  CHECK(reader.next());
  CHECK(reader.idle());  // with the end of a line before it
  CHECK_FALSE(reader.next());
  CHECK(reader.idle());
  reader.feed("{}\n {}");
  CHECK(reader.next());
  CHECK_FALSE(reader.idle());
  CHECK(reader.next());
  CHECK(reader.idle());
}
