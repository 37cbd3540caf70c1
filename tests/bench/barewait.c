/* barewait blmove|xread SOCKET KEY: waits with BLMOVE for the list's elements, or with XREAD for
 * the stream's entries, and writes each to standard output with a newline.
 *
 * The least that a waiter can be: what a shell's `while read` would get from a few lines of C that
 * lose what they hold when they die. Elements must be short and have no newline; an entry's payload
 * is its last value. Ends with the connection. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ROOM = 65536 };

static int add(char* out, int at, const char* word) {
  return at + snprintf(out + at, (size_t)(ROOM - at), "$%zu\r\n%s\r\n", strlen(word), word);
}

static int question(char* out, int stream, const char* key, const char* after) {
  char aside[200];
  snprintf(aside, sizeof aside, "%s:taken", key);
  const char* list[] = {"BLMOVE", key, aside, "LEFT", "RIGHT", "0"};
  const char* entries[] = {"XREAD", "COUNT", "1", "BLOCK", "0", "STREAMS", key, after};
  int count = stream ? 8 : 6;
  int at = snprintf(out, ROOM, "*%d\r\n", count);
  for (int i = 0; i < count; i++) at = add(out, at, stream ? entries[i] : list[i]);
  return at;
}

/* The last line of an answer that came in one piece, with its newline. */
static char* last_line(char* buf, ssize_t n, size_t* size) {
  if (n < 4 || buf[n - 2] != '\r') return NULL;
  buf[n - 2] = '\n';
  char* before = memrchr(buf, '\n', (size_t)n - 2);
  *size = (size_t)(buf + n - 1 - before - 1);
  return before + 1;
}

/* The entry's id stands in the fifth line: *1 *2 $ key *1 *2 $ id */
static void take_id(const char* buf, char* id, size_t room) {
  const char* at = buf;
  for (int line = 0; line < 7 && at; line++) at = strchr(at, '\n') + 1;
  size_t size = strcspn(at, "\r");
  snprintf(id, room, "%.*s", (int)size, at);
}

int main(int argc, char** argv) {
  static char buf[ROOM], id[64] = "$";
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  if (argc != 4 || strlen(argv[2]) >= sizeof to.sun_path || strlen(argv[3]) > 100)
    return fputs("usage: barewait blmove|xread SOCKET KEY\n", stderr), 100;
  int stream = !strcmp(argv[1], "xread");
  strcpy(to.sun_path, argv[2]);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr*)&to, sizeof to)) return perror(argv[2]), 111;
  for (;;) {
    size_t size, asked = (size_t)question(buf, stream, argv[3], id);
    if (write(fd, buf, asked) != (ssize_t)asked) return 111;
    ssize_t n = read(fd, buf, sizeof buf - 1);
    if (n <= 0) return 0;
    buf[n] = 0;
    if (buf[0] == '-') return fputs(buf, stderr), 111;
    if (stream) take_id(buf, id, sizeof id);
    char* line = last_line(buf, n, &size);
    if (!line || write(1, line, size) != (ssize_t)size) return 111;
  }
}
