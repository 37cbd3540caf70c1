// A clock that somebody sets: with this in LD_PRELOAD, CLOCK_REALTIME and what is made of it is ahead
// by the seconds that stand in the file CLOCK_FILE, looked at each time. All other clocks stay true.
// (libfaketime calls malloc before it is ready, which redis-server's own allocator does not survive.)
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long ahead(void) {
  const char* path = getenv("CLOCK_FILE");
  char text[32] = {0};
  const int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return 0;
  syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  return atol(text);
}

int clock_gettime(clockid_t which, struct timespec* t) {
  const int r = (int)syscall(SYS_clock_gettime, which, t);
  if (r == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) t->tv_sec += ahead();
  return r;
}

int gettimeofday(struct timeval* t, void* zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  t->tv_sec = now.tv_sec;
  t->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* t) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (t) *t = now.tv_sec;
  return now.tv_sec;
}
