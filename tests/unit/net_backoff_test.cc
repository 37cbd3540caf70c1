// Waits between tries.
#include <algorithm>

#include <doctest/doctest.h>

#include "lib/net/backoff.h"

using net::Backoff;
using std::chrono::seconds;

TEST_CASE("waits double from the first to the longest, with chance, and leave these bounds never") {
  base::Duration least_long = seconds(60), most_long{};
  for (int round = 0; round < 50; round++) {
    Backoff b(seconds(5), seconds(60));
    base::Duration first = b.next();
    CHECK(first >= seconds(5));
    CHECK(first <= seconds(6));
    base::Duration wait{};
    for (int i = 0; i < 8; i++) wait = b.next();
    CHECK(wait <= seconds(60));
    least_long = std::min(least_long, wait);
    most_long = std::max(most_long, wait);
    b.reset();
    CHECK(b.next() <= seconds(6));
  }
  CHECK(least_long >= seconds(50));
  CHECK(least_long < most_long);  // many do not come back at once
}

TEST_CASE("a first wait that is the longest, too, is what it is") {
  Backoff b(seconds(60), seconds(60));
  for (int i = 0; i < 50; i++) CHECK(b.next() == seconds(60));
}
