// conctl: defines, lists and opens consoles. The options, and one command of the table.
#include "tools/conctl/commands.h"

using namespace conctl;

int main(int argc, char** argv) {
  return run_command(parse_options(argc, argv));
}
