// ptyattach: a terminal on a job of ptybufferd; several to look at; a list of what runs.
#include "lib/base/fd.h"
#include "lib/net/loop.h"
#include "tools/ptyattach/find.h"
#include "tools/ptyattach/follow.h"
#include "tools/ptyattach/list.h"
#include "tools/ptyattach/options.h"
#include "tools/ptyattach/session.h"

using namespace ptyattach;

int main(int argc, char** argv) {
  base::fill_standard_files();
  const Options options = parse_options(argc, argv);
  if (options.targets.empty()) return list_jobs(all_jobs(), options.json);
  const auto jobs = find_jobs(options.targets);
  if (!jobs) give_up(options, jobs.error());
  if (options.json) return list_jobs(*jobs, true);
  net::Loop loop;
  if (jobs->size() > 1) return Follow(loop, options, *jobs).run();
  return Session(loop, options, jobs->front()).run();
}
