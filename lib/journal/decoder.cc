#include "lib/journal/decoder.h"

#include <zlib.h>

#include <zstd.h>

namespace journal {

namespace {
constexpr int kWindowLog = 27;  // 128 MiB at most, whoever packed it
constexpr int kGzip = 16 + 15;  // zlib.h: a gzip header, and the largest window

class Zstd : public Decoder {
 public:
  Zstd() : context_(ZSTD_createDCtx()) {
    if (context_) ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kWindowLog);
  }
  bool ready() const { return context_ != nullptr; }

  base::Result<Step> step(std::string_view in, char* out, size_t n) override {
    ZSTD_outBuffer to{out, n, 0};
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    const size_t left = ZSTD_decompressStream(context_.get(), &to, &from);
    if (ZSTD_isError(left)) return base::error(base::Errc::io, ZSTD_getErrorName(left));
    return Step{from.pos, to.pos, left != 0};
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_;
};

class Gzip : public Decoder {
 public:
  Gzip() : ready_(::inflateInit2(&stream_, kGzip) == Z_OK) {}
  ~Gzip() override {
    if (ready_) ::inflateEnd(&stream_);
  }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  bool ready() const { return ready_; }

  base::Result<Step> step(std::string_view in, char* out, size_t n) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(n);
    const int rc = ::inflate(&stream_, Z_NO_FLUSH);
    const bool ended = rc == Z_STREAM_END;
    if (rc != Z_OK && rc != Z_BUF_ERROR && !ended) {
      return base::error(base::Errc::io, stream_.msg != nullptr ? stream_.msg : "broken");
    }
    if (ended) ::inflateReset(&stream_);
    return Step{in.size() - stream_.avail_in, n - stream_.avail_out, !ended};
  }

 private:
  z_stream stream_{};
  bool ready_;
};

template <class D>
std::unique_ptr<Decoder> made() {
  auto decoder = std::make_unique<D>();
  if (!decoder->ready()) return nullptr;
  return decoder;
}
}  // namespace

std::unique_ptr<Decoder> Decoder::make(Packing packing) {
  return packing == Packing::gzip ? made<Gzip>() : made<Zstd>();
}

}  // namespace journal
