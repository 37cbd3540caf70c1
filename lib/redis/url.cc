#include "lib/redis/url.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <set>
#include <vector>

#include "lib/base/args.h"
#include "lib/base/fd.h"
#include "lib/base/paths.h"

namespace redis {

using base::Errc;
using base::Error;
using base::Result;

namespace {

constexpr size_t kMaxFile = 65536;
constexpr int kMaxDatabase = 1 << 20;
constexpr int kMaxPort = 65535;
constexpr std::string_view kBlank = " \t\r\n";

template <class... Parts>
Error bad(const Parts&... parts) {
  return base::error(Errc::bad_input, "Redis URL: ", parts...);
}

// What is before `at`; the rest stays in `text`, without it. Nothing where it does not occur.
std::optional<std::string_view> cut(std::string_view& text, size_t at) {
  if (at == std::string_view::npos) return {};
  const std::string_view head = text.substr(0, at);
  text.remove_prefix(at + 1);
  return head;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// RFC 3986, 2.1. `name` says what it is, for the error; the text itself may be a password.
Result<std::string> decode(std::string_view name, std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
      if (low < 0) return bad(name, ": % is not followed by two hex digits (a % itself is %25)");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return bad(name, ": contains a NUL");
    out += c;
  }
  return out;
}

// A file that says where to connect, or as whom: nobody else may have written it.
Result<std::string> read_trusted(const std::string& path) {
  const Result<base::Fd> fd = base::open_regular(path);
  if (!fd) return fd.error();
  struct stat st {};
  if (::fstat(fd->get(), &st) < 0) return base::sys_error(errno, path);
  if (st.st_uid != ::geteuid() && st.st_uid != 0) {
    return base::error(Errc::denied, path, ": belongs to uid ", st.st_uid, ", not to us or root");
  }
  if ((st.st_mode & 022U) != 0) {
    return base::error(Errc::denied, path, ": others can write it: chmod go-w ", path);
  }
  return base::read_all(*fd, path, kMaxFile);
}

Result<std::string> read_password(const std::string& path) {
  Result<std::string> text = read_trusted(path);
  if (!text) return base::in("passwordFile", text.error());
  const size_t end = text->find_first_of("\r\n");
  if (end != std::string::npos) text->resize(end);
  if (text->empty()) return bad("passwordFile: ", path, ": its first line is empty");
  return text;
}

Result<void> set_number(std::string_view name, std::string_view text, int max, int& out) {
  const Result<int64_t> n = base::parse_number(text, name == "port" ? 1 : 0, max);
  if (!n) return bad(name, ": ", n.error().what);
  out = static_cast<int>(*n);
  return {};
}

// ---- ?key=value&key=value

Result<void> set_option(Target& t, std::string_view key, const std::string& value) {
  if (value.empty()) return bad(key, ": has no value");
  if (key == "db") return set_number(key, value, kMaxDatabase, t.database);
  if (key == "user") {
    t.user = value;
  } else if (key == "passwordFile") {
    Result<std::string> password = read_password(value);
    if (!password) return password.error();
    t.password = std::move(*password);
  } else {
    if (!t.tls) return bad(key, ": is for TLS: only with rediss://");
    (key == "ca" ? t.ca : key == "cert" ? t.cert : t.key) = value;
  }
  return {};
}

Result<void> parse_option(Target& t, std::string_view option, std::set<std::string_view>& seen) {
  static constexpr std::string_view kKeys[] = {"user", "passwordFile", "db", "ca", "cert", "key"};
  const std::string_view key = option.substr(0, option.find('='));
  bool known = false;
  for (const std::string_view k : kKeys) known = known || k == key;
  if (!known) {
    return bad(key,
               ": unknown key; there are user, passwordFile, db, and with rediss:// ca, cert, key");
  }
  if (!seen.insert(key).second) return bad(key, ": is given twice");
  const bool has_value = key.size() < option.size();
  Result<std::string> value = decode(key, has_value ? option.substr(key.size() + 1) : "");
  if (!value) return value.error();
  return set_option(t, key, *value);
}

Result<void> parse_options(Target& t, std::string_view text) {
  std::set<std::string_view> seen;
  if (!t.user.empty()) seen.insert("user");
  if (!t.password.empty()) seen.insert("passwordFile");
  if (t.database != 0) seen.insert("db");
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    Result<void> ok = parse_option(t, text.substr(0, end), seen);
    if (!ok) return ok;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (t.cert.empty() != t.key.empty()) return bad("cert and key: one needs the other");
  return {};
}

// ---- What stands before the options

Result<void> parse_login(Target& t, std::string_view text, Source source) {
  std::string_view password = text;
  const std::optional<std::string_view> name = cut(password, text.find(':'));
  Result<std::string> user = decode("user", name.value_or(text));
  if (!user) return user.error();
  t.user = std::move(*user);
  if (!name || password.empty()) return {};
  if (source == Source::command_line) {
    return base::error(Errc::denied,
                       "Redis URL: everybody can read a password on a command line: use "
                       "?passwordFile=FILE, or LINEMAN_REDIS, or the file redis.url");
  }
  Result<std::string> decoded = decode("password", password);
  if (!decoded) return decoded.error();
  t.password = std::move(*decoded);
  return {};
}

// host, host:port, [::1], [::1]:port
Result<void> parse_host(Target& t, std::string_view text) {
  std::string_view host = text;
  std::optional<std::string_view> port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return bad("host: [ without ]");
    host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && rest[0] != ':') return bad("host: expected : and a port after ]");
    if (!rest.empty()) port = rest.substr(1);
  } else if (const size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (host.find(':') != std::string_view::npos) return bad("host: IPv6 is written [::1]:6379");
  }
  Result<std::string> decoded = decode("host", host);
  if (!decoded) return decoded.error();
  t.host = std::move(*decoded);
  if (t.host.empty()) return bad("there is no host");
  int number = t.port;
  if (port) {
    Result<void> ok = set_number("port", *port, kMaxPort, number);
    if (!ok) return ok;
  }
  t.port = static_cast<uint16_t>(number);
  return {};
}

// [user[:password]@]host[:port][/db]
Result<void> parse_network(Target& t, std::string_view text, Source source) {
  if (const auto login = cut(text, text.rfind('@'))) {
    Result<void> ok = parse_login(t, *login, source);
    if (!ok) return ok;
  }
  std::string_view path = text;
  const std::optional<std::string_view> host = cut(path, text.find('/'));
  if (host && !path.empty()) {
    Result<void> ok = set_number("db", path, kMaxDatabase, t.database);
    if (!ok) return ok;
  }
  return parse_host(t, host.value_or(text));
}

// /path, or ///path as other programs write it
Result<void> parse_path(Target& t, std::string_view text) {
  if (text.starts_with("///")) text.remove_prefix(2);
  if (!text.starts_with('/') || text.starts_with("//")) {
    return bad("unix: needs a path that begins with /");
  }
  Result<std::string> decoded = decode("path", text);
  if (!decoded) return decoded.error();
  t.path = std::move(*decoded);
  return {};
}

std::string text_of(const Target& t) {
  if (!t.path.empty()) return "unix:" + t.path;
  const bool v6 = t.host.find(':') != std::string::npos;
  return base::cat(t.tls ? "rediss://" : "redis://", t.user, t.user.empty() ? "" : "@",
                   v6 ? "[" : "", t.host, v6 ? "]" : "", ":", t.port);
}

// ---- Where a URL may come from

Result<std::optional<Target>> found(std::string_view where, Result<Target> target) {
  if (!target) return base::in(where, target.error());
  return std::optional<Target>(std::move(*target));
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// The first line that says something; # begins a comment.
std::string_view first_line(std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    if (!line.empty() && line[0] != '#') return line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

}  // namespace

Result<Target> parse_url(std::string_view url, Source source) {
  std::string_view rest = url;
  const size_t question = url.find('?');
  const std::string_view options =
      question == std::string_view::npos ? "" : url.substr(question + 1);
  rest = rest.substr(0, question);
  Target t;
  Result<void> ok;
  if (rest.starts_with("unix:")) {
    ok = parse_path(t, rest.substr(5));
  } else if (rest.starts_with("redis://")) {
    ok = parse_network(t, rest.substr(8), source);
  } else if (rest.starts_with("rediss://")) {
    t.tls = true;
    ok = parse_network(t, rest.substr(9), source);
  } else {
    return bad("it begins with unix:, redis:// or rediss://");
  }
  if (ok) ok = parse_options(t, options);
  if (!ok) return ok.error();
  t.text = text_of(t);
  return t;
}

Result<std::optional<Target>> find_target(const std::string& option) {
  if (!option.empty()) return found("--redis", parse_url(option, Source::command_line));
  const char* variable = std::getenv("LINEMAN_REDIS");
  if (variable != nullptr && *variable != '\0') {
    return found("LINEMAN_REDIS", parse_url(variable, Source::environment));
  }
  const std::string path = base::paths::config() + "/redis.url";
  const Result<std::string> text = read_trusted(path);
  if (!text && text.error().sys == ENOENT) return std::optional<Target>{};
  if (!text) return text.error();
  const std::string_view line = first_line(*text);
  if (line.empty()) return base::error(Errc::bad_input, path, ": there is no URL in it");
  return found(path, parse_url(line, Source::file));
}

}  // namespace redis
