#include "lib/ssh/key_store.h"

#include <libssh/libssh.h>

#include <algorithm>
#include <memory>

#include "lib/ssh/secret_file.h"

namespace ssh {

using base::Errc;
using base::Result;

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

KeyStore::Identity KeyStore::identity_of(const Files& files) {
  Identity out;
  ::stat(files.first.c_str(), &out.key);
  if (!files.second.empty()) ::stat(files.second.c_str(), &out.passphrase);
  return out;
}

bool KeyStore::same(const Identity& a, const Identity& b) {
  return same_bytes(a.key, b.key) && same_bytes(a.passphrase, b.passphrase);
}

// On the thread.
void KeyStore::look(Work& work) {
  const Identity now = identity_of(work.files);
  if (work.known && same(work.known->identity, now)) return;
  Result<Key> key = read_key(work.files);
  if (key) {
    work.known = Known{now, std::move(*key)};
  } else {
    work.error = key.error();
  }
}

void KeyStore::serve() {
  if (busy_ || requests_.empty()) return;
  busy_ = true;
  const auto work = std::make_shared<Work>();
  work->files = requests_.front()->files_;
  if (const auto at = keys_.find(work->files); at != keys_.end()) work->known = at->second;
  jobs_.run([work] { look(*work); }, [this, work] { served(*work); });
}

// It is told to all who wait for it by now. A failure is not kept: the next one tries again.
void KeyStore::served(const Work& work) {
  busy_ = false;
  if (!work.error) keys_[work.files] = *work.known;
  const auto waits = [&work](const Request* r) { return r->files_ == work.files; };
  for (auto left = std::count_if(requests_.begin(), requests_.end(), waits); left > 0; left--) {
    // A callback may do away with any of them.
    const auto at = std::find_if(requests_.begin(), requests_.end(), waits);
    if (at == requests_.end()) break;
    Request& request = **at;
    requests_.erase(std::exchange(request.place_, requests_.end()));
    const Request::Done done = std::move(request.done_);
    done(work.error ? Result<Key>(*work.error) : Result<Key>(work.known->key));
  }
  serve();
}

KeyStore::Request::Request(KeyStore& store, Files files, Done done)
    : store_(store), files_(std::move(files)), done_(std::move(done)) {
  place_ = store_.requests_.insert(store_.requests_.end(), this);
  store_.serve();
}

KeyStore::Request::~Request() {
  if (place_ != store_.requests_.end()) store_.requests_.erase(place_);
}

}  // namespace ssh
