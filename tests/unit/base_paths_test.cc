#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/paths.h"
#include "tests/unit/help.h"

using base::Errc;
using base::Result;
using help::Folder;
using help::Variable;
namespace paths = base::paths;

namespace {
constexpr uid_t kStranger = 65534;

bool root() {
  return ::geteuid() == 0;
}

Result<std::string> make(const std::string& dir) {
  const Variable runtime("LINEMAN_RUNTIME", dir.c_str());
  return paths::make_runtime();
}
}  // namespace

TEST_CASE("a folder is LINEMAN's variable, else systemd's first, else the user's or the system's") {
  struct Row {
    const char* ours;
    const char* systemds;
    const char* expected;  // nullptr: the default
  };
  const std::vector<Row> rows = {
      {"/ours", "/a:/b", "/ours"}, {nullptr, "/a:/b", "/a"},
      {nullptr, "/a", "/a"},       {"", "/a", "/a"},
      {"relative", "/a", "/a"},    {nullptr, nullptr, nullptr},
      {"", "", nullptr},           {"/o:/p", "/a", "/o:/p"},
  };
  for (const Row& row : rows) {
    const Variable home("HOME", "/home/someone");
    const Variable a("LINEMAN_RUNTIME", row.ours), b("RUNTIME_DIRECTORY", row.systemds);
    const Variable c("LINEMAN_STATE", row.ours), d("STATE_DIRECTORY", row.systemds);
    const Variable e("LINEMAN_CONFIG", row.ours), f("CONFIGURATION_DIRECTORY", row.systemds);
    const auto expected = [&](const std::string& of_root, const std::string& of_user) {
      return row.expected != nullptr ? row.expected : root() ? of_root : of_user;
    };
    CHECK(paths::runtime() ==
          expected("/run/lineman", base::cat("/var/tmp/lineman-", ::geteuid())));
    CHECK(paths::state() == expected("/var/lib/lineman", "/home/someone/.local/state/lineman"));
    CHECK(paths::config() == expected("/etc/lineman", "/home/someone/.config/lineman"));
  }
}

TEST_CASE("XDG_RUNTIME_DIR decides nothing") {
  const Variable xdg("XDG_RUNTIME_DIR", "/run/user/1");
  const Variable a("LINEMAN_RUNTIME", nullptr), b("RUNTIME_DIRECTORY", nullptr);
  CHECK(paths::runtime().find("/run/user") == std::string::npos);
}

TEST_CASE("an ordinary user's folders are below /var/tmp and home") {
  if (!root()) return;
  const std::string said = help::forked([]() -> std::string {
    for (const char* name : {"LINEMAN_RUNTIME", "RUNTIME_DIRECTORY", "LINEMAN_STATE",
                             "STATE_DIRECTORY", "LINEMAN_CONFIG", "CONFIGURATION_DIRECTORY"}) {
      ::unsetenv(name);
    }
    ::setenv("HOME", "/h", 1);
    if (::setuid(kStranger) != 0) return "";
    return base::cat(paths::runtime(), " ", paths::state(), " ", paths::config());
  });
  CHECK(said == "/var/tmp/lineman-65534 /h/.local/state/lineman /h/.config/lineman");
}

TEST_CASE("HOME is the password file's where the environment has none or a strange one") {
  const passwd* entry = ::getpwuid(::geteuid());
  REQUIRE(entry != nullptr);
  const std::string of_file = entry->pw_dir;
  for (const char* value : {static_cast<const char*>(nullptr), "", "relative"}) {
    const Variable home("HOME", value);
    CHECK(paths::home() == of_file);
  }
  const Variable home("HOME", "/x");
  CHECK(paths::home() == "/x");
  CHECK(paths::user_name() == entry->pw_name);
}

TEST_CASE("a user without an entry in the password file has a number and the root folder") {
  if (!root()) return;
  CHECK(help::forked([]() -> std::string {
          ::unsetenv("HOME");
          if (::setuid(12345678) != 0) return "";
          return base::cat(paths::user_name(), " ", paths::home());
        }) == "12345678 /");
}

TEST_CASE("an absolute path stays, another begins at the folder we are in") {
  const Folder dir;
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  const std::string here = std::filesystem::current_path();
  CHECK(paths::absolute("/a/b") == "/a/b");
  CHECK(paths::absolute("a/b") == here + "/a/b");
  std::filesystem::current_path(before);
}

TEST_CASE("the runtime folder is made for us alone, and taken when it is there") {
  const Folder dir;
  const mode_t mask = ::umask(0);
  const Result<std::string> made = make(dir / "run");
  ::umask(mask);
  REQUIRE(made);
  CHECK(*made == dir / "run");
  CHECK(help::mode_of(dir / "run") == 0700);
  CHECK(make(dir / "run"));
  ::chmod((dir / "run").c_str(), 0750);
  CHECK(make(dir / "run"));
  CHECK(help::mode_of(dir / "run") == 0750);
}

TEST_CASE("a runtime folder that others can write is refused, a sticky one is not") {
  const Folder dir;
  for (const unsigned mode : {0770U, 0702U, 0777U}) {
    REQUIRE(make(dir / "run"));
    ::chmod((dir / "run").c_str(), mode);
    const Result<std::string> made = make(dir / "run");
    REQUIRE_FALSE(made);
    CHECK(made.error().code == Errc::denied);
    CHECK(made.error().what ==
          base::cat(dir / "run", ": others can write there: chmod 700 ", dir / "run"));
    ::chmod((dir / "run").c_str(), 0700);
  }
  ::chmod((dir / "run").c_str(), 01777);
  CHECK(make(dir / "run"));
}

TEST_CASE("a stranger's runtime folder is refused") {
  if (!root()) return;
  const Folder dir;
  REQUIRE(make(dir / "run"));
  REQUIRE(::chown((dir / "run").c_str(), kStranger, kStranger) == 0);
  const Result<std::string> made = make(dir / "run");
  REQUIRE_FALSE(made);
  CHECK(made.error().code == Errc::denied);
  CHECK(made.error().what == base::cat(dir / "run", ": belongs to uid 65534, not to us: ",
                                       "remove it or set LINEMAN_RUNTIME"));
}

TEST_CASE("a link, a file or a missing parent is no runtime folder") {
  const Folder dir;
  REQUIRE(make(dir / "real"));
  std::filesystem::create_directory_symlink(dir / "real", dir / "link");
  CHECK_FALSE(make(dir / "link"));
  help::put_file(dir / "file", "");
  CHECK_FALSE(make(dir / "file"));
  const Result<std::string> made = make(dir / "no/such");
  REQUIRE_FALSE(made);
  CHECK(made.error().what == base::cat(dir / "no/such", ": No such file or directory"));
}

TEST_CASE("folders are made with those they lie in, for their owner, and are no error when there") {
  const Folder folder;
  CHECK(paths::make_folders(folder / "a/b/c/"));
  CHECK(paths::make_folders(folder / "a/b"));
  CHECK(help::mode_of(folder / "a") == 0700);
  CHECK(help::mode_of(folder / "a/b/c") == 0700);
  help::put_file(folder / "file", "");
  const Result<void> in_file = paths::make_folders(folder / "file/x");
  REQUIRE_FALSE(in_file);
  CHECK(in_file.error().what == folder / "file/x: Not a directory");
}
