// Whatever the file says: every mistake has a place in it, what is taken is within its bounds, and
// no listener is open to strangers unless the file says so.
// with: lib/conf/yaml.cc lib/conf/map.cc tools/consoled/config.cc tools/consoled/config_loggers.cc
// with: tools/consoled/config_changes.cc tools/consoled/params.cc
// with: tools/consoled/breaks.cc tools/consoled/words.cc -lyaml-cpp
#include <algorithm>
#include <string>

#include "lib/conf/yaml.h"
#include "tests/fuzz/target.h"
#include "tests/unit/consoled_help.h"
#include "tools/consoled/config.h"

namespace {

void check_places(const conf::Problems& problems, std::string_view in) {
  const auto lines = static_cast<size_t>(std::count(in.begin(), in.end(), '\n')) + 1;
  fuzz_expect(problems.all().size() <= conf::kMaxProblems);
  // A CR ends a line for YAML, too.
  const auto returns = static_cast<size_t>(std::count(in.begin(), in.end(), '\r'));
  for (const conf::Problem& p : problems.all()) {
    fuzz_expect(!p.what.empty() && p.at.line <= lines + returns);
  }
}

void check_config(const consoled::LoadedConfig& loaded) {
  const consoled::Config& c = loaded.config;
  fuzz_expect(c.listeners.size() <= 2);
  for (const consoled::TcpListener& l : c.listeners) {
    fuzz_expect(l.anyone || c.tls || l.address.starts_with("127.") ||
                l.address.starts_with("localhost:") || l.address.starts_with('['));
  }
  fuzz_expect(c.tls.key.empty() == c.tls.ca.empty() && c.tls.key.empty() == c.tls.cert.empty());
  fuzz_expect(c.connect.first_wait <= c.connect.longest_wait);
  fuzz_expect(c.ring_bytes >= 1024 && c.journal.keep <= 999);
  for (const auto& b : c.breaks) fuzz_expect(b.delay.count() >= 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in = fuzz_bytes(data, size);
  for (const auto style : {consoled::Style::own, consoled::Style::goconserver}) {
    const auto loaded = consoled::read_config(in, "f", style, help::kKinds);
    check_places(loaded.errors, in);
    check_places(loaded.left_out, in);
    check_config(loaded);
    const auto changes = consoled::compare(loaded.config, loaded.config);
    fuzz_expect(changes.applied.empty() && changes.restart.empty());
  }
  return 0;
}
