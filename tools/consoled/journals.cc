#include "tools/consoled/journals.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "lib/base/fd.h"

namespace consoled {

namespace {
constexpr auto kFlush = std::chrono::milliseconds(20);
}

Journals::Journals(net::Loop& loop, const JournalSettings& settings)
    : settings_(settings), reads_(loop), flush_(loop, [this] { writer_.flush(); }) {}

base::Result<void> Journals::start() {
  if (!settings_.file.empty()) {
    // It is the writer thread that opens it, and tries again; here one hears of a wrong name.
    const auto there = base::open_file(settings_.file, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK);
    if (!there) return there.error();
  } else if (settings_.on && ::mkdir(settings_.dir.c_str(), 0700) < 0 && errno != EEXIST) {
    return base::sys_error(errno, "journal: ", settings_.dir);
  }
  return writer_.start();
}

std::string Journals::path(const std::string& name) const {
  return settings_.on && settings_.file.empty() ? base::cat(settings_.dir, "/", name, ".log") : "";
}

std::unique_ptr<journal::Append> Journals::open(const std::string& name, const base::Ring& ring,
                                                int64_t epoch) {
  if (!settings_.on) return nullptr;
  journal::Options o;
  if (!settings_.file.empty()) {
    o.path = settings_.file;
    return std::make_unique<journal::Append>(writer_, ring, std::move(o));
  }
  o.path = path(name);
  o.rotate_bytes = settings_.rotate_bytes;
  o.rotate_age = settings_.rotate_age;
  o.keep = settings_.keep;
  o.epoch = epoch;
  return std::make_unique<journal::Append>(writer_, ring, std::move(o));
}

void Journals::dirty(journal::Append& append) {
  if (append.dirty()) soon();
}

void Journals::soon() {
  if (!flush_.pending()) flush_.after(kFlush);
}

}  // namespace consoled
