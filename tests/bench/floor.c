/* floor [-o LOG] SOCKET COMMAND [ARG ...]: the least a console daemon can do, which the others are
 * measured against. COMMAND runs on a pty; what it writes goes to LOG and to every client of the
 * unix socket, what clients write goes to it.
 *
 * One loop and no protocol, history or queue. Clients are written to blocking: nothing is lost,
 * and a client that stops reading stops everything. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { GATHER = 65536, MAX_CLIENTS = 4096 };

struct floor {
  int epoll, pty, log, listener;
  int clients[MAX_CLIENTS], count;
};

static void die(const char* what) {
  perror(what);
  exit(111);
}

static void write_all(int fd, const char* p, size_t n) {
  while (n > 0) {
    ssize_t w = write(fd, p, n);
    if (w >= 0) {
      p += w, n -= (size_t)w;
    } else if (errno == EAGAIN) { /* the pty's input is full */
      struct pollfd f = {fd, POLLOUT, 0};
      poll(&f, 1, -1);
    } else {
      return; /* a client that left; its end of file is read later */
    }
  }
}

static void watch(struct floor* f, int fd) {
  struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &e)) die("epoll_ctl");
}

/* A read of a pty returns about 4 KiB however much is asked for, so it is read until empty: one
 * write for many reads is most of what a fast fan-out consists of. */
static void fan_out(struct floor* f) {
  static char buf[GATHER];
  size_t got = 0;
  ssize_t r = 0;
  while (got < GATHER && (r = read(f->pty, buf + got, GATHER - got)) > 0) got += (size_t)r;
  if (r < 0 && errno != EAGAIN) exit(0); /* EIO: COMMAND has ended */
  if (f->log >= 0) write_all(f->log, buf, got);
  for (int i = 0; i < f->count; i++) write_all(f->clients[i], buf, got);
}

static void add_client(struct floor* f) {
  int fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return;
  if (f->count == MAX_CLIENTS) {
    close(fd);
    return;
  }
  f->clients[f->count++] = fd;
  watch(f, fd);
}

static void drop_client(struct floor* f, int fd) {
  for (int i = 0; i < f->count; i++)
    if (f->clients[i] == fd) f->clients[i] = f->clients[--f->count];
  close(fd);
}

static void pass_keys(struct floor* f, int fd) {
  char keys[4096];
  ssize_t r = read(fd, keys, sizeof keys);
  if (r <= 0)
    drop_client(f, fd);
  else
    write_all(f->pty, keys, (size_t)r);
}

static int listen_on(const char* path) {
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof a.sun_path) errno = ENAMETOOLONG, die(path);
  strcpy(a.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr*)&a, sizeof a) || listen(fd, 512)) die(path);
  return fd;
}

static int run_on_pty(char** command) {
  int fd;
  pid_t pid = forkpty(&fd, NULL, NULL, NULL);
  if (pid < 0) die("forkpty");
  if (pid == 0) {
    execvp(command[0], command);
    die(command[0]);
  }
  if (fcntl(fd, F_SETFL, O_NONBLOCK)) die("fcntl");
  return fd;
}

int main(int argc, char** argv) {
  static struct floor f = {.log = -1};
  for (int c; (c = getopt(argc, argv, "+o:")) != -1;) {
    if (c != 'o') return 100;
    f.log = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (f.log < 0) die(optarg);
  }
  if (argc - optind < 2) return fputs("usage: floor [-o LOG] SOCKET COMMAND ...\n", stderr), 100;
  signal(SIGPIPE, SIG_IGN);
  f.epoll = epoll_create1(EPOLL_CLOEXEC);
  f.listener = listen_on(argv[optind]);
  f.pty = run_on_pty(argv + optind + 1);
  watch(&f, f.listener);
  watch(&f, f.pty);
  for (;;) {
    struct epoll_event e[64];
    int n = epoll_wait(f.epoll, e, 64, -1);
    for (int i = 0; i < n; i++) {
      int fd = e[i].data.fd;
      if (fd == f.pty)
        fan_out(&f);
      else if (fd == f.listener)
        add_client(&f);
      else
        pass_keys(&f, fd);
    }
  }
}
