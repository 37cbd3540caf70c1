/* digest BYTES: at most BYTES of standard input; prints how many there were, and their digest. */
#include "digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char** argv) {
  static char buf[1 << 18];
  struct digest d = {0};
  if (argc != 2) return fputs("usage: digest BYTES\n", stderr), 100;
  uint64_t left = strtoull(argv[1], NULL, 10);
  while (left > 0) {
    ssize_t n = read(0, buf, left < sizeof buf ? left : sizeof buf);
    if (n < 0) return perror("digest: read"), 111;
    if (n == 0) break;
    digest_add(&d, buf, (size_t)n);
    left -= (size_t)n;
  }
  printf("%" PRIu64 " %016" PRIx64 "\n", d.bytes, digest_value(&d));
  return 0;
}
