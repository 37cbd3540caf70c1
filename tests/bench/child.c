/* The command on the pty, the same for every subject; in C so that it is not what is measured.
 *
 *   child READY emit BYTES   for each line read, writes BYTES of numbered lines in 64 KiB writes
 *   child READY echo         writes back what it reads
 *
 * The terminal is made raw first, and then the file READY: who sees that file may type without
 * having the line discipline echo it. Ends at end of file or hang-up. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { BLOCK = 65536, LINE = 64, LINES = BLOCK / LINE, NUMBER = 8 };

static void write_all(const char* p, size_t n) {
  while (n > 0) {
    ssize_t w = write(1, p, n);
    if (w < 0 && errno != EINTR) exit(0); /* hung up: the daemon has gone */
    if (w > 0) p += w, n -= (size_t)w;
  }
}

static void fill(char* block) {
  for (unsigned i = 0; i < LINES; i++) {
    char line[LINE + 1];
    snprintf(line, sizeof line, "%0*d %04u the quick brown fox jumps over the lazy dog ....\r\n",
             NUMBER, 0, i % 10000u);
    memcpy(block + i * LINE, line, LINE);
  }
}

/* Only each block's first line bears its number: rewriting more would cost more than it proves,
 * for the other lines' order is known from their own four digits. */
static void emit(char* block, size_t bytes) {
  for (unsigned sequence = 0; bytes > 0; sequence++) {
    char number[NUMBER + 1];
    snprintf(number, sizeof number, "%0*u", NUMBER, sequence % 100000000u);
    memcpy(block, number, NUMBER);
    size_t n = bytes < BLOCK ? bytes : BLOCK;
    write_all(block, n);
    bytes -= n;
  }
}

static void make_raw(void) {
  struct termios t;
  if (tcgetattr(0, &t)) return; /* a pipe */
  cfmakeraw(&t);
  tcsetattr(0, TCSANOW, &t);
}

int main(int argc, char** argv) {
  static char block[BLOCK], in[4096];
  int emitting = argc == 4 && !strcmp(argv[2], "emit");
  if (!emitting && !(argc == 3 && !strcmp(argv[2], "echo")))
    return fputs("usage: child READY emit BYTES | child READY echo\n", stderr), 100;
  size_t bytes = emitting ? strtoull(argv[3], NULL, 10) : 0;
  make_raw();
  fill(block);
  if (open(argv[1], O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0) return perror(argv[1]), 111;
  for (ssize_t n; (n = read(0, in, sizeof in)) > 0;) {
    if (!emitting) write_all(in, (size_t)n);
    for (ssize_t i = 0; emitting && i < n; i++)
      if (in[i] == '\n') emit(block, bytes);
  }
  return 0;
}
