#include "lib/journal/record.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace journal {

namespace {
constexpr std::string_view kMagic = "LMINDEX1";
constexpr size_t kKindAt = 40, kCountAt = 41, kCheckAt = 42, kSampleAt = 44;
constexpr size_t kSample = 4;

static_assert(std::endian::native == std::endian::little);

template <class T>
void put(T value, std::string& out) {
  std::array<char, sizeof value> bytes;
  std::memcpy(bytes.data(), &value, sizeof value);
  out.append(bytes.data(), bytes.size());
}

template <class T>
T get(std::string_view in, size_t at) {
  T value;
  std::memcpy(&value, &in[at], sizeof value);
  return value;
}

// FNV-1a over all but the place of the check itself, folded to 16 bits: enough to tell a record
// that was half written, or blocks of zeros.
uint16_t check_of(std::string_view record) {
  uint32_t hash = 2166136261U;
  for (size_t i = 0; i < kRecordSize; i++) {
    if (i == kCheckAt || i == kCheckAt + 1) continue;
    hash = (hash ^ static_cast<unsigned char>(record[i])) * 16777619U;
  }
  return static_cast<uint16_t>(hash ^ (hash >> 16U));
}

// Fills up the record that begins at `begin` with kind, count, check and sample.
void close_record(size_t begin, Kind kind, size_t count, std::string_view sample,
                  std::string& out) {
  put(static_cast<uint8_t>(kind), out);
  put(static_cast<uint8_t>(count), out);
  put(uint16_t{0}, out);
  out.append(sample);
  out.resize(begin + kRecordSize, '\0');
  const uint16_t check = check_of(std::string_view(out).substr(begin));
  std::memcpy(&out[begin + kCheckAt], &check, sizeof check);
}

bool whole(std::string_view in) {
  return in.size() >= kRecordSize && get<uint16_t>(in, kCheckAt) == check_of(in);
}

bool known(Kind kind) {
  return (kind >= Kind::chunk && kind <= Kind::end) || (kind >= Kind::up && kind <= Kind::note);
}
}  // namespace

void append_header(const Header& header, std::string& out) {
  const size_t begin = out.size();
  out += kMagic;
  put(header.epoch, out);
  put(header.offset, out);
  put(header.position, out);
  put(header.time_us, out);
  close_record(begin, Kind{0}, 0, "", out);
}

void append_record(const Record& record, std::string& out) {
  const size_t begin = out.size();
  put(record.time_us, out);
  put(record.offset, out);
  put(record.position, out);
  put(record.source.epoch, out);
  put(record.source.offset, out);
  const std::string_view sample = record.sample.substr(0, kSample);
  close_record(begin, record.kind, sample.size(), sample, out);
}

void append_text(std::string_view text, std::string& out) {
  text = text.substr(0, kMostText);
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, kTextPiece);
    const size_t begin = out.size();
    out += piece;
    out.resize(begin + kTextPiece, '\0');
    close_record(begin, Kind::text, piece.size(), "", out);
    text.remove_prefix(piece.size());
  }
}

std::optional<Header> read_header(std::string_view in) {
  if (!in.starts_with(kMagic) || !whole(in)) return {};
  return Header{get<int64_t>(in, 8), get<uint64_t>(in, 16), get<uint64_t>(in, 24),
                get<int64_t>(in, 32)};
}

std::optional<Record> read_record(std::string_view in) {
  if (!whole(in)) return {};
  Record r;
  r.kind = Kind{get<uint8_t>(in, kKindAt)};
  const size_t count = get<uint8_t>(in, kCountAt);
  if (!known(r.kind) || count > (r.kind == Kind::text ? kTextPiece : kSample)) return {};
  if (r.kind == Kind::text) {
    r.text = in.substr(0, count);
    return r;
  }
  r.time_us = get<int64_t>(in, 0);
  r.offset = get<uint64_t>(in, 8);
  r.position = get<uint64_t>(in, 16);
  r.source = {get<int64_t>(in, 24), get<uint64_t>(in, 32)};
  r.sample = in.substr(kSampleAt, count);
  return r;
}

}  // namespace journal
