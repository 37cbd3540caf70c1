#include "lib/web/files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "lib/crypto/digest.h"
#include "lib/web/headers.h"

namespace web {

using base::Fd;
using base::Result;
using http::Request;
using http::Response;

namespace {
constexpr size_t kMaxFile = size_t{16} << 20;

struct Type {
  std::string_view ending, type;
};
constexpr std::array kTypes{
    Type{".html", "text/html; charset=utf-8"},
    Type{".js", "text/javascript; charset=utf-8"},
    Type{".mjs", "text/javascript; charset=utf-8"},
    Type{".css", "text/css; charset=utf-8"},
    Type{".json", "application/json"},
    Type{".svg", "image/svg+xml"},
    Type{".png", "image/png"},
    Type{".ico", "image/x-icon"},
    Type{".txt", "text/plain; charset=utf-8"},
    Type{".woff2", "font/woff2"},
};

std::string_view type_of(std::string_view path) {
  for (const Type& t : kTypes) {
    if (path.ends_with(t.ending)) return t.type;
  }
  return "application/octet-stream";
}

// What the client keeps it asks about each time: a new daemon may have another page.
Response with(const Request& request, std::string_view path, std::string_view etag) {
  Response r;
  add_security(r);
  r.fields.add("Cache-Control", "no-cache");
  r.fields.add("ETag", etag);
  if (request.fields.has_word("If-None-Match", etag)) r.status = 304;
  if (r.status == 200) r.fields.add("Content-Type", type_of(path));
  return r;
}

Response not_found() {
  Response r = http::error_response(404, "not_found", "no such page");
  add_security(r);
  return r;
}

// Nothing outside of the folder, whatever links lie in it (openat2(2)).
Fd open_below(int folder, const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return Fd(static_cast<int>(::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how)));
}

bool read_all(int fd, size_t size, std::string& out) {
  out.resize(size);
  size_t got = 0;
  while (got < size) {
    const ssize_t n = ::read(fd, out.data() + got, size - got);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    got += static_cast<size_t>(n);
  }
  return true;
}
}  // namespace

Result<Files> Files::in_folder(const std::string& path) {
  Result<Fd> fd = base::open_file(path, O_RDONLY | O_DIRECTORY);
  if (!fd) return fd.error();
  Files out;
  out.folder_ = std::move(*fd);
  return out;
}

Response Files::get(const Request& request, std::string_view path) const {
  std::string name(path);
  if (name.empty() || name.ends_with('/')) name += "index.html";
  return folder_ ? from_folder(request, name) : packed(request, name);
}

Response Files::packed(const Request& request, const std::string& path) const {
  const auto at = std::find_if(built_in_.begin(), built_in_.end(),
                               [&](const Packed& p) { return path == p.path; });
  if (at == built_in_.end()) return not_found();
  Response r = with(request, path, at->etag);
  r.fields.add("Vary", "Accept-Encoding");
  if (r.status == 304) return r;
  const bool gzip = at->gzip_size > 0 && request.fields.has_word("Accept-Encoding", "gzip");
  if (gzip) r.fields.add("Content-Encoding", "gzip");
  r.body = gzip ? std::string(at->gzip, at->gzip_size) : std::string(at->bytes, at->size);
  return r;
}

Response Files::from_folder(const Request& request, const std::string& path) const {
  const Fd fd = open_below(folder_.get(), path);
  struct stat st {};
  if (!fd || ::fstat(fd.get(), &st) < 0 || !S_ISREG(st.st_mode)) return not_found();
  const auto size = static_cast<size_t>(st.st_size);
  std::string bytes;
  if (size > kMaxFile || !read_all(fd.get(), size, bytes)) return not_found();
  Response r = with(request, path, '"' + crypto::sha256_hex(bytes).substr(0, 32) + '"');
  if (r.status == 200) r.body = std::move(bytes);
  return r;
}

}  // namespace web
