#include "lib/journal/asked.h"

#include <algorithm>
#include <array>

#include "lib/base/clock.h"
#include "lib/base/when.h"

namespace journal {

using base::Args;
using base::Errc;
using base::error;
using base::Result;

namespace {

constexpr int64_t kMostLines = 10'000'000;
constexpr uint64_t kFollowLines = 10;

// Those that are on or off, by their names on the command line and in a query alike.
struct Switch {
  std::string_view name;
  bool Asked::*value;
};
constexpr std::array kSwitches = {
    Switch{"follow", &Asked::follow}, Switch{"times", &Asked::times},
    Switch{"events", &Asked::events}, Switch{"color", &Asked::color},
    Switch{"fixed", &Asked::fixed},   Switch{"ignore-case", &Asked::ignore_case},
    Switch{"invert", &Asked::invert},
};

std::string_view form_name(Form form) {
  return form == Form::json ? "json" : form == Form::asciicast ? "asciicast" : "text";
}

Result<void> check(const Asked& a, int64_t now) {
  if (!a.grep && (a.fixed || a.ignore_case || a.invert)) {
    return error(Errc::usage,
                 a.fixed         ? "--fixed"
                 : a.ignore_case ? "--ignore-case"
                                 : "--invert",
                 ": only with -g");
  }
  if (a.form == Form::asciicast && (a.grep || a.times)) {
    return error(Errc::usage, "--asciicast: a recording is whole: no -g, no -t");
  }
  if (a.since && a.until && *a.until < *a.since) {
    return error(Errc::usage, "--until is before --since");
  }
  if (a.follow && a.until && *a.until <= now) {
    return error(Errc::usage, "-f: --until is over already");
  }
  return {};
}

Result<void> read_times(const Args& args, int64_t now, Asked& a) {
  for (const auto& [name, to] : {std::pair{"since", &a.since}, std::pair{"until", &a.until}}) {
    if (!args.has(name)) continue;
    const Result<int64_t> at = base::parse_when(args.value(name), now);
    if (!at) return base::in(base::cat("--", name), at.error());
    *to = *at;
  }
  return {};
}

// What was not said follows from the rest.
Result<Asked> complete(Asked a, int64_t now) {
  if (Result<void> r = check(a, now); !r) return r.error();
  if (a.form == Form::json) a.events = true;
  if (a.follow && !a.lines && !a.since) a.lines = kFollowLines;
  return a;
}

}  // namespace

const std::string_view kAskedOptions =
    "  -n, --lines COUNT      only the last COUNT lines (with -g: of those found) [-f: 10]\n"
    "  -f, --follow           go on with what comes\n"
    "      --since TIME       from then on: \"2026-11-21 02:03\", 02:03, \"10 min ago\", "
    "yesterday\n"
    "      --until TIME       up to then\n"
    "  -g, --grep PATTERN     only lines with a match of this regular expression (RE2)\n"
    "  -F, --fixed            PATTERN is a text\n"
    "  -i, --ignore-case      capitals are small letters\n"
    "      --invert           only lines without a match\n"
    "  -t, --times            with the time of each line\n"
    "  -e, --events           also what happened: up, down, attach\n"
    "      --asciicast        a recording for asciinema (version 2), of one node\n";

Result<Asked> read_asked(const Args& args, int64_t now) {
  Asked a;
  for (const Switch& s : kSwitches) a.*s.value = args.has(s.name);
  if (args.has("json") && args.has("asciicast")) {
    return error(Errc::usage, "-j and --asciicast: it is one of them");
  }
  a.form = args.has("json") ? Form::json : args.has("asciicast") ? Form::asciicast : Form::text;
  const Result<int64_t> lines = args.number("lines", 0, 0, kMostLines);
  if (!lines) return lines.error();
  if (args.has("lines")) a.lines = static_cast<uint64_t>(*lines);
  if (Result<void> r = read_times(args, now, a); !r) return r.error();
  if (args.has("grep")) a.grep = args.value("grep");
  return complete(std::move(a), now);
}

std::vector<std::pair<std::string, std::string>> fields_of(const Asked& a) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto number = [&](const char* name, const auto& value) {
    if (value) out.emplace_back(name, std::to_string(*value));
  };
  for (const Switch& s : kSwitches) {
    if (a.*s.value) out.emplace_back(s.name, "1");
  }
  if (a.form != Form::text) out.emplace_back("form", form_name(a.form));
  number("lines", a.lines);
  number("since", a.since);
  number("until", a.until);
  if (a.grep) out.emplace_back("grep", *a.grep);
  return out;
}

Result<Asked> asked_of(const std::function<std::string(std::string_view)>& value) {
  Asked a;
  for (const Switch& s : kSwitches) {
    const std::string on = value(s.name);
    if (!on.empty() && on != "0" && on != "1")
      return error(Errc::usage, s.name, ": expected 0 or 1");
    a.*s.value = on == "1";
  }
  const auto number = [&](std::string_view name, int64_t most) -> Result<std::optional<int64_t>> {
    const std::string text = value(name);
    if (text.empty()) return std::optional<int64_t>();
    const Result<int64_t> n = base::parse_number(text, 0, most);
    if (!n) return base::in(name, n.error());
    return std::optional<int64_t>(*n);
  };
  const auto lines = number("lines", kMostLines);
  const auto since = number("since", INT64_MAX), until = number("until", INT64_MAX);
  if (!lines) return lines.error();
  if (!since) return since.error();
  if (!until) return until.error();
  if (*lines) a.lines = static_cast<uint64_t>(**lines);
  a.since = *since;
  a.until = *until;
  const std::string form = value("form");
  for (const Form f : {Form::json, Form::asciicast}) {
    if (form == form_name(f)) a.form = f;
  }
  if (!form.empty() && form != form_name(a.form)) {
    return error(Errc::usage, "form: expected text, json or asciicast");
  }
  if (std::string grep = value("grep"); !grep.empty()) a.grep = std::move(grep);
  return complete(std::move(a), base::wall_us());
}

}  // namespace journal
