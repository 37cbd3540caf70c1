// Compress: one file on its way to a zstd copy of it, slice by slice, so that other work fits in
// between. Owned by the Rotation of its file; used on the writer thread and blocks on the disk.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"

struct ZSTD_CCtx_s;

namespace journal {

class Compress {
 public:
  static constexpr size_t kSlice = 262144;  // about a millisecond

  // The copy is written to `scratch`, which is made anew and gets the mode of the source; `front`
  // goes before it.
  static base::Result<std::unique_ptr<Compress>> begin(const std::string& source,
                                                       const std::string& scratch,
                                                       std::string_view front = {});
  // Removes the scratch file, unless it was kept.
  ~Compress();
  Compress(const Compress&) = delete;
  Compress& operator=(const Compress&) = delete;

  // Takes at most kSlice bytes of the source. True: all is in the scratch file and on the disk.
  base::Result<bool> step();
  // The finished scratch file gets its name and stays.
  base::Result<void> keep_as(const std::string& name);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };

  Compress(base::Fd in, base::Fd out, std::string scratch);
  base::Result<void> feed(size_t n, bool last);
  base::Result<void> finish();

  base::Fd in_, out_;
  std::string scratch_;  // empty once kept
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
  std::unique_ptr<char[]> slice_, packed_;
};

}  // namespace journal
