#include <sys/stat.h>

#include "lib/redis/url.h"
#include "tests/unit/help.h"

using base::Errc;
using redis::find_target;
using redis::parse_url;
using redis::Source;
using redis::Target;

namespace {
std::string shown(const Target& t) {
  return base::cat(t.path, "|", t.host, "|", t.port, "|", t.tls ? "tls" : "", "|", t.user, "|",
                   t.password, "|", t.ca, ",", t.cert, ",", t.key, "|", t.database, "|", t.text);
}
std::string parsed(std::string_view url, Source source = Source::environment) {
  const auto t = parse_url(url, source);
  return t ? shown(*t) : t.error().what;
}
}  // namespace

TEST_CASE("a Redis URL is a unix socket or a host, with a user, a database, and files for TLS") {
  const std::pair<const char*, const char*> table[] = {
      {"unix:/run/r.sock", "/run/r.sock||6379||||,,|0|unix:/run/r.sock"},
      {"unix:///run/r.sock", "/run/r.sock||6379||||,,|0|unix:/run/r.sock"},
      {"unix:/a%20b?db=3&user=me", "/a b||6379||me||,,|3|unix:/a b"},
      {"redis://h", "|h|6379||||,,|0|redis://h:6379"},
      {"redis://h/", "|h|6379||||,,|0|redis://h:6379"},
      {"redis://h:1/2", "|h|1||||,,|2|redis://h:1"},
      {"redis://me@h:7000", "|h|7000||me||,,|0|redis://me@h:7000"},
      {"redis://me:p%40ss@h", "|h|6379||me|p@ss|,,|0|redis://me@h:6379"},
      {"redis://:secret@h", "|h|6379|||secret|,,|0|redis://h:6379"},
      {"redis://a%40b@h", "|h|6379||a@b||,,|0|redis://a@b@h:6379"},
      {"redis://[::1]:6380", "|::1|6380||||,,|0|redis://[::1]:6380"},
      {"redis://[::1]", "|::1|6379||||,,|0|redis://[::1]:6379"},
      {"rediss://h?ca=/c&cert=/d&key=/e", "|h|6379|tls|||/c,/d,/e|0|rediss://h:6379"},
      {"rediss://u@h:1?ca=a%26b", "|h|1|tls|u||a&b,,|0|rediss://u@h:1"},
  };
  for (const auto& [url, expected] : table) CHECK(parsed(url) == expected);
}

TEST_CASE("a bad Redis URL is refused with what is wrong, and never with a password") {
  const std::pair<const char*, const char*> table[] = {
      {"", "it begins with unix:, redis:// or rediss://"},
      {"http://h", "it begins with unix:, redis:// or rediss://"},
      {"unix:r.sock", "unix: needs a path that begins with /"},
      {"unix:", "unix: needs a path that begins with /"},
      {"unix://host/x", "unix: needs a path that begins with /"},
      {"unix:/a%", "path: % is not followed by two hex digits (a % itself is %25)"},
      {"unix:/a%4", "path: % is not followed by two hex digits (a % itself is %25)"},
      {"unix:/a%0g", "path: % is not followed by two hex digits (a % itself is %25)"},
      {"unix:/a%00", "path: contains a NUL"},
      {"redis://", "there is no host"},
      {"redis://:6379", "there is no host"},
      {"redis://::1:6379", "host: IPv6 is written [::1]:6379"},
      {"redis://[::1", "host: [ without ]"},
      {"redis://[::1]x", "host: expected : and a port after ]"},
      {"redis://u:sesame%zz@h",
       "password: % is not followed by two hex digits (a % itself is %25)"},
      {"unix:/a?password=x",
       "password: unknown key; there are user, passwordFile, db, and with "
       "rediss:// ca, cert, key"},
      {"unix:/a?user=a&user=b", "user: is given twice"},
      {"redis://a@h?user=b", "user: is given twice"},
      {"redis://h?user", "user: has no value"},
      {"redis://h?ca=/x", "ca: is for TLS: only with rediss://"},
      {"unix:/a?key=/x", "key: is for TLS: only with rediss://"},
      {"rediss://h?cert=/x", "cert and key: one needs the other"},
      {"rediss://h?key=/x", "cert and key: one needs the other"},
  };
  for (const auto& [url, expected] : table)
    CHECK(parsed(url) == base::cat("Redis URL: ", expected));
  for (const char* url : {"redis://h:0", "redis://h:65536", "redis://h:", "redis://h:x"}) {
    CHECK(parsed(url).starts_with("Redis URL: port: "));
  }
  for (const char* url : {"redis://h/x", "unix:/a?db=-1", "unix:/a?db=x"}) {
    CHECK(parsed(url).starts_with("Redis URL: db: "));
  }
}

TEST_CASE("a password on a command line is refused, with what to do instead") {
  const auto t = parse_url("redis://me:sesame@h", Source::command_line);
  REQUIRE_FALSE(t);
  CHECK(t.error().code == Errc::denied);
  CHECK(t.error().what.find("passwordFile") != std::string::npos);
  CHECK(t.error().what.find("sesame") == std::string::npos);
  CHECK(parse_url("redis://me@h", Source::command_line));
}

TEST_CASE("passwordFile: its first line, from a file that nobody else can write") {
  const help::Folder folder;
  const std::string file = folder / "p";
  const std::string url = "redis://h?passwordFile=" + file;
  help::put_file(file, "open sesame\r\nmore\n");
  CHECK(parse_url(url, Source::command_line)->password == "open sesame");
  help::put_file(file, "no newline");
  CHECK(parse_url(url, Source::file)->password == "no newline");
  help::put_file(file, "\nx");
  CHECK(parsed(url).ends_with(": its first line is empty"));
  ::chmod(file.c_str(), 0620);
  CHECK(parsed(url) ==
        base::cat("passwordFile: ", file, ": others can write it: chmod go-w ", file));
  CHECK(parsed("redis://h?passwordFile=/nowhere") ==
        "passwordFile: /nowhere: No such file or directory");
  CHECK(parsed("redis://h?passwordFile=" + folder.path()).ends_with("not a regular file"));
  CHECK(parsed("redis://:x@h?passwordFile=" + file).ends_with("passwordFile: is given twice"));
}

TEST_CASE(
    "the option goes before LINEMAN_REDIS, that before redis.url, else it is the embedded one") {
  const help::Folder folder;
  const help::Variable config("LINEMAN_CONFIG", folder.path().c_str());
  const help::Variable none("LINEMAN_REDIS", nullptr);
  CHECK_FALSE(find_target("")->has_value());
  help::put_file(folder / "redis.url", "# ours\n\n  unix:/file \n");
  CHECK((*find_target(""))->path == "/file");
  {
    const help::Variable set("LINEMAN_REDIS", "redis://u:p@h");
    CHECK((*find_target(""))->password == "p");
    CHECK((*find_target("unix:/option"))->path == "/option");
  }
  const help::Variable empty("LINEMAN_REDIS", "");
  CHECK((*find_target(""))->path == "/file");
}

TEST_CASE("what is wrong with a URL is said with where it stands") {
  const help::Folder folder;
  const help::Variable config("LINEMAN_CONFIG", folder.path().c_str());
  CHECK(find_target("x").error().what.starts_with("--redis: Redis URL: "));
  {
    const help::Variable set("LINEMAN_REDIS", "x");
    CHECK(find_target("").error().what.starts_with("LINEMAN_REDIS: Redis URL: "));
  }
  const help::Variable none("LINEMAN_REDIS", nullptr);
  const std::string file = folder / "redis.url";
  help::put_file(file, "x\n");
  CHECK(find_target("").error().what.starts_with(file + ": Redis URL: "));
  help::put_file(file, "# nothing\n");
  CHECK(find_target("").error().what == file + ": there is no URL in it");
  ::chmod(file.c_str(), 0602);
  CHECK(find_target("").error().code == Errc::denied);
  if (::geteuid() == 0) {
    ::chmod(file.c_str(), 0600);
    REQUIRE(::chown(file.c_str(), 12345, 0) == 0);
    CHECK(find_target("").error().what == file + ": belongs to uid 12345, not to us or root");
  }
}
