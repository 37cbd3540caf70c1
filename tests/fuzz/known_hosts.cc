// A line that is understood reads the same when it is written again; a list of hosts and a name
// never keep the matcher long, and a plain name means itself and nothing that differs.
// with: lib/ssh/known_hosts_line.cc
#include "lib/ssh/known_hosts_line.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in = fuzz_bytes(data, size);
  const auto line = ssh::parse_known_hosts_line(in);
  const size_t half = in.find('\n');
  static_cast<void>(ssh::hosts_match(in.substr(0, half), in.substr(half < size ? half + 1 : 0)));
  if (!line) return 0;
  fuzz_expect(ssh::parse_known_hosts_line(ssh::known_hosts_text(*line)) == *line);
  fuzz_expect(!line->hosts.empty() && !line->type.empty() && line->key.size() % 4 == 0);
  if (line->plain()) {
    fuzz_expect(ssh::hosts_match(line->hosts, line->hosts));
    fuzz_expect(!ssh::hosts_match(line->hosts, line->hosts + "x"));
  }
  return 0;
}
