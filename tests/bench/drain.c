/* drain BYTES SECONDS FD ...: the reading viewers, connected by whoever starts this.
 *
 * Types a line to the first FD, which starts the emission, and reads all until each has BYTES, has
 * ended or is silent, at most SECONDS. Prints the seconds until the last byte arrived, then for
 * each FD a line with the number of bytes it got and their digest. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "digest.h"

/* A subject that lost bytes never sends the rest: longer silence than this is taken for that. */
enum { SILENCE_MS = 3000, BUFFER = 1 << 18 };

struct viewer {
  struct digest seen;
  int fd, done;
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void watch(int epoll, struct viewer* v) {
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = v};
  fcntl(v->fd, F_SETFL, fcntl(v->fd, F_GETFL) | O_NONBLOCK);
  epoll_ctl(epoll, EPOLL_CTL_ADD, v->fd, &e);
}

/* Returns whether this viewer has just become done. */
static int read_some(int epoll, struct viewer* v, uint64_t want) {
  static char buf[BUFFER];
  ssize_t n = read(v->fd, buf, sizeof buf);
  if (n > 0) digest_add(&v->seen, buf, (size_t)n);
  if (n == 0) epoll_ctl(epoll, EPOLL_CTL_DEL, v->fd, NULL);
  if (v->done || (n != 0 && v->seen.bytes < want)) return 0;
  return v->done = 1;
}

static double drain(struct viewer* viewers, int count, uint64_t want, double seconds) {
  struct epoll_event e[64];
  int epoll = epoll_create1(EPOLL_CLOEXEC), pending = count;
  for (int i = 0; i < count; i++) watch(epoll, &viewers[i]);
  double start = now(), last = start;
  if (write(viewers[0].fd, "\n", 1) != 1) return -1;
  while (pending > 0 && last - start < seconds) {
    int n = epoll_wait(epoll, e, 64, SILENCE_MS);
    if (n <= 0) break;
    for (int i = 0; i < n; i++) pending -= read_some(epoll, e[i].data.ptr, want);
    last = now();
  }
  return last - start;
}

int main(int argc, char** argv) {
  if (argc < 4) return fputs("usage: drain BYTES SECONDS FD ...\n", stderr), 100;
  int count = argc - 3;
  struct viewer* viewers = calloc((size_t)count, sizeof *viewers);
  for (int i = 0; i < count; i++) viewers[i].fd = atoi(argv[3 + i]);
  printf("%.6f\n", drain(viewers, count, strtoull(argv[1], NULL, 10), atof(argv[2])));
  for (int i = 0; i < count; i++)
    printf("%" PRIu64 " %016" PRIx64 "\n", viewers[i].seen.bytes, digest_value(&viewers[i].seen));
  return 0;
}
