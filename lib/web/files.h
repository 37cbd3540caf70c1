// files: the pages and scripts of a web face: built into the program (lib/web/pack), or from a
// folder, while developing. A folder is read on the loop: not for disks that may hang.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/http/response.h"

namespace web {

// One file as lib/web/pack writes it; `gzip` is empty where that would not be smaller.
struct Packed {
  const char* path;  // "index.html", "xterm/xterm.js"
  const char* etag;  // of its bytes, in quotes
  const char* bytes;
  size_t size;
  const char* gzip;
  size_t gzip_size;
};

class Files {
 public:
  explicit Files(std::span<const Packed> built_in) : built_in_(built_in) {}
  // The files of this folder instead, as they are when they are asked for.
  static base::Result<Files> in_folder(const std::string& path);

  // The answer to a GET: the file, 304 where the client has it already, or 404. `path`: below the
  // root, decoded; empty, and what ends in '/', is an index.html.
  http::Response get(const http::Request& request, std::string_view path) const;

 private:
  Files() = default;
  http::Response packed(const http::Request& request, const std::string& path) const;
  http::Response from_folder(const http::Request& request, const std::string& path) const;

  std::span<const Packed> built_in_;
  base::Fd folder_;
};

}  // namespace web
