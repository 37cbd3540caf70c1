/* waker COUNT WAITING LINES SOCKET FD LIST WORD ...: sends the command WORD ... to the Redis COUNT
 * times and prints the p50, p99 and p99.9 of the time until LINES more lines have come from FD, in
 * microseconds.
 *
 * Each time it first asks the Redis until it has said SETTLED times in a row that WAITING clients
 * wait: in a blocking command, or, where LIST is not empty, as so many elements of that list. A
 * waiter that is still busy with the last message is not what is measured here: one that stands
 * by is counted before it has heard so, one that blocks only when it sleeps. Pausing instead would
 * measure how long a halted processor takes to wake. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 65536, WARM_UP = 20, PATIENCE_MS = 30000, SETTLED = 5 };

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int ascending(const void* a, const void* b) {
  double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

static int fail(const char* what) { return fprintf(stderr, "waker: %s\n", what), 0; }

/* An answer to one question, which is known to end with a newline and to be short. */
static int ask(int fd, const char* question, size_t size, char* answer) {
  if (write(fd, question, size) != (ssize_t)size) return fail("write");
  size_t n = 0;
  do {
    ssize_t got = read(fd, answer + n, ROOM - 1 - n);
    if (got <= 0) return fail("the Redis has gone");
    n += (size_t)got;
  } while (answer[n - 1] != '\n');
  answer[n] = 0;
  return answer[0] == '-' ? fail(answer) : 1;
}

static size_t command(char* out, char** words, int count) {
  size_t at = (size_t)snprintf(out, ROOM, "*%d\r\n", count);
  for (int i = 0; i < count && at < ROOM; i++)
    at += (size_t)snprintf(out + at, ROOM - at, "$%zu\r\n%s\r\n", strlen(words[i]), words[i]);
  return at;
}

/* How many wait, as an answer says it: ":N", or INFO's text. */
static int waiting_of(const char* answer) {
  if (answer[0] == ':') return atoi(answer + 1);
  const char* at = strstr(answer, "\nblocked_clients:");
  return at ? atoi(at + 17) : -1;
}

static int wait_for_waiters(int fd, int waiting, char* list) {
  static char question[ROOM], answer[ROOM];
  char *info[] = {"INFO", "clients"}, *length[] = {"LLEN", list};
  size_t size = command(question, *list ? length : info, 2);
  double end = now_us() + PATIENCE_MS * 1e3;
  for (int seen = 0; now_us() < end;) {
    if (!ask(fd, question, size, answer)) return 0;
    seen = waiting_of(answer) == waiting ? seen + 1 : 0;
    if (seen == SETTLED) return 1;
  }
  return fail("the waiters do not wait");
}

static int read_lines(int fd, int lines) {
  static char buf[ROOM];
  struct pollfd p = {fd, POLLIN, 0};
  while (lines > 0) {
    if (poll(&p, 1, PATIENCE_MS) != 1) return fail("a line did not come");
    ssize_t n = read(fd, buf, sizeof buf);
    if (n <= 0) return fail("the waiters have gone");
    for (ssize_t i = 0; i < n; i++) lines -= buf[i] == '\n';
  }
  return lines == 0 ? 1 : fail("a line too many");
}

int main(int argc, char** argv) {
  static char put[ROOM], answer[ROOM];
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  if (argc < 8 || strlen(argv[4]) >= sizeof to.sun_path)
    return fputs("usage: waker COUNT WAITING LINES SOCKET FD LIST WORD ...\n", stderr), 100;
  int count = atoi(argv[1]), waiting = atoi(argv[2]), lines = atoi(argv[3]), out = atoi(argv[5]);
  strcpy(to.sun_path, argv[4]);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr*)&to, sizeof to)) return perror(argv[4]), 111;
  size_t size = command(put, argv + 7, argc - 7);
  double* us = calloc((size_t)count + 1, sizeof *us);
  int warm_up = count > 10 * WARM_UP ? WARM_UP : 1;
  for (int i = -warm_up; i < count; i++) {
    if (!wait_for_waiters(fd, waiting, argv[6])) return 111;
    double start = now_us();
    if (!ask(fd, put, size, answer) || !read_lines(out, lines)) return 111;
    if (i >= 0) us[i] = now_us() - start;
  }
  qsort(us, (size_t)count, sizeof *us, ascending);
  printf("%.2f %.2f %.2f\n", us[count / 2], us[count * 99 / 100], us[count * 999 / 1000]);
  return 0;
}
