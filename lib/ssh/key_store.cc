#include "lib/ssh/key_store.h"

#include <libssh/libssh.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <csignal>
#include <optional>

#include "lib/base/check.h"
#include "lib/ssh/secret_file.h"

namespace ssh {

using base::Errc;
using base::Result;

struct KeyStore::Work {
  Files files;
  Identity identity;
  base::Fd done;  // eventfd: written when `result` is there
  std::optional<Result<Key>> result;
};

namespace {

bool same_bytes(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_mode == b.st_mode && a.st_uid == b.st_uid;
}

base::Error not_opened(const std::string& file, bool passphrase) {
  return base::error(Errc::bad_input, file,
                     passphrase ? ": no private key, or its passphrase is another"
                                : ": no private key, or it needs a passphrase (passphrase_file)");
}

// The library would ask for a missing passphrase on the terminal.
int no_passphrase(const char*, char*, size_t, int, int, void*) {
  return -1;
}

// Nothing that the loop's thread should hear of is heard here.
void block_signals() {
  sigset_t all{};
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

Result<Key> read_key(const KeyStore::Files& files) {
  const auto& [file, passphrase_file] = files;
  const Result<std::string> text = read_secret(file);
  if (!text) return text.error();
  std::string passphrase;
  if (!passphrase_file.empty()) {
    Result<std::string> line = read_secret_line(passphrase_file);
    if (!line) return line.error();
    passphrase = std::move(*line);
  }
  ssh_key key = nullptr;
  const char* phrase = passphrase_file.empty() ? nullptr : passphrase.c_str();
  if (ssh_pki_import_privkey_base64(text->c_str(), phrase, no_passphrase, nullptr, &key) !=
      SSH_OK) {
    return not_opened(file, phrase != nullptr);
  }
  return own_key(key);
}

KeyStore::KeyStore(net::Loop& loop) : loop_(loop), timer_(loop, [this] { serve(); }) {}

// libcrypto is taken down when the process ends, and must not be under a thread's feet then.
KeyStore::~KeyStore() {
  if (thread_.joinable()) thread_.join();
}

KeyStore::Identity KeyStore::identity_of(const Files& files) {
  Identity out;
  ::stat(files.first.c_str(), &out.key);
  if (!files.second.empty()) ::stat(files.second.c_str(), &out.passphrase);
  return out;
}

bool KeyStore::same(const Identity& a, const Identity& b) {
  return same_bytes(a.key, b.key) && same_bytes(a.passphrase, b.passphrase);
}

// Answers who can be; for the first of the others a thread is started. A callback may do away with
// any of them, so the search begins anew after each.
void KeyStore::serve() {
  for (;;) {
    const auto at = std::find_if(requests_.begin(), requests_.end(),
                                 [this](const Request* r) { return ready(r->files_); });
    if (at == requests_.end()) break;
    finish(**at, keys_.at((*at)->files_).key);
  }
  if (!work_ && !requests_.empty()) start(requests_.front()->files_);
}

bool KeyStore::ready(const Files& files) const {
  const auto found = keys_.find(files);
  return found != keys_.end() && same(found->second.identity, identity_of(files));
}

void KeyStore::finish(Request& request, Result<Key> result) {
  requests_.erase(std::exchange(request.place_, requests_.end()));
  const Request::Done done = std::move(request.done_);
  done(std::move(result));
}

void KeyStore::start(const Files& files) {
  work_ = std::make_shared<Work>();
  work_->files = files;
  work_->identity = identity_of(files);
  work_->done = base::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  CHECK(work_->done);
  watch_ = std::make_unique<net::Watch>(loop_, work_->done.get(), [this](unsigned) { finished(); });
  watch_->want(net::Watch::kRead);
  if (thread_.joinable()) thread_.join();  // the last one, which has said that it is done
  thread_ = std::thread([work = work_] {
    block_signals();
    work->result = read_key(work->files);
    ::eventfd_write(work->done.get(), 1);
  });
}

void KeyStore::finished() {
  watch_->want(net::Watch::kNothing);
  const std::shared_ptr<Work> work = std::exchange(work_, nullptr);
  timer_.at(loop_.now());
  if (*work->result) {
    keys_[work->files] = {work->identity, **work->result};
    return;
  }
  // A failure is told to all who wait for it, and not kept: the next one tries again.
  for (;;) {
    const auto at = std::find_if(requests_.begin(), requests_.end(),
                                 [&](const Request* r) { return r->files_ == work->files; });
    if (at == requests_.end()) return;
    finish(**at, work->result->error());
  }
}

KeyStore::Request::Request(KeyStore& store, Files files, Done done)
    : store_(store), files_(std::move(files)), done_(std::move(done)) {
  place_ = store_.requests_.insert(store_.requests_.end(), this);
  store_.timer_.at(store_.loop_.now());
}

KeyStore::Request::~Request() {
  if (place_ != store_.requests_.end()) store_.requests_.erase(place_);
}

}  // namespace ssh
