#include "tools/consoled/journals.h"

#include <sys/stat.h>

#include <cerrno>

namespace consoled {

namespace {
constexpr auto kFlush = std::chrono::milliseconds(20);
}

Journals::Journals(net::Loop& loop, const JournalSettings& settings)
    : settings_(settings), reads_(loop), flush_(loop, [this] { writer_.flush(); }) {}

base::Result<void> Journals::start() {
  if (settings_.on && ::mkdir(settings_.dir.c_str(), 0700) < 0 && errno != EEXIST) {
    return base::sys_error(errno, "journal: ", settings_.dir);
  }
  return writer_.start();
}

std::string Journals::path(const std::string& name) const {
  return settings_.on ? base::cat(settings_.dir, "/", name, ".log") : "";
}

std::unique_ptr<journal::Append> Journals::open(const std::string& name, const base::Ring& ring,
                                                int64_t epoch) {
  if (!settings_.on) return nullptr;
  journal::Options o;
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
