#include "lib/http/response.h"

#include <array>
#include <ctime>

#include "lib/base/cat.h"

namespace http {

namespace {
struct Reason {
  int status;
  std::string_view text;
};
constexpr std::array kReasons{
    Reason{100, "Continue"},
    Reason{101, "Switching Protocols"},
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{202, "Accepted"},
    Reason{204, "No Content"},
    Reason{206, "Partial Content"},
    Reason{301, "Moved Permanently"},
    Reason{302, "Found"},
    Reason{303, "See Other"},
    Reason{304, "Not Modified"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{408, "Request Timeout"},
    Reason{409, "Conflict"},
    Reason{411, "Length Required"},
    Reason{412, "Precondition Failed"},
    Reason{413, "Content Too Large"},
    Reason{414, "URI Too Long"},
    Reason{415, "Unsupported Media Type"},
    Reason{417, "Expectation Failed"},
    Reason{421, "Misdirected Request"},
    Reason{422, "Unprocessable Content"},
    Reason{426, "Upgrade Required"},
    Reason{429, "Too Many Requests"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{500, "Internal Server Error"},
    Reason{501, "Not Implemented"},
    Reason{503, "Service Unavailable"},
    Reason{505, "HTTP Version Not Supported"},
};

// A JSON string. What is no ASCII came from a peer, and may be no UTF-8.
std::string quoted(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += base::cat("\\u00", kDigits.substr(byte >> 4U, 1), kDigits.substr(byte & 15U, 1));
    } else {
      out += byte < 0x80 ? c : '?';
    }
  }
  return out + '"';
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte >= 0x20 && byte != 0x7f) || c == '\t') out += c;
  }
  out += "\r\n";
}
}  // namespace

std::string_view reason(int status) {
  for (const Reason& r : kReasons) {
    if (r.status == status) return r.text;
  }
  return "Status";
}

Response response(int status, std::string_view type, std::string body) {
  Response r{status, {}, std::move(body)};
  r.fields.add("Content-Type", type);
  return r;
}

Response error_response(int status, std::string_view code, std::string_view message) {
  return response(
      status, "application/json",
      base::cat(R"({"error":{"code":)", quoted(code), R"(,"message":)", quoted(message), "}}\n"));
}

Response error_response(const Problem& problem) {
  return error_response(problem.status, problem.code, problem.message);
}

Response redirect(int status, std::string_view location) {
  Response r{status, {}, {}};
  r.fields.add("Location", location);
  return r;
}

std::string head_text(const Response& r, const Framing& framing, int version, bool keep_alive,
                      std::string_view date) {
  std::string out = base::cat("HTTP/1.1 ", r.status, " ", reason(r.status), "\r\n");
  append_field(out, "Date", date);
  for (const Fields::Field& f : r.fields) append_field(out, f.name, f.value);
  if (framing.kind == Framing::Kind::length) {
    append_field(out, "Content-Length", std::to_string(framing.length));
  }
  if (framing.kind == Framing::Kind::chunked) append_field(out, "Transfer-Encoding", "chunked");
  if (!keep_alive) append_field(out, "Connection", "close");
  if (keep_alive && version < 11) append_field(out, "Connection", "keep-alive");
  return out + "\r\n";
}

std::string chunk_text(std::string_view bytes) {
  std::array<char, 20> size{};
  const int n = std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
  std::string out(size.data(), static_cast<size_t>(n));
  out.reserve(out.size() + bytes.size() + 2);
  out += bytes;
  return out += "\r\n";
}

std::string date_text(int64_t seconds) {
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const time_t t = seconds;
  struct tm tm {};
  ::gmtime_r(&t, &tm);
  std::array<char, 64> out{};
  const int n = std::snprintf(out.data(), out.size(), "%s, %02d %s %d %02d:%02d:%02d GMT",
                              kDays[static_cast<size_t>(tm.tm_wday)], tm.tm_mday,
                              kMonths[static_cast<size_t>(tm.tm_mon)], tm.tm_year + 1900,
                              tm.tm_hour, tm.tm_min, tm.tm_sec);
  return {out.data(), static_cast<size_t>(n)};
}

}  // namespace http
