/* each COUNT PROGRAM [ARG ...]: starts the program COUNT times, one after the other, and prints the
 * median time from start to exit and the processor time that one of them took, in microseconds.
 *
 * In C so that the starting itself is as cheap as it can be: what a shell adds would make every
 * ratio look better than it is. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char** environ;

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double us_of(struct timeval t) { return (double)t.tv_sec * 1e6 + (double)t.tv_usec; }

static int ascending(const void* a, const void* b) {
  double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

/* Its exit status, or 111. */
static int run(char** argv, posix_spawn_file_actions_t* actions) {
  pid_t pid;
  int status;
  if (posix_spawnp(&pid, argv[0], actions, NULL, argv, environ)) return 111;
  if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return 111;
  return WEXITSTATUS(status);
}

int main(int argc, char** argv) {
  if (argc < 3) return fputs("usage: each COUNT PROGRAM [ARG ...]\n", stderr), 100;
  int count = atoi(argv[1]);
  double* us = calloc((size_t)count + 1, sizeof *us);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  for (int i = 0; i < count; i++) {
    double start = now_us();
    int status = run(argv + 2, &actions);
    us[i] = now_us() - start;
    if (status) return fprintf(stderr, "each: %s: exit status %d\n", argv[2], status), 111;
  }
  struct rusage all;
  getrusage(RUSAGE_CHILDREN, &all);
  qsort(us, (size_t)count, sizeof *us, ascending);
  printf("%.1f %.1f\n", us[count / 2], (us_of(all.ru_utime) + us_of(all.ru_stime)) / count);
  return 0;
}
