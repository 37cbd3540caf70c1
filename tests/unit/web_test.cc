#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/web/files.h"
#include "lib/web/headers.h"
#include "lib/web/sessions.h"
#include "lib/web/tokens.h"
#include "tests/unit/help.h"

using http::Request;
using http::Response;
using std::chrono::hours;
using std::chrono::seconds;
using web::Files;
using web::Sessions;
using web::Tokens;

namespace {
Request with_cookie(std::string_view value) {
  Request r;
  r.method = "GET";
  r.fields.add("Cookie", value);
  return r;
}

// What a browser sends back.
std::string_view pair_of(std::string_view set_cookie) {
  return set_cookie.substr(0, set_cookie.find(';'));
}
}  // namespace

TEST_CASE("web: a token is good once, and for a minute") {
  const base::Time now = base::Clock::now();
  Tokens tokens;
  const std::string a = tokens.issue("uid 1", now), b = tokens.issue("uid 2", now);
  CHECK(a.size() == 32);
  CHECK(a != b);
  CHECK_FALSE(tokens.redeem("", now));
  CHECK_FALSE(tokens.redeem(a.substr(1), now));
  CHECK(tokens.redeem(a, now + seconds(59)) == "uid 1");
  CHECK_FALSE(tokens.redeem(a, now + seconds(59)));
  CHECK_FALSE(tokens.redeem(b, now + seconds(60)));
}

TEST_CASE("web: many tokens void the oldest, not the newest") {
  const base::Time now = base::Clock::now();
  Tokens tokens;
  const std::string first = tokens.issue("x", now);
  std::string last;
  for (size_t i = 0; i < Tokens::kMax; i++) last = tokens.issue("y", now + seconds(1));
  CHECK_FALSE(tokens.redeem(first, now + seconds(2)));
  CHECK(tokens.redeem(last, now + seconds(2)) == "y");
}

TEST_CASE("web: a session is its cookie, until it was not used for long, or is closed") {
  const base::Time now = base::Clock::now();
  Sessions sessions("lineman-1", true);
  const std::string set = sessions.open("uid 1", now);
  CHECK(set.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"));
  const Request r = with_cookie(base::cat("other=1; ", pair_of(set), "; last=2"));
  CHECK(sessions.user(r, now + hours(11)) == "uid 1");
  CHECK(sessions.user(r, now + hours(22)) == "uid 1");
  CHECK_FALSE(sessions.user(r, now + hours(34)));
  CHECK(sessions.size() == 0);
  const Request again = with_cookie(pair_of(sessions.open("uid 1", now)));
  CHECK(sessions.user(again, now));
  CHECK(sessions.close(again).find("Max-Age=0") != std::string::npos);
  CHECK_FALSE(sessions.user(again, now));
}

TEST_CASE("web: sessions outlive their daemon as a text with which nobody can sign in") {
  const base::Time now = base::Clock::now();
  constexpr int64_t kWall = 1'795'228'800'000'000;
  Sessions sessions("s", false);
  CHECK_FALSE(sessions.changed());
  const std::string pair(pair_of(sessions.open("uid 1, pid 2", now)));
  CHECK(sessions.changed());
  const std::string text = sessions.text(now, kWall);
  CHECK_FALSE(sessions.changed());
  CHECK(text.ends_with(" 1795272000 uid 1, pid 2\n"));
  CHECK(text.find(pair.substr(2)) == std::string::npos);
  // The other daemon's clocks say something else.
  const base::Time later = now + hours(100);
  Sessions again("s", false);
  again.take(
      "x\n" + text + std::string(64, 'a') + " soon x\n" + std::string(64, 'b') + " 1795272000",
      later, kWall + 11 * 3'600'000'000);
  CHECK(again.size() == 1);
  CHECK(again.user(with_cookie(pair), later + seconds(3599)) == "uid 1, pid 2");
  CHECK(again.changed());  // it will end later than the text says
  Sessions over("s", false);
  over.take(text, later, kWall + 12 * 3'600'000'000);
  CHECK(over.size() == 0);
  again.close(with_cookie(pair));
  CHECK(again.text(later, kWall).empty());
}

TEST_CASE("web: other cookies are no session") {
  const base::Time now = base::Clock::now();
  Sessions sessions("lineman", false);
  const std::string set = sessions.open("uid 1", now);
  const std::string id(pair_of(set).substr(8));
  CHECK(set.find("Secure") == std::string::npos);
  for (const std::string& bad :
       std::vector<std::string>{"", "lineman=", "lineman", "lineman=" + id + "0", "xlineman=" + id,
                                "lineman2=" + id, "a=lineman=" + id}) {
    CHECK_FALSE(sessions.user(with_cookie(bad), now));
  }
  CHECK_FALSE(sessions.user(Request{}, now));
  CHECK(sessions.user(with_cookie("lineman=" + id), now));
}

TEST_CASE("web: there are only so many sessions") {
  const base::Time now = base::Clock::now();
  Sessions sessions("s", false);
  for (size_t i = 0; i < Sessions::kMax + 10; i++) sessions.open("x", now);
  CHECK(sessions.size() == Sessions::kMax);
}

namespace {
const std::array<web::Packed, 2> kPacked{{
    {"a/index.html", "\"one\"", "<html>", 6, "zipped", 6},
    {"x.js", "\"two\"", "code", 4, "", 0},
}};
}  // namespace

TEST_CASE("web: built-in files have a type, an etag and, for who wants it, gzip") {
  const Files files{kPacked};
  Request r;
  Response got = files.get(r, "a/");
  CHECK(got.status == 200);
  CHECK(got.body == "<html>");
  CHECK(got.fields.get("Content-Type") == "text/html; charset=utf-8");
  CHECK(got.fields.get("ETag") == "\"one\"");
  CHECK(got.fields.get("Content-Security-Policy").find("default-src 'none'") == 0);
  CHECK(got.fields.get("X-Content-Type-Options") == "nosniff");
  r.fields.add("Accept-Encoding", "br, gzip");
  got = files.get(r, "a/index.html");
  CHECK(got.body == "zipped");
  CHECK(got.fields.get("Content-Encoding") == "gzip");
  got = files.get(r, "x.js");
  CHECK(got.body == "code");
  CHECK(got.fields.count("Content-Encoding") == 0);
  r.fields.add("If-None-Match", "\"zero\", \"two\"");
  CHECK(files.get(r, "x.js").status == 304);
  CHECK(files.get(r, "x.js").body.empty());
  CHECK(files.get(r, "a/").status == 200);
  for (const char* none : {"", "a", "x", "../x.js", "/x.js"})
    CHECK(files.get(r, none).status == 404);
}

TEST_CASE("web: files from a folder are what lies in it now, and nothing outside of it") {
  help::Folder folder;
  std::filesystem::create_directory(folder / "www");
  help::put_file(folder / "secret.html", "secret");
  help::put_file(folder / "www/index.html", "one");
  std::filesystem::create_symlink("../secret.html", folder / "www/out.html");
  std::filesystem::create_symlink("/etc/passwd", folder / "www/abs.html");
  std::filesystem::create_symlink("index.html", folder / "www/in.html");
  REQUIRE(::mkfifo((folder / "www/fifo").c_str(), 0600) == 0);
  const auto files = Files::in_folder(folder / "www");
  REQUIRE(files);
  const Request r;
  const Response first = files->get(r, "");
  CHECK(first.body == "one");
  CHECK(files->get(r, "in.html").body == "one");
  for (const char* none : {"out.html", "abs.html", "../secret.html", "/etc/passwd", "fifo", "none",
                           "www", "in.html/x"}) {
    CHECK(files->get(r, none).status == 404);
  }
  Request again;
  again.fields.add("If-None-Match", first.fields.get("ETag"));
  CHECK(files->get(again, "").status == 304);
  help::put_file(folder / "www/index.html", "two");
  CHECK(files->get(again, "").body == "two");
  CHECK_FALSE(Files::in_folder(folder / "none"));
}
