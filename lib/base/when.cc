#include "lib/base/when.h"

#include <array>
#include <charconv>
#include <ctime>
#include <optional>
#include <string>

namespace base {

namespace {
constexpr int64_t kMicro = 1000000;

struct Unit {
  std::string_view name;
  int64_t seconds;
};
constexpr std::array<Unit, 20> kUnits{
    {{"s", 1},        {"sec", 1},       {"secs", 1},         {"second", 1},        {"seconds", 1},
     {"m", 60},       {"min", 60},      {"mins", 60},        {"minute", 60},       {"minutes", 60},
     {"h", 3600},     {"hour", 3600},   {"hours", 3600},     {"d", 86400},         {"day", 86400},
     {"days", 86400}, {"w", 7 * 86400}, {"week", 7 * 86400}, {"weeks", 7 * 86400}, {"hrs", 3600}}};

// Takes texts apart from the left.
class Scan {
 public:
  explicit Scan(std::string_view text) : left_(text) {}
  bool at_end() const { return left_.empty(); }
  bool take(char c) {
    if (left_.empty() || left_[0] != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  void blanks() {
    while (take(' ')) {
    }
  }
  // Exactly `digits` digits, or any number of them for 0.
  std::optional<int64_t> number(size_t digits) {
    size_t n = 0;
    while (n < left_.size() && left_[n] >= '0' && left_[n] <= '9') n++;
    if (n == 0 || n > 12 || (digits != 0 && n != digits)) return {};
    int64_t value = 0;
    std::from_chars(left_.data(), left_.data() + n, value);
    left_.remove_prefix(n);
    return value;
  }
  // ".5" in microseconds.
  int64_t fraction() {
    if (!take('.')) return 0;
    int64_t value = 0, unit = kMicro / 10;
    while (!left_.empty() && left_[0] >= '0' && left_[0] <= '9') {
      value += (left_[0] - '0') * unit;
      unit /= 10;
      left_.remove_prefix(1);
    }
    return value;
  }
  std::string_view word() {
    size_t n = 0;
    while (n < left_.size() && left_[n] >= 'a' && left_[n] <= 'z') n++;
    const std::string_view word = left_.substr(0, n);
    left_.remove_prefix(n);
    return word;
  }

 private:
  std::string_view left_;
};

int64_t midnight(int64_t now, int days) {
  const std::time_t seconds = now / kMicro;
  std::tm t{};
  localtime_r(&seconds, &t);
  t.tm_hour = t.tm_min = t.tm_sec = 0;
  t.tm_mday += days;
  t.tm_isdst = -1;
  return std::mktime(&t) * kMicro;
}

std::optional<int64_t> relative(std::string_view text, int64_t now) {
  if (text == "now") return now;
  if (text == "today") return midnight(now, 0);
  if (text == "yesterday") return midnight(now, -1);
  if (text == "tomorrow") return midnight(now, 1);
  Scan scan(text);
  if (scan.take('@')) {
    const std::optional<int64_t> seconds = scan.number(0);
    if (!seconds) return {};
    const int64_t fraction = scan.fraction();
    return scan.at_end() ? std::optional<int64_t>(*seconds * kMicro + fraction) : std::nullopt;
  }
  const std::optional<int64_t> count = scan.number(0);
  if (!count || *count > 1000000) return {};
  scan.blanks();
  const std::string_view unit = scan.word();
  scan.blanks();
  const std::string_view ago = scan.word();
  if (!scan.at_end() || (!ago.empty() && ago != "ago")) return {};
  for (const Unit& u : kUnits) {
    if (u.name == unit) return now - *count * u.seconds * kMicro;
  }
  return {};
}

// "02:03", "02:03:04.5" into the parts of a day; what is behind it stays.
bool clock(Scan& scan, std::tm& t, int64_t& fraction) {
  const std::optional<int64_t> hour = scan.number(2);
  if (!hour || *hour > 23 || !scan.take(':')) return false;
  const std::optional<int64_t> minute = scan.number(2);
  if (!minute || *minute > 59) return false;
  t.tm_hour = static_cast<int>(*hour);
  t.tm_min = static_cast<int>(*minute);
  t.tm_sec = 0;
  if (!scan.take(':')) return true;
  const std::optional<int64_t> second = scan.number(2);
  if (!second || *second > 60) return false;
  t.tm_sec = static_cast<int>(*second);
  fraction = scan.fraction();
  return true;
}

bool date(Scan& scan, std::tm& t) {
  const std::optional<int64_t> year = scan.number(4);
  if (!year || !scan.take('-')) return false;
  const std::optional<int64_t> month = scan.number(2);
  if (!month || *month < 1 || *month > 12 || !scan.take('-')) return false;
  const std::optional<int64_t> day = scan.number(2);
  if (!day || *day < 1 || *day > 31) return false;
  t.tm_year = static_cast<int>(*year) - 1900;
  t.tm_mon = static_cast<int>(*month) - 1;
  t.tm_mday = static_cast<int>(*day);
  return true;
}

// The zone that follows, in seconds east of UTC; nothing: none does. `good`: it could be read.
std::optional<int64_t> zone(Scan& scan, bool& good) {
  good = true;
  if (scan.take('Z')) return 0;
  const bool east = scan.take('+');
  if (!east && !scan.take('-')) return {};
  const std::optional<int64_t> hours = scan.number(2);
  good = hours && scan.take(':');
  const std::optional<int64_t> minutes = good ? scan.number(2) : std::nullopt;
  good = good && minutes;
  if (!good) return {};
  return (east ? 1 : -1) * (*hours * 3600 + *minutes * 60);
}

std::optional<int64_t> absolute(std::string_view text, int64_t now) {
  std::tm t{};
  int64_t fraction = 0;
  Scan of_day(text);
  const std::time_t seconds = now / kMicro;
  localtime_r(&seconds, &t);
  if (clock(of_day, t, fraction) && of_day.at_end()) {
    t.tm_isdst = -1;
    return std::mktime(&t) * kMicro + fraction;
  }
  Scan scan(text);
  t = {};
  if (!date(scan, t)) return {};
  std::optional<int64_t> east;
  bool good = true;
  if (!scan.at_end()) {
    if (!scan.take('T') && !scan.take(' ')) return {};
    if (!clock(scan, t, fraction)) return {};
    east = zone(scan, good);
  }
  if (!good || !scan.at_end()) return {};
  t.tm_isdst = -1;
  const int64_t at = east ? ::timegm(&t) - *east : std::mktime(&t);
  return at * kMicro + fraction;
}
}  // namespace

Result<int64_t> parse_when(std::string_view text, int64_t now) {
  if (const std::optional<int64_t> at = relative(text, now)) return *at;
  if (const std::optional<int64_t> at = absolute(text, now)) return *at;
  return error(Errc::usage, "\"", text,
               "\" is no time: try \"2026-11-21 02:03\", 02:03, \"10 min ago\", yesterday");
}

}  // namespace base
