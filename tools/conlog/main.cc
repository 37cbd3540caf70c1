// conlog: prints what consoles said, from the journals of consoled, without any daemon.
#include "lib/base/fd.h"
#include "tools/conlog/options.h"
#include "tools/conlog/play.h"

int main(int argc, char** argv) {
  base::fill_standard_files();
  const conlog::Options options = conlog::parse_options(argc, argv);
  return options.list ? conlog::list(options) : conlog::play(options);
}
