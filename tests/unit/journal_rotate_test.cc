#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include <doctest/doctest.h>
#include <zstd.h>

#include "lib/journal/compress.h"
#include "lib/journal/rotate.h"
#include "lib/journal/unpack.h"
#include "tests/unit/journal_help.h"

using base::Ring;
using journal::Append;
using journal::Compress;
using journal::Options;
using journal::Rotation;
using namespace journal_help;

namespace {
std::string unpacked(const std::string& path) {
  const std::string in = text(path);
  std::string out(1 << 22, '\0');
  const size_t n = ZSTD_decompress(out.data(), out.size(), in.data(), in.size());
  if (ZSTD_isError(n)) return "(" + std::string(ZSTD_getErrorName(n)) + ")";
  out.resize(n);
  return out;
}

std::string packed(const std::string& bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1));
  return out;
}

void pack_all(Rotation& rotation) {
  while (rotation.packing()) REQUIRE(rotation.pack());
}

// All old files, the oldest first, and the present one.
std::string whole(const std::string& path, int keep) {
  std::string out;
  for (int n = keep; n > 0; n--) {
    const std::string old = base::cat(path, ".", n);
    if (exists(old + ".zst")) out += unpacked(old + ".zst");
    if (exists(old)) out += text(old);
  }
  return out + text(path);
}
}  // namespace

TEST_CASE("a journal rotated by size is whole in its old files, and they end with lines") {
  const Folder dir;
  const std::string sent = lines(100000);
  {
    const Running run;
    Ring ring(1 << 20);
    Options wanted = options(dir / "log");
    wanted.rotate_bytes = 300000;
    wanted.keep = 99;
    wanted.mode = 0640;
    Append append(*run, ring, wanted);
    feed(ring, append, sent);
    CHECK(eventually([&] {
      append.flush();
      return exists(dir / "log.9.zst") && !exists(dir / "log.1") && !exists(dir / "log.2");
    }));
    CHECK(run->stop(soon()));
    CHECK(status(append).rotations > 9);
    CHECK(status(append).rotation_error == 0);
  }
  CHECK((whole(dir / "log", 99) == sent));
  CHECK(unpacked(dir / "log.1.zst").back() == '\n');
  CHECK(unpacked(dir / "log.1.zst").size() <= 300000);
  CHECK(mode_of(dir / "log.1.zst") == 0640);
  CHECK(mode_of(dir / "log") == 0640);
  CHECK_FALSE(exists(dir / "log.zst.tmp"));
}

TEST_CASE("a rotating journal keeps as many old files as it was told") {
  const Folder dir;
  const std::string sent = lines(50000);
  {
    const Running run;
    Ring ring(65536);
    Options wanted = options(dir / "log");
    wanted.rotate_bytes = 100000;
    wanted.keep = 2;
    wanted.compress = false;
    Append append(*run, ring, wanted);
    feed(ring, append, sent);
    CHECK(run->stop(soon()));
  }
  CHECK(exists(dir / "log.1"));
  CHECK(exists(dir / "log.2"));
  CHECK_FALSE(exists(dir / "log.3"));
  CHECK((sent.ends_with(whole(dir / "log", 2))));
}

TEST_CASE("a journal that keeps no old file begins again") {
  const Folder dir;
  {
    const Running run;
    Ring ring(65536);
    Options wanted = options(dir / "log");
    wanted.rotate_bytes = 100000;
    wanted.keep = 0;
    Append append(*run, ring, wanted);
    feed(ring, append, lines(50000));
    CHECK(run->stop(soon()));
  }
  CHECK(text(dir / "log").size() <= 100000);
  CHECK_FALSE(exists(dir / "log.1"));
}

TEST_CASE("a journal is rotated when it is old and new bytes come") {
  const Folder dir;
  const Running run;
  Ring ring(4096);
  Options wanted = options(dir / "log");
  wanted.rotate_age = std::chrono::seconds(1);
  wanted.compress = false;
  Append append(*run, ring, wanted);
  feed_all(ring, append, "first\n");
  CHECK_FALSE(exists(dir / "log.1"));
  CHECK(eventually([&] {
    feed_all(ring, append, ".\n");
    return exists(dir / "log.1");
  }));
  CHECK(text(dir / "log.1").starts_with("first\n"));
}

TEST_CASE("rotation behind a symbolic link happens where it leads") {
  const Folder dir;
  REQUIRE(::mkdir((dir / "far").c_str(), 0700) == 0);
  put_file(dir / "far/real", "");
  REQUIRE(::symlink((dir / "far/real").c_str(), (dir / "log").c_str()) == 0);
  const Running run;
  Ring ring(4096);
  Options wanted = options(dir / "log");
  wanted.rotate_bytes = 10;
  wanted.compress = false;
  Append append(*run, ring, wanted);
  feed(ring, append, "123456789\nabc\n");
  CHECK(run->stop(soon()));
  CHECK(text(dir / "far/real.1") == "123456789\n");
  CHECK(text(dir / "log") == "abc\n");
}

TEST_CASE("a compression that a crash cut off is begun again at the next opening") {
  const Folder dir;
  put_file(dir / "log", "now\n");
  put_file(dir / "log.1", "before\n");
  put_file(dir / "log.zst.tmp", "half a fra");
  Rotation rotation(4, true);
  rotation.at(dir / "log");
  CHECK_FALSE(exists(dir / "log.zst.tmp"));
  pack_all(rotation);
  CHECK(unpacked(dir / "log.1.zst") == "before\n");
  CHECK_FALSE(exists(dir / "log.1"));
}

TEST_CASE("a compression that ended just before a crash is not done twice") {
  const Folder dir;
  put_file(dir / "log.2", "before\n");
  put_file(dir / "log.2.zst", packed("before\n"));
  Rotation rotation(4, true);
  rotation.at(dir / "log");
  CHECK_FALSE(rotation.packing());
  CHECK_FALSE(exists(dir / "log.2"));
  CHECK(unpacked(dir / "log.2.zst") == "before\n");
}

TEST_CASE("a chain that a crash left half renamed loses no file") {
  const Folder dir;
  put_file(dir / "log", "4");
  put_file(dir / "log.1", "3");
  put_file(dir / "log.3", "2");
  put_file(dir / "log.4", "1");
  Rotation rotation(4, false);
  rotation.at(dir / "log");
  REQUIRE(rotation.rotate());
  CHECK_FALSE(exists(dir / "log"));
  put_file(dir / "log", "5");
  CHECK(whole(dir / "log", 4) == "12345");
}

TEST_CASE("old files beyond a smaller number to keep are deleted at opening") {
  const Folder dir;
  for (int n = 1; n <= 5; n++) put_file(dir / base::cat("log.", n, ".zst"), packed("old"));
  put_file(dir / "log.7", "not in the chain");
  Rotation rotation(3, true);
  rotation.at(dir / "log");
  CHECK(exists(dir / "log.3.zst"));
  CHECK_FALSE(exists(dir / "log.4.zst"));
  CHECK_FALSE(exists(dir / "log.5.zst"));
  CHECK(exists(dir / "log.7"));
}

TEST_CASE("a file that is rotated while it is compressed gets its new number") {
  const Folder dir;
  put_file(dir / "log", "two");
  put_file(dir / "log.1", lines(50000));
  Rotation rotation(2, true);
  rotation.at(dir / "log");
  REQUIRE(rotation.pack());  // begins
  REQUIRE(rotation.pack());  // a slice
  REQUIRE(rotation.rotate());
  pack_all(rotation);
  CHECK((unpacked(dir / "log.2.zst") == lines(50000)));
  CHECK(unpacked(dir / "log.1.zst") == "two");
}

TEST_CASE("a file that is too old before its compression ends is dropped") {
  const Folder dir;
  put_file(dir / "log", "two");
  put_file(dir / "log.1", lines(50000));
  Rotation rotation(1, true);
  rotation.at(dir / "log");
  REQUIRE(rotation.pack());
  REQUIRE(rotation.pack());
  REQUIRE(rotation.rotate());
  CHECK_FALSE(exists(dir / "log.zst.tmp"));
  pack_all(rotation);
  CHECK(unpacked(dir / "log.1.zst") == "two");
}

TEST_CASE("a compression that cannot be written leaves its source") {
  const Folder dir;
  put_file(dir / "log.1", "before\n");
  REQUIRE(::mkdir((dir / "log.zst.tmp").c_str(), 0700) == 0);
  Rotation rotation(4, true);
  rotation.at(dir / "log");
  CHECK(rotation.packing());
  CHECK_FALSE(rotation.pack());
  CHECK_FALSE(rotation.packing());
  CHECK(text(dir / "log.1") == "before\n");
}

TEST_CASE("a compressed file is read to its end, however much is read at once") {
  const Folder dir;
  const std::string bytes(1 << 20, 'x');
  put_file(dir / "log.1.zst", packed(bytes));
  for (const size_t piece :
       {size_t{1}, size_t{4096}, size_t{131072}, bytes.size(), 2 * bytes.size()}) {
    base::Result<base::Fd> fd = base::open_file(dir / "log.1.zst", O_RDONLY);
    REQUIRE(fd);
    journal::Unpack file(std::move(*fd), journal::Packing::zstd);
    std::string out(piece, '\0');
    size_t total = 0;
    base::Result<size_t> got = file.read(out.data(), piece);
    for (; got && *got > 0; got = file.read(out.data(), piece)) total += *got;
    CHECK_MESSAGE(got, piece);
    CHECK(total == bytes.size());
  }
}

TEST_CASE("a compression that is given up leaves nothing") {
  const Folder dir;
  put_file(dir / "log.1", lines(50000));
  {
    auto job = Compress::begin(dir / "log.1", dir / "log.zst.tmp");
    REQUIRE(job);
    const base::Result<bool> done = (*job)->step();
    REQUIRE(done);
    CHECK_FALSE(*done);
    CHECK(exists(dir / "log.zst.tmp"));
  }
  CHECK_FALSE(exists(dir / "log.zst.tmp"));
  CHECK(exists(dir / "log.1"));
}

TEST_CASE("a compression does not write through a link that lies in its way") {
  const Folder dir;
  put_file(dir / "victim", "precious");
  put_file(dir / "log.1", "old");
  REQUIRE(::symlink((dir / "victim").c_str(), (dir / "log.zst.tmp").c_str()) == 0);
  CHECK(Compress::begin(dir / "log.1", dir / "log.zst.tmp"));
  CHECK(text(dir / "victim") == "precious");
}
