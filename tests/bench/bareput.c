/* bareput redis SOCKET WORD ...: sends one command to a Redis and waits for the answer.
 * bareput beanstalkd SOCKET PAYLOAD: puts one job into a beanstalkd.
 *
 * The least that a client can be: no library, no loop, no option, no second look at anything. What
 * it takes from start to exit is the price of a process and of the server. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ROOM = 65536 };

static size_t command(char* out, char** words, int count) {
  size_t at = (size_t)snprintf(out, ROOM, "*%d\r\n", count);
  for (int i = 0; i < count && at < ROOM; i++)
    at += (size_t)snprintf(out + at, ROOM - at, "$%zu\r\n%s\r\n", strlen(words[i]), words[i]);
  return at;
}

int main(int argc, char** argv) {
  static char buf[ROOM];
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  if (argc < 4 || strlen(argv[2]) >= sizeof to.sun_path)
    return fputs("usage: bareput redis|beanstalkd SOCKET WORD ...\n", stderr), 100;
  strcpy(to.sun_path, argv[2]);
  int redis = !strcmp(argv[1], "redis");
  const char* job = argv[3];
  size_t size =
      redis ? command(buf, argv + 3, argc - 3)
            : (size_t)snprintf(buf, ROOM, "put 0 0 60 %zu\r\n%s\r\n", strlen(job), job);
  if (size >= ROOM) return 100;
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr*)&to, sizeof to)) return perror(argv[2]), 111;
  if (write(fd, buf, size) != (ssize_t)size) return 111;
  ssize_t n = read(fd, buf, sizeof buf);
  return !(n > 0 && (redis ? buf[0] != '-' : !strncmp(buf, "INSERTED ", 9)));
}
