/* typist KEYS FD: types KEYS keys into FD, each after the echo of the one before, and prints the
 * p50, p99 and p99.9 of the time from key to echo, in microseconds.
 *
 * Back to back on purpose: with pauses the time to wake a halted processor is measured instead,
 * which is the same for every subject and would make their ratios look better than they are. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { WARM_UP = 200 };

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double echo_us(int fd, char key) {
  char buf[4096];
  double start = now_us();
  if (write(fd, &key, 1) != 1) return -1;
  for (;;) {
    ssize_t n = read(fd, buf, sizeof buf);
    if (n <= 0) return -1;
    if (memchr(buf, key, (size_t)n)) return now_us() - start;
  }
}

static int ascending(const void* a, const void* b) {
  double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

int main(int argc, char** argv) {
  if (argc != 3) return fputs("usage: typist KEYS FD\n", stderr), 100;
  int keys = atoi(argv[1]), fd = atoi(argv[2]);
  double* us = calloc((size_t)keys + 1, sizeof *us);
  struct timeval patience = {5, 0};
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  for (int i = -WARM_UP; i < keys; i++) {
    double t = echo_us(fd, (char)('a' + (i + WARM_UP) % 26));
    if (t < 0) return fprintf(stderr, "typist: key %d: no echo\n", i + WARM_UP), 111;
    if (i >= 0) us[i] = t;
  }
  qsort(us, (size_t)keys, sizeof *us, ascending);
  printf("%.2f %.2f %.2f\n", us[keys / 2], us[keys / 100 * 99], us[keys / 1000 * 999]);
  return 0;
}
