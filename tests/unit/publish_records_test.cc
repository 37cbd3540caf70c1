#include "tools/consoled/publish_records.h"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/cat.h"
#include "lib/base/clock.h"
#include "tools/consoled/receiver_udp.h"

using consoled::Mark;
using consoled::PublishedRecord;
using consoled::RecordForm;
using consoled::Records;
using journal::Item;
using journal::Kind;

namespace {
constexpr int64_t kTime = 1795228800429972;

Item bytes(uint64_t offset, std::string_view text) {
  return {Item::What::bytes, Kind::chunk, text, kTime, true, offset};
}
Item happened(uint64_t offset, Kind kind, std::string_view text = "") {
  return {Item::What::event, kind, text, kTime, true, offset};
}
// A source that goes on where it was, as one behind a ptybufferd does after a restart.
Item resumed(uint64_t offset) {
  Item up = happened(offset, Kind::up);
  up.resumed = true;
  return up;
}

std::vector<PublishedRecord> made(const std::vector<Item>& items, const Mark& from = {7, 0, 0},
                                  const RecordForm& form = {false, 6, ""}) {
  Records records("n1", form, from);
  std::vector<PublishedRecord> out;
  for (const Item& item : items) records.feed(item, 7, out);
  return out;
}

// What a reader gives from that offset on.
std::vector<Item> from_offset(const std::vector<Item>& items, uint64_t offset) {
  std::vector<Item> rest;
  for (Item item : items) {
    if (item.what == Item::What::bytes) {
      const uint64_t cut = offset > item.offset ? offset - item.offset : 0;
      if (cut >= item.bytes.size()) continue;
      item.bytes.remove_prefix(cut);
      item.offset += cut;
    } else if (item.offset < offset) {
      continue;
    }
    rest.push_back(item);
  }
  return rest;
}

std::string text_of(const std::vector<PublishedRecord>& records) {
  std::string out;
  for (const PublishedRecord& r : records) out += r.text;
  return out;
}
// "console hello @6+0": type, message and the place behind it, of each.
std::string told(const std::vector<PublishedRecord>& records) {
  std::string out;
  for (const PublishedRecord& r : records) {
    const auto value = [&r](std::string_view key) {
      const size_t from = r.text.find(key) + key.size();
      return r.text.substr(from, r.text.find('"', from) - from);
    };
    out += base::cat(out.empty() ? "" : ", ", value("\"type\":\""), " ", value("\"message\":\""),
                     " @", r.after.offset, "+", r.after.events);
  }
  return out;
}

}  // namespace

TEST_CASE("a place in a journal is a text and back") {
  const Mark m{1795228800000123, 4711, 2};
  CHECK(consoled::mark_text(m) == "1795228800000123:4711:2");
  CHECK(consoled::parse_mark("1795228800000123:4711:2") == m);
  CHECK(consoled::parse_mark("-5:0:0") == Mark{-5, 0, 0});
  for (const char* wrong : {"", "1", "1:2", "1:2:3:4", "1:2:3 ", "a:2:3", "1:-2:3", "1::3",
                            "99999999999999999999:0:0"}) {
    CHECK_FALSE(consoled::parse_mark(wrong));
  }
}

TEST_CASE("records are goconserver's") {
  const auto with_date = made({bytes(0, "hello\r\n")}, {7, 0, 0}, {true, 6, ""});
  REQUIRE(with_date.size() == 1);
  CHECK(with_date[0].text.starts_with(
      "{\"type\":\"console\",\"message\":\"hello\",\"node\":\"n1\",\"date\":\"2026-11-2"));
  CHECK(
      text_of(made({happened(0, Kind::up, "ours"), bytes(0, "a\n\nb"), happened(4, Kind::down),
                    happened(4, Kind::attach, "127.0.0.1:58656"), happened(4, Kind::detach),
                    bytes(4, "c\r\r\n")})) ==
      "{\"type\":\"event\",\"message\":\"[goconserver connected]\",\"node\":\"n1\"}\n"
      "{\"type\":\"console\",\"message\":\"a\",\"node\":\"n1\"}\n"
      "{\"type\":\"console\",\"message\":\"\",\"node\":\"n1\"}\n"
      "{\"type\":\"console\",\"message\":\"b\",\"node\":\"n1\"}\n"
      "{\"type\":\"event\",\"message\":\"[goconserver disconnected]\",\"node\":\"n1\"}\n" +
          base::cat("{\"type\":\"event\",\"message\":\"goconserver(", base::rfc3339_local(kTime, 0),
                    "): Hello 127.0.0.1:58656, welcome to the session of n1\",\"node\":\"n1\"}\n") +
          "{\"type\":\"console\",\"message\":\"c\",\"node\":\"n1\"}\n");
}

TEST_CASE("what happens within a line comes before it, and the line comes whole") {
  const auto attach = [](uint64_t at) { return happened(at, Kind::attach, "x"); };
  const std::string hello = base::cat("event goconserver(", base::rfc3339_local(kTime, 0),
                                      "): Hello x, welcome to the session of n1");
  const std::string up = "event [goconserver connected]";
  const std::string down = "event [goconserver disconnected]";
  struct Row {
    const char* what;
    std::vector<Item> items;
    std::string records;
  };
  const std::vector<Row> rows{
      {"one attaches",
       {bytes(0, "a\nlog"), attach(5), bytes(5, "in\n")},
       base::cat("console a @2+0, ", hello, " @2+1, console login @8+0")},
      {"at a line's end",
       {bytes(0, "ab"), attach(2), bytes(2, "\nc\n")},
       base::cat(hello, " @0+1, console ab @3+0, console c @5+0")},
      {"between CR and LF",
       {bytes(0, "ab\r"), attach(3), bytes(3, "\n")},
       base::cat(hello, " @0+1, console ab @4+0")},
      {"between two lines",
       {bytes(0, "ab\n"), attach(3), bytes(3, "c\n")},
       base::cat("console ab @3+0, ", hello, " @3+1, console c @5+0")},
      {"several, some of them untold",
       {attach(0), bytes(0, "a"), attach(1), happened(1, Kind::detach), bytes(1, "b"),
        happened(2, Kind::send_break), attach(2), bytes(2, "c\n"), attach(4)},
       base::cat(hello, " @0+1, ", hello, " @0+2, ", hello, " @0+5, console abc @4+0, ", hello,
                 " @4+1")},
      {"the connection ends in it",
       {bytes(0, "log"), happened(3, Kind::down), bytes(3, "in\n")},
       base::cat("console log @3+0, ", down, " @3+1, console in @6+0")},
      {"and nothing was unfinished",
       {bytes(0, "a\n"), happened(2, Kind::down)},
       base::cat("console a @2+0, ", down, " @2+1")},
      {"another connection, without a word of the old one's end",
       {bytes(0, "log"), happened(3, Kind::up), bytes(3, "in\n")},
       base::cat("console log @3+0, ", up, " @3+1, console in @6+0")},
      {"the same source again",
       {bytes(0, "log"), resumed(3), bytes(3, "in\n")},
       base::cat(up, " @0+1, console login @6+0")},
      {"bytes are lost",
       {bytes(0, "log"),
        attach(3),
        {Item::What::marker, Kind::chunk, "\n[[5 bytes skipped]]\n", kTime, true, 8},
        bytes(8, "in\n")},
       base::cat(hello,
                 " @0+1, console log @3+1, console [[5 bytes skipped]] @8+0, console in @11+0")},
  };
  for (const Row& row : rows) {
    CHECK_MESSAGE(told(made(row.items)) == row.records, row.what);
  }
}

TEST_CASE("a line is cut at 4096 bytes, and its rest comes as another one") {
  const std::string longer(5000, 'x');
  const auto records = made({bytes(0, longer + "\n")});
  REQUIRE(records.size() == 2);
  CHECK(records[0].after == Mark{7, 4096, 0});
  CHECK(records[1].after == Mark{7, 5001, 0});
  CHECK(records[0].text.size() - records[1].text.size() == 4096 - 904);
}

TEST_CASE("an unfinished line is repeated as goconserver does, and has no place of its own") {
  Records records("n1", {false, 6, ""}, {7, 0, 0});
  std::vector<PublishedRecord> out;
  CHECK_FALSE(records.remain());
  records.feed(bytes(0, "one\nlog"), 7, out);
  CHECK(out.size() == 1);
  CHECK(records.remain() == "{\"type\":\"remain\",\"message\":\"log\",\"node\":\"n1\"}\n");
  CHECK(records.at() == Mark{7, 4, 0});
  records.feed(bytes(7, "in: \n"), 7, out);
  CHECK(out.back().text == "{\"type\":\"console\",\"message\":\"login: \",\"node\":\"n1\"}\n");
  CHECK_FALSE(records.remain());
}

TEST_CASE("from any record's place on come exactly the records behind it") {
  const std::vector<Item> items{happened(0, Kind::up),
                                bytes(0, "one\ntwo\nthr"),
                                happened(11, Kind::down),
                                happened(11, Kind::up),
                                bytes(11, "ee\nfour\n"),
                                happened(19, Kind::attach, "who"),
                                happened(19, Kind::down),
                                bytes(19, "fi"),
                                happened(21, Kind::attach, "who"),
                                bytes(21, "v"),
                                resumed(22),
                                bytes(22, "e\nsix\n"),
                                happened(28, Kind::attach, "who")};
  const auto all = made(items);
  for (size_t i = 0; i < all.size(); i++) {
    const Mark from = all[i].after;
    // What a reader gives from that offset on.
    std::vector<Item> rest;
    for (Item item : items) {
      if (item.what == Item::What::event) {
        if (item.offset >= from.offset) rest.push_back(item);
        continue;
      }
      const uint64_t end = item.offset + item.bytes.size();
      if (end <= from.offset) continue;
      const uint64_t cut = from.offset > item.offset ? from.offset - item.offset : 0;
      item.bytes.remove_prefix(cut);
      item.offset += cut;
      rest.push_back(item);
    }
    const auto again = made(rest, from);
    REQUIRE(again.size() == all.size() - i - 1);
    for (size_t k = 0; k < again.size(); k++) {
      CHECK(again[k].text == all[i + 1 + k].text);
      CHECK(again[k].after == all[i + 1 + k].after);
    }
  }
}

TEST_CASE("keys are of one source, and their numbers only grow") {
  const auto records =
      made({happened(0, Kind::up), bytes(0, "a\nb"), happened(3, Kind::down), bytes(3, "c\n")},
           {7, 0, 0}, {false, 6, "log.sink"});
  uint64_t last = 0;
  for (const PublishedRecord& r : records) {
    const std::string source = "log.sink.n1.7:";
    REQUIRE(r.key.starts_with(source));
    const uint64_t number = std::stoull(r.key.substr(source.size()));
    CHECK(number > last);
    last = number;
    CHECK(r.text.ends_with(base::cat("\"key\":\"", r.key, "\"}\n")));
  }
}

TEST_CASE("a log file has stamps before its lines and events between them") {
  const auto text_of = [](bool stamps, const std::vector<Item>& items) {
    consoled::StampedText text("n1", stamps, {7, 0, 0});
    std::string out;
    for (const Item& item : items) text.feed(item, 7, out);
    return out;
  };
  CHECK(text_of(false, {bytes(0, "a\nb"), happened(3, Kind::up), bytes(3, "c\n")}) ==
        "a\nb\r\n[goconserver connected]\r\nc\n");
  const std::string stamp = base::cat('[', base::rfc3339_local(kTime, 0), "] ");
  CHECK(text_of(true, {bytes(0, "a\nb"), bytes(3, "c\n")}) ==
        base::cat(stamp, "a\n", stamp, "bc\n"));
}

TEST_CASE("a log file's text goes on anywhere, with nothing twice and no stamp within a line") {
  const Item lost{Item::What::marker, Kind::chunk, "\n[[5 bytes skipped]]\n", kTime, true, 17};
  const std::vector<Item> items{happened(0, Kind::up),
                                bytes(0, "one\nlog"),
                                happened(7, Kind::attach, "who"),
                                happened(7, Kind::detach, "who"),
                                bytes(7, "in"),
                                happened(9, Kind::detach, "who"),
                                bytes(9, ": x"),
                                lost,
                                bytes(17, "y\n"),
                                happened(19, Kind::down),
                                happened(19, Kind::up),
                                bytes(19, "z")};
  consoled::StampedText whole("n1", true, {7, 0, 0});
  std::string out;
  for (const Item& item : items) {
    whole.feed(item, 7, out);
    consoled::StampedText again("n1", true, whole.at());
    std::string text = out;
    const uint64_t at = whole.at().offset;
    for (const Item& rest : from_offset(items, at > 0 ? at - 1 : 0)) again.feed(rest, 7, text);
    consoled::StampedText once("n1", true, {7, 0, 0});
    std::string expected;
    for (const Item& each : items) once.feed(each, 7, expected);
    CHECK(text == expected);
    CHECK(again.at() == once.at());
  }
}

TEST_CASE("a datagram holds whole records, up to 8 KiB, or one") {
  std::vector<PublishedRecord> records;
  for (int i = 0; i < 100; i++) records.push_back({std::string(300, 'x') + "\n", "", {}});
  const auto packed = consoled::datagrams(records, false);
  CHECK(packed.size() == 4);
  for (const std::string& d : packed) {
    CHECK(d.size() <= 8192);
    CHECK(d.size() % 301 == 0);
  }
  CHECK(consoled::datagrams(records, true).size() == 100);
  records.push_back({std::string(20000, 'y') + "\n", "", {}});
  CHECK(consoled::datagrams(records, false).back().size() == 20001);
}
