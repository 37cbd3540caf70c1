#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "lib/net/disk_jobs.h"
#include "tests/unit/help.h"
#include "tests/unit/hung.h"

using help::Hung;
using help::run_until;
using net::DiskJobs;
using net::Loop;
using std::chrono::milliseconds;

TEST_CASE("disk jobs: done off the loop in order, told on it in order, and more may come of it") {
  Loop loop;
  DiskJobs jobs(loop);
  const std::thread::id here = std::this_thread::get_id();
  const auto said = std::make_shared<std::string>();
  std::string told;
  bool elsewhere = true;
  for (const char c : {'a', 'b', 'c'}) {
    jobs.run(
        [&elsewhere, here, said, c] {
          elsewhere = elsewhere && std::this_thread::get_id() != here;
          *said += c;
        },
        [&, c] {
          told += c;
          if (c == 'c') jobs.run([said] { *said += 'd'; }, [&] { told += 'd'; });
        });
  }
  CHECK(told.empty());
  CHECK(run_until(loop, [&] { return told.size() == 4; }));
  CHECK(told == "abcd");
  CHECK(*said == "abcd");
  CHECK(elsewhere);
}

TEST_CASE("disk jobs: while the disk hangs the loop goes on, and it is known for how long") {
  Loop loop;
  DiskJobs jobs(loop);
  Hung hung;
  std::string told;
  CHECK(jobs.hanging() == base::Duration::zero());
  jobs.run(hung.work(), [&] { told += 'a'; });
  jobs.run([] {}, [&] { told += 'b'; });
  int turns = 0;
  CHECK(run_until(loop, [&] { return ++turns > 1 && jobs.hanging() >= milliseconds(20); }));
  CHECK(told.empty());
  hung.go_on();
  CHECK(run_until(loop, [&] { return told == "ab"; }));
  CHECK(jobs.hanging() == base::Duration::zero());
}

TEST_CASE("disk jobs: the end waits for what was asked as long as it shall, and not for ever") {
  const auto count = std::make_shared<std::atomic<int>>(0);
  Loop loop;
  {
    DiskJobs jobs(loop, help::kPatience);
    for (int i = 0; i < 10; i++)
      jobs.run([count] { ++*count; }, [] { FAIL("told after the end"); });
  }
  CHECK(*count == 10);
  Hung hung;
  auto jobs = std::make_unique<DiskJobs>(loop, milliseconds(1));
  jobs->run(hung.work(), [] { FAIL("told after the end"); });
  jobs->run([count] { ++*count; }, [] { FAIL("told after the end"); });
  jobs.reset();
  hung.go_on();
  help::run_for(loop, milliseconds(5));
  CHECK(*count == 10);
}
