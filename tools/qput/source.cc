#include "tools/qput/source.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "lib/wire/escape.h"
#include "lib/wire/object.h"

namespace qput {

using base::Errc;
using base::error;
using base::Result;
using wire::Json;

namespace {

// A payload of 1 MiB may take six times that as JSON text, each byte a \u escape.
constexpr size_t kMaxJson = 7 * queue::kMaxPayload;

std::string filled(const std::string& key, std::string_view payload) {
  std::string out = key;
  for (size_t at = out.find("{}"); at != std::string::npos; at = out.find("{}", at)) {
    out.replace(at, 2, payload);
    at += payload.size();
  }
  return out;
}

Result<std::string> payload_of(wire::Object& o) {
  const std::optional<std::string> text = o.opt_string("dataText");
  const std::optional<std::string> data = o.opt_string("data");
  if (text && data) o.wrong("data", "no \"dataText\" beside it");
  if (text) return *text;
  if (data) return wire::base64_decode(*data);
  return error(Errc::bad_input, "neither \"dataText\" nor \"data\"");
}

Result<Message> checked(Message m) {
  if (m.put.unique.size() <= queue::kMaxUnique) return m;
  return error(Errc::too_big, "its unique key is longer than ", queue::kMaxUnique, " bytes");
}

// What qwait -j prints besides, so that it can be put again.
constexpr const char* kFacts[] = {"id",     "queue", "try",   "put",  "reason",   "worker", "at",
                                  "merged", "lease", "state", "size", "priority", "delay",  "key"};

Result<Message> message_of(const Options& options, const Json& json, const wire::Item& item) {
  if (json.is_string()) return message_of(options, json.get<std::string>());
  if (!json.is_object()) {
    return error(Errc::bad_input, "expected a text or an object, got ", wire::type_name(json));
  }
  wire::Object o(json, "message", &item);
  Result<std::string> payload = payload_of(o);
  if (!payload) return payload.error();
  Message m{std::move(*payload), options.put};
  m.put.unique = filled(m.put.unique, m.payload);
  if (options.work) {
    if (const auto p = o.opt_int("priority", 0, queue::kPriorities - 1)) {
      m.put.priority = static_cast<int>(*p);
    }
    if (const auto d = o.opt_number("delay", 0, 1e9)) {
      m.put.delay_ms = static_cast<int64_t>(*d * 1000);
    }
    if (auto key = o.opt_string("key")) m.put.unique = std::move(*key);
  }
  for (const char* name : kFacts) static_cast<void>(o.opt_any(name));
  if (Result<void> r = o.end(); !r) return r.error();
  if (m.payload.size() > queue::kMaxPayload) return error(Errc::too_big, "longer than 1 MiB");
  return checked(std::move(m));
}

}  // namespace

Result<Message> message_of(const Options& options, std::string payload) {
  Message m{std::move(payload), options.put};
  m.put.unique = filled(m.put.unique, m.payload);
  return checked(std::move(m));
}

Source::Source(const Options& options) : options_(options), reader_(kMaxJson) {}

void Source::feed(std::string_view bytes) {
  if (options_.json_input) {
    reader_.feed(bytes);
    return;
  }
  bytes_.erase(0, at_);
  searched_ -= std::min(searched_, at_);
  at_ = 0;
  bytes_ += bytes;
}

void Source::finish() {
  ended_ = true;
  reader_.finish();
}

std::optional<Result<Message>> Source::next() {
  return options_.json_input ? next_json() : next_part();
}

Result<Message> Source::too_long() {
  dropping_ = false;
  return error(Errc::too_big, "message ", number_, ": longer than 1 MiB: not put");
}

std::optional<Result<Message>> Source::next_part() {
  const size_t end = bytes_.find(options_.end, std::max(at_, searched_));
  if (end == std::string::npos) {
    searched_ = bytes_.size();
    if (bytes_.size() - at_ > queue::kMaxPayload) {
      at_ = searched_;
      dropping_ = true;
    }
    if (!ended_ || (at_ == bytes_.size() && !dropping_)) return {};
  }
  const size_t stop = std::min(end, bytes_.size());
  std::string payload = bytes_.substr(at_, stop - at_);
  at_ = std::min(stop + 1, bytes_.size());
  searched_ = at_;
  number_++;
  if (dropping_ || payload.size() > queue::kMaxPayload) return too_long();
  Result<Message> m = message_of(options_, std::move(payload));
  if (!m) return error(Errc::too_big, "message ", number_, ": ", m.error().what, ": not put");
  return m;
}

std::optional<Result<Message>> Source::next_json() {
  const std::optional<wire::Item> item = reader_.next();
  if (!item) return {};
  if (item->kind == wire::Item::Kind::warning) return next_json();
  number_++;
  const auto wrong = [&](const std::string& why) {
    const std::string at = why.starts_with("line ") ? "" : base::cat("line ", item->at.line, ": ");
    return error(Errc::bad_input, at, why, ": not put");
  };
  if (item->kind == wire::Item::Kind::error) return wrong(item->text);
  if (item->kind == wire::Item::Kind::word) return wrong("not JSON");
  const Result<Json> json = wire::parse(*item);
  if (!json) return wrong(json.error().what);
  Result<Message> m = message_of(options_, *json, *item);
  if (!m) return wrong(m.error().what);
  return m;
}

}  // namespace qput
