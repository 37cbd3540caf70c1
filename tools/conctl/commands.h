// commands: the table of what conctl can do. Each command is one function in the file of its kind.
#pragma once

#include <span>
#include <string_view>

#include "lib/base/args.h"
#include "tools/conctl/options.h"

namespace conctl {

struct Command {
  std::string_view name;
  std::string_view usage;                                      // as base::Args reads it
  size_t least, most;                                          // how many operands
  int (*run)(const Options& options, const base::Args& args);  // the status for exit(3)
  std::string_view congo = "";                                 // what congo says to wrong use
  std::string_view more = "";                                  // options behind the usage
};

std::span<const Command> commands();
// Runs options.command; ends the process for wrong use.
int run_command(const Options& options);

// Says how options.command is used; the status for exit(3).
int wrong_use(const Options& options);

// nodes.cc
int list(const Options& options, const base::Args& args);
int show(const Options& options, const base::Args& args);
int create(const Options& options, const base::Args& args);
int remove(const Options& options, const base::Args& args);
int logging(const Options& options, const base::Args& args);
// edit.cc
int edit(const Options& options, const base::Args& args);
// console.cc
int console(const Options& options, const base::Args& args);
// watch.cc
int status(const Options& options, const base::Args& args);
int who(const Options& options, const base::Args& args);
int drivers(const Options& options, const base::Args& args);
int kick(const Options& options, const base::Args& args);
int send(const Options& options, const base::Args& args);
int send_break(const Options& options, const base::Args& args);
int down(const Options& options, const base::Args& args);
int tell_viewers(const Options& options, const base::Args& args);
int note(const Options& options, const base::Args& args);
int reconnect(const Options& options, const base::Args& args);
// log.cc
int log(const Options& options, const base::Args& args);
// lines.cc
int events(const Options& options, const base::Args& args);
int batch(const Options& options, const base::Args& args);
// transfer.cc
int export_nodes(const Options& options, const base::Args& args);
int import_nodes(const Options& options, const base::Args& args);
int web(const Options& options, const base::Args& args);
// help.cc
int help(const Options& options, const base::Args& args);
int version(const Options& options, const base::Args& args);

}  // namespace conctl
