// What a journal file is to be (Options) and how it is doing (Status). Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace journal {

// Appends to `out` what shall stand in the file for `in`, the next bytes of the stream; they end
// anywhere, also within a line. Runs on the writer thread: it must not block, throw, or touch what
// belongs to the loop. Bytes that are lost (see Status) are not shown to it.
using Filter = std::function<void(std::string_view in, std::string& out)>;

// Where a source that numbers its own bytes is: the number of its start (0: it has none), and the
// absolute offset of a byte.
struct Source {
  int64_t epoch = 0;
  uint64_t offset = 0;

  bool operator==(const Source&) const = default;
};

// What the records of an index are: of the bytes, and of what happened between them.
enum class Kind : uint8_t {
  chunk = 1,
  gap = 2,   // bytes were lost, up to the next record's offset
  text = 3,  // the text of the event before it
  end = 4,   // the file was rotated here
  up = 16,
  down,
  attach,
  detach,
  send_break,
  note,
};

// Something that happened to a console, with a text for people; at most 400 bytes of it are kept.
struct Event {
  Kind kind = Kind::note;  // up to note
  std::string text;
  std::optional<Source> source;  // where the bytes that follow begin; of Kind::up without: nowhere
};

struct Options {
  // The file, made when it is not there; a relative path counts from the folder the process was in
  // when the Writer started. A symbolic link is followed, and rotation happens where it leads.
  std::string path;
  // With an empty path: a descriptor to write to instead, without rotation (`-o -`: 1). It stays
  // the caller's, open until the Writer has stopped.
  int fd = -1;
  unsigned mode = 0600;       // of a file that is made, whatever the umask; its old files keep it
  uint64_t rotate_bytes = 0;  // 0: never. A file may be longer by the end of one line (4 KiB).
  // Counted from the making of the file; a silent one is rotated when its next bytes come. 0:
  // never.
  std::chrono::seconds rotate_age{0};
  unsigned keep = 4;     // how many old files: NAME.1 (newest) to NAME.4; 0: none
  bool compress = true;  // they become NAME.1.zst to NAME.4.zst
  Filter filter;
  // Not 0: an index lies beside the file, NAME.idx for NAME.log, of this epoch; the ring's offsets
  // are the journal's, and go on where find_start() says. For regular files, without a filter.
  int64_t epoch = 0;
};

// Totals since the Append was made, for status and for a log line per interval. While no filter is
// set: bytes committed to the ring = written + lost + pending.
struct Status {
  uint64_t written = 0;  // console bytes in the file, markers not counted
  uint64_t lost = 0;     // bytes that are not and will not be: a marker in the file tells of them
  uint64_t pending = 0;  // in the ring or on their way
  uint64_t rotations = 0;
  int error = 0;           // errno of the last open or write when it failed; 0: it went well
  int rotation_error = 0;  // the same of renaming and compressing; the file is written all the same
  int index_error = 0;     // the same of the index, without which the file is written all the same
  bool open = false;
  bool stuck = false;  // bytes are pending and the thread has hung in the disk for over a second
};

}  // namespace journal
