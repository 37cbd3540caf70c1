#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/http/parser.h"
#include "lib/http/target.h"

using http::AnswerParser;
using http::Request;
using http::RequestParser;
using http::Step;
using namespace std::string_literals;

namespace {
constexpr size_t kMaxBody = 1000;

// What became of the bytes: the requests, and the status of the refusal.
struct Outcome {
  std::vector<Request> requests;
  int refused = 0;
  bool waits = false;  // in the middle of a request
  std::string rest;

  bool operator==(const Outcome& o) const {
    if (requests.size() != o.requests.size()) return false;
    for (size_t i = 0; i < requests.size(); i++) {
      if (requests[i].target != o.requests[i].target || requests[i].body != o.requests[i].body ||
          requests[i].fields.size() != o.requests[i].fields.size()) {
        return false;
      }
    }
    return refused == o.refused && waits == o.waits;
  }
};

Outcome parse(std::string_view in, size_t piece = std::string::npos) {
  RequestParser parser(kMaxBody);
  Outcome out;
  while (!in.empty() && out.refused == 0) {
    parser.feed(in.substr(0, piece));
    in.remove_prefix(std::min(piece, in.size()));
    for (Step step = parser.step(); step != Step::more; step = parser.step()) {
      if (step == Step::refused) out.refused = parser.problem().status;
      if (step == Step::refused) break;
      if (step == Step::done) out.requests.push_back(parser.take());
    }
  }
  out.waits = !parser.idle();
  out.rest = parser.take_rest();
  return out;
}

struct Hostile {
  const char* name;
  std::string in;
  int status;  // 0: not refused
};

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n";
const std::string kPost = "POST / HTTP/1.1\r\nHost: a\r\n";

std::vector<Hostile> hostile() {
  return {
      {"two lengths that differ", kPost + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
       400},
      {"one length twice", kPost + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
      {"a list of lengths", kPost + "Content-Length: 3, 3\r\n\r\nabc", 400},
      {"length and chunked",
       kPost + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked and length",
       kPost + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
      {"a blank before the colon", kPost + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400},
      {"another coding", kPost + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
      {"two codings", kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"chunked twice",
       kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"identity", kPost + "Transfer-Encoding: identity\r\n\r\n", 501},
      {"chunked in HTTP/1.0",
       "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"bare LF in a field", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
      {"a signed length", kPost + "Content-Length: +3\r\n\r\nabc", 400},
      {"a negative length", kPost + "Content-Length: -3\r\n\r\nabc", 400},
      {"an endless length", kPost + "Content-Length: 99999999999999999999999\r\n\r\nabc", 400},
      {"a hexadecimal chunk", kPost + "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
       400},
      {"a negative chunk", kPost + "Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n", 400},
      {"a huge chunk", kPost + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n",
       400},
      {"a chunk without its end",
       kPost + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", 400},
      {"blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 505},
      {"NUL in a value", kGet + "X: a\0b\r\n\r\n"s, 400},
      {"NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"s, 400},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", kGet + "Host: b\r\n\r\n", 400},
      {"a Host that is none", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"s, 400},
      {"a long header", kGet + "X: " + std::string(20000, 'a') + "\r\n\r\n", 431},
      {"many fields",
       kGet +
           [] {
             std::string s;
             for (int i = 0; i < 4000; i++) s += "X: a\r\n";
             return s;
           }() +
           "\r\n",
       431},
      {"a long target", "GET /" + std::string(20000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"a target over its limit", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
       414},
      {"a long method", std::string(20000, 'A') + " / HTTP/1.1\r\n\r\n", 414},
      {"a large body", kPost + "Content-Length: 1001\r\n\r\n", 413},
      {"a large chunk", kPost + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 413},
      {"large chunks",
       kPost + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1000, 'b') +
           "\r\n1\r\na\r\n0\r\n\r\n",
       413},
      {"a long chunk header",
       kPost + "Transfer-Encoding: chunked\r\n\r\n3;a=" + std::string(20000, 'b'), 431},
      {"a long trailer",
       kPost + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(20000, 'b'), 431},
      {"dot dot", "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"dot dot, encoded", "GET /%2e%2E/etc HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"an encoded NUL", "GET /x%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"an encoded slash", "GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"half a percent", "GET /a%2 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"NUL in the query", "GET /?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no path", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"another expectation", kPost + "Expect: tea\r\nContent-Length: 1\r\n\r\na", 417},
      {"two empty lines first", "\r\n\r\n" + kGet + "\r\n", 400},
      {"an empty line first", "\r\n" + kGet + "\r\n", 0},
      {"a folded field", kGet + "X: a\r\n b\r\n\r\n", 0},
      {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 0},
      {"chunked", kPost + "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
       0},
      {"chunked with a trailer",
       kPost + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nHost: b\r\n\r\n", 0},
      {"an empty chunked body", kPost + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0},
      {"a full body", kPost + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'b'), 0},
  };
}
}  // namespace

TEST_CASE("a request comes apart") {
  const Outcome out = parse(
      "PUT /nodes/n%201?state=on&x=a+b%3d&flag HTTP/1.1\r\nhost: h:1\r\nX-Y:  some words \r\n"
      "Content-Length: 4\r\n\r\nbody");
  REQUIRE(out.requests.size() == 1);
  const Request& r = out.requests[0];
  CHECK(r.method == "PUT");
  CHECK(r.path == "/nodes/n 1");
  CHECK(r.parameter("state") == "on");
  CHECK(r.parameter("x") == "a b=");
  CHECK(r.parameter("flag").empty());
  CHECK(r.query.size() == 3);
  CHECK(r.fields.get("x-y") == "some words");
  CHECK(r.host == "h:1");
  CHECK(r.body == "body");
  CHECK(r.keep_alive);
}

TEST_CASE("whether a client wants to go on") {
  CHECK(parse(kGet + "\r\n").requests.at(0).keep_alive);
  CHECK_FALSE(parse(kGet + "Connection: close\r\n\r\n").requests.at(0).keep_alive);
  CHECK_FALSE(parse("GET / HTTP/1.0\r\n\r\n").requests.at(0).keep_alive);
  CHECK(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").requests.at(0).keep_alive);
}

TEST_CASE("an absolute target names its host") {
  const Outcome out = parse("GET http://b:2?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(out.requests.size() == 1);
  CHECK(out.requests[0].host == "b:2");
  CHECK(out.requests[0].path == "/");
  CHECK(out.requests[0].parameter("x") == "1");
}

TEST_CASE("hostile requests are refused, each with its status, however they are cut") {
  for (const Hostile& h : hostile()) {
    CAPTURE(std::string(h.name));
    const Outcome whole = parse(h.in);
    CHECK(whole.refused == h.status);
    CHECK(whole.requests.size() == (h.status == 0 ? 1 : 0));
    for (const size_t piece : {1U, 2U, 3U, 5U, 7U, 100U}) {
      CAPTURE(piece);
      const Outcome cut = parse(h.in, piece);
      CHECK(cut.refused == h.status);
      CHECK(cut.requests.size() == whole.requests.size());
    }
  }
}

TEST_CASE("what follows a chunked body changes nothing of its header") {
  const Outcome out =
      parse(kPost + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nHost: b\r\n\r\n");
  REQUIRE(out.requests.size() == 1);
  CHECK(out.requests[0].body == "abc");
  CHECK(out.requests[0].fields.count("Host") == 1);
}

TEST_CASE("requests in a row are one each, and a cut at any byte changes nothing") {
  const std::string in = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n" + kPost +
                         "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
                         "\r\nPUT /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" +
                         "GET /4 HTTP/1.1\r\nHost: a\r\n\r\n";
  const Outcome whole = parse(in);
  CHECK(whole.requests.size() == 4);
  CHECK(whole.requests[1].body == "abc");
  CHECK(whole.requests[2].body == "hi");
  for (size_t piece = 1; piece < in.size(); piece++) CHECK(parse(in, piece) == whole);
}

TEST_CASE("what follows an upgrade is left") {
  RequestParser parser(kMaxBody);
  parser.feed(kGet + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x85");
  REQUIRE(parser.step() == Step::done);
  CHECK(parser.request().fields.has_word("connection", "upgrade"));
  CHECK(parser.take_rest() == "\x81\x85");
}

TEST_CASE("the head comes before the body") {
  RequestParser parser(kMaxBody);
  parser.feed(kPost + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  REQUIRE(parser.step() == Step::head);
  CHECK(parser.request().fields.get("expect") == "100-continue");
  CHECK(parser.step() == Step::more);
  parser.feed("abc");
  REQUIRE(parser.step() == Step::done);
  CHECK(parser.request().body == "abc");
}

TEST_CASE("percent encoding goes both ways, and a broken one is none") {
  std::string all;
  for (int i = 0; i < 256; i++) all += static_cast<char>(i);
  CHECK(http::percent_decode(http::percent_encode(all), true) == all);
  CHECK(http::percent_decode("a+b", false) == "a+b");
  for (const char* bad : {"%", "%1", "%g1", "%1g", "a%"})
    CHECK_FALSE(http::percent_decode(bad, false));
}

namespace {
std::string answer_of(std::string_view in, size_t piece, bool end) {
  AnswerParser parser(kMaxBody, false);
  while (!in.empty()) {
    parser.feed(in.substr(0, piece));
    in.remove_prefix(std::min(piece, in.size()));
    Step step = parser.step();
    if (step == Step::head) step = parser.step();
    if (step == Step::refused) return parser.problem();
  }
  if (end) parser.finish();
  Step step = parser.step();
  if (step == Step::head) step = parser.step();
  if (step != Step::done) return "unfinished: " + parser.problem();
  return std::to_string(parser.answer().status) + " " + parser.answer().body;
}
}  // namespace

TEST_CASE("answers come apart, however they are cut") {
  for (const size_t piece : {1U, 2U, 3U, 4U, 9U, 1000U}) {
    CAPTURE(piece);
    CHECK(answer_of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", piece, false) == "200 abc");
    CHECK(answer_of("HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                    piece, false) == "404 abc");
    CHECK(answer_of("HTTP/1.0 200 OK\r\n\r\nabc", piece, true) == "200 abc");
    CHECK(answer_of("HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 102 On\r\n\r\nHTTP/1.1 204 No\r\n\r\n", piece,
                    false) == "204 ");
    CHECK(answer_of("HTTP/1.1 204 No\r\n\r\n", piece, false) == "204 ");
    CHECK(answer_of("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", piece, true) ==
          "unfinished: the answer: it was cut off");
    CHECK(answer_of("HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", piece, true) ==
          "the answer: its body is longer than 1000 bytes");
    CHECK(answer_of("SSH-2.0-OpenSSH\r\n\r\n", piece, true) == "the answer: not HTTP: bad version");
  }
}
