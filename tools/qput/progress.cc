#include "tools/qput/progress.h"

#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cat.h"
#include "lib/base/fd.h"

namespace qput {

namespace {
constexpr auto kPatience = std::chrono::seconds(1);
constexpr auto kStep = std::chrono::milliseconds(200);
constexpr uint64_t kMiB = 1 << 20;

void say(std::string_view text) {
  static_cast<void>(static_cast<bool>(base::write_all(STDERR_FILENO, text)));
}
}  // namespace

Progress::Progress(net::Loop& loop) : timer_(loop, [this] { show(); }) {
  if (::isatty(STDERR_FILENO) == 0 || ::isatty(STDIN_FILENO) != 0) return;
  struct stat st {};
  if (::fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode)) {
    size_ = static_cast<uint64_t>(st.st_size);
  }
  timer_.after(kPatience);
}

Progress::~Progress() {
  clear();
}

void Progress::put(uint64_t messages, uint64_t bytes) {
  messages_ += messages;
  bytes_ += bytes;
}

void Progress::clear() {
  if (shown_) say("\r\033[K");
  shown_ = false;
}

void Progress::show() {
  timer_.after(kStep);
  std::string text = base::cat("\r\033[Kqput: ", messages_, " put, ", bytes_ / kMiB, " MiB");
  if (size_ > 0) text += base::cat(" of ", size_ / kMiB, ", ", bytes_ * 100 / size_, " %");
  say(text);
  shown_ = true;
}

}  // namespace qput
