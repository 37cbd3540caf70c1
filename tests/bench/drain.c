/* drain BYTES SECONDS FD[:FORM] ...: the reading viewers, connected by whoever starts this. FORM is
 * what stands around the bytes: `port`, the frames of goconserver's console port, or `ws`, binary
 * messages of a websocket; nothing without it.
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

enum form { PLAIN, PORT, WS };

struct viewer {
  struct digest seen;
  int fd, done;
  enum form form;
  unsigned char head[10]; /* of the frame that comes */
  int held;               /* bytes of it */
  uint64_t left;          /* of the payload */
  int other;              /* which is not the console's */
};

/* The length of the frame head that begins so; 0: not known yet. */
static int head_size(const struct viewer* v) {
  if (v->form == PORT) return 4;
  if (v->held < 2) return 0;
  return v->head[1] == 127 ? 10 : v->head[1] == 126 ? 4 : 2;
}

static void begin_payload(struct viewer* v) {
  int from = v->form == PORT ? 0 : v->held == 2 ? 1 : 2;
  v->left = 0;
  for (int i = from; i < v->held; i++) v->left = v->left << 8 | v->head[i];
  v->other = v->form == WS && (v->head[0] & 15) != 2;
  v->held = 0;
}

static void take(struct viewer* v, const char* p, size_t n) {
  if (v->form == PLAIN) return digest_add(&v->seen, p, n);
  while (n > 0) {
    if (v->left == 0) {
      v->head[v->held++] = (unsigned char)*p++, n--;
      if (v->held == head_size(v)) begin_payload(v);
      continue;
    }
    size_t part = n < v->left ? n : (size_t)v->left;
    if (!v->other) digest_add(&v->seen, p, part);
    p += part, n -= part, v->left -= part;
  }
}

static int type_line(const struct viewer* v) {
  static const char port[] = "\0\0\0\1\n", ws[] = "\x82\x81\0\0\0\0\n";
  const char* line = v->form == PORT ? port : v->form == WS ? ws : "\n";
  size_t n = v->form == PORT ? sizeof port - 1 : v->form == WS ? sizeof ws - 1 : 1;
  return write(v->fd, line, n) == (ssize_t)n;
}

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
  if (n > 0) take(v, buf, (size_t)n);
  if (n == 0) epoll_ctl(epoll, EPOLL_CTL_DEL, v->fd, NULL);
  if (v->done || (n != 0 && v->seen.bytes < want)) return 0;
  return v->done = 1;
}

static double drain(struct viewer* viewers, int count, uint64_t want, double seconds) {
  struct epoll_event e[64];
  int epoll = epoll_create1(EPOLL_CLOEXEC), pending = count;
  for (int i = 0; i < count; i++) watch(epoll, &viewers[i]);
  double start = now(), last = start;
  if (!type_line(&viewers[0])) return -1;
  while (pending > 0 && last - start < seconds) {
    int n = epoll_wait(epoll, e, 64, SILENCE_MS);
    if (n <= 0) break;
    for (int i = 0; i < n; i++) pending -= read_some(epoll, e[i].data.ptr, want);
    last = now();
  }
  return last - start;
}

int main(int argc, char** argv) {
  if (argc < 4) return fputs("usage: drain BYTES SECONDS FD[:FORM] ...\n", stderr), 100;
  int count = argc - 3;
  struct viewer* viewers = calloc((size_t)count, sizeof *viewers);
  for (int i = 0; i < count; i++) {
    char* form = strchr(argv[3 + i], ':');
    viewers[i].fd = atoi(argv[3 + i]);
    if (form) viewers[i].form = strcmp(form, ":ws") ? PORT : WS;
  }
  printf("%.6f\n", drain(viewers, count, strtoull(argv[1], NULL, 10), atof(argv[2])));
  for (int i = 0; i < count; i++)
    printf("%" PRIu64 " %016" PRIx64 "\n", viewers[i].seen.bytes, digest_value(&viewers[i].seen));
  return 0;
}
