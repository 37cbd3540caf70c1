#include "lib/wire/console_record.h"

#include <array>

#include "lib/base/cat.h"
#include "lib/wire/escape.h"

namespace wire {

namespace {
constexpr std::string_view kHex = "0123456789abcdef";

void append_escape(unsigned code, std::string& out) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(code >> shift) & 15U];
}

void append_ascii(char c, std::string& out) {
  switch (c) {
    case '"':
    case '\\':
      out += '\\';
      out += c;
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto code = static_cast<unsigned char>(c);
  if (code < 0x20 || c == '<' || c == '>' || c == '&') {
    append_escape(code, out);
  } else {
    out += c;
  }
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80;
}

// The bytes of the character that begins here; 0: none does.
size_t character(std::string_view bytes) {
  for (size_t n = 2; n <= 4 && n <= bytes.size() && continues(bytes[n - 1]); n++) {
    if (valid_utf8(bytes.substr(0, n))) return n;
  }
  return 0;
}

void append_key(std::string_view key, std::string_view value, std::string& out) {
  out += out.ends_with('{') ? "\"" : ",\"";
  out += key;
  out += "\":";
  append_go_string(value, out);
}
}  // namespace

void append_go_string(std::string_view bytes, std::string& out) {
  out += '"';
  while (!bytes.empty()) {
    const bool ascii = static_cast<unsigned char>(bytes[0]) < 0x80;
    const size_t n = ascii ? 1 : character(bytes);
    if (ascii) {
      append_ascii(bytes[0], out);
    } else if (n == 0) {
      out += "\\ufffd";
    } else if (const std::string_view c = bytes.substr(0, n);
               c == "\xe2\x80\xa8" || c == "\xe2\x80\xa9") {
      append_escape(c.back() == '\xa8' ? 0x2028 : 0x2029, out);
    } else {
      out += c;
    }
    bytes.remove_prefix(n == 0 ? 1 : n);
  }
  out += '"';
}

void append_record(const ConsoleRecord& record, std::string& out) {
  out += '{';
  append_key("type", record.type, out);
  append_key("message", record.message, out);
  append_key("node", record.node, out);
  if (!record.date.empty()) append_key("date", record.date, out);
  if (!record.event.empty()) append_key("event", record.event, out);
  if (record.epoch) out += base::cat(",\"epoch\":", *record.epoch);
  if (record.offset) out += base::cat(",\"offset\":", *record.offset);
  if (record.data && !valid_utf8(record.message)) {
    append_key("data", base64_encode(record.message), out);
  }
  if (!record.key.empty()) append_key("key", record.key, out);
  out += "}\n";
}

}  // namespace wire
