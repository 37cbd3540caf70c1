#include "tools/consoled/receiver_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "lib/base/cat.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"

namespace consoled {

namespace {
// What was written of a batch that did not fit is taken back: it is written again as a whole.
base::Result<void> append(const std::string& folder, const std::string& path,
                          std::string_view text) {
  if (::mkdir(folder.c_str(), 0700) < 0 && errno != EEXIST) return base::sys_error(errno, folder);
  const base::Result<base::Fd> fd =
      base::open_file(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY, 0600);
  if (!fd) return fd.error();
  struct stat st {};
  if (::fstat(fd->get(), &st) < 0) return base::sys_error(errno, path);
  base::Result<void> written = base::write_all(fd->get(), text);
  if (written) return {};
  if (S_ISREG(st.st_mode) && ::ftruncate(fd->get(), st.st_size) < 0) {
    return base::sys_error(errno, path);
  }
  return base::in(path, written.error());
}
}  // namespace

FileReceiver::FileReceiver(net::Loop& loop, net::DiskJobs& jobs, std::string name,
                           std::string folder, std::function<void()> ready)
    : jobs_(jobs),
      name_(std::move(name)),
      folder_(std::move(folder)),
      rest_(loop, [this, ready = std::move(ready)] {
        trouble_.clear();
        ready();
      }) {}

void FileReceiver::send(const Batch& batch, Done done) {
  const auto result = std::make_shared<base::Result<void>>();
  jobs_.run([result, folder = folder_, path = base::cat(folder_, '/', batch.node, ".log"),
             text = batch.file_text] { *result = append(folder, path, text); },
            [this, here = std::weak_ptr<bool>(here_), result, done = std::move(done)] {
              if (!here.expired()) written(*result, done);
            });
}

void FileReceiver::written(const base::Result<void>& result, const Done& done) {
  if (result) {
    backoff_.reset();
    return done({.all = true, .instead = {}});
  }
  if (trouble_.empty()) base::log::warn("logger ", name_, ": ", result.error().what);
  trouble_ = result.error().what;
  rest_.after(backoff_.next());
  done({.all = false, .instead = {}});
}

}  // namespace consoled
