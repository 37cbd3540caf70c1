#include "lib/redis/resp.h"

#include <hiredis/read.h>

#include <array>
#include <charconv>

#include "lib/base/check.h"

namespace redis {

using base::Errc;
using base::Result;

namespace {

// What an answer's first line and ends of line may add to its bytes.
constexpr size_t kFraming = 64;

void append_number(std::string& out, char kind, size_t n) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
  out += kind;
  out.append(digits.data(), end);
  out += "\r\n";
}

// hiredis builds answers through these, so that they become Replies at once. An item is put into
// its parent's list; its address stays good while it is being filled, since the parent gets no
// other item before. The count that came with a list is not believed: items are made as they come.
Reply* place(const redisReadTask* task, Reply::Kind kind, size_t bytes) {
  Reply* reply = task->parent == nullptr
                     ? new Reply
                     : &static_cast<Reply*>(task->parent->obj)->items.emplace_back();
  reply->kind = kind;
  *static_cast<size_t*>(task->privdata) += sizeof(Reply) + bytes;
  return reply;
}

void* make_text(const redisReadTask* task, char* bytes, size_t size) noexcept {
  const Reply::Kind kind = task->type == REDIS_REPLY_ERROR    ? Reply::Kind::error
                           : task->type == REDIS_REPLY_STATUS ? Reply::Kind::status
                                                              : Reply::Kind::text;
  Reply* reply = place(task, kind, size);
  reply->text.assign(bytes, size);
  return reply;
}

void* make_list(const redisReadTask* task, int /*count*/) noexcept {
  return place(task, Reply::Kind::list, 0);
}

void* make_integer(const redisReadTask* task, long long value) noexcept {
  Reply* reply = place(task, Reply::Kind::integer, 0);
  reply->integer = value;
  return reply;
}

void* make_nil(const redisReadTask* task) noexcept {
  return place(task, Reply::Kind::nil, 0);
}

// Only ever called for the outermost one.
void free_reply(void* reply) noexcept {
  delete static_cast<Reply*>(reply);
}

// hiredis wants to be able to change it, and never does.
redisReplyObjectFunctions* makers() {
  static redisReplyObjectFunctions functions{make_text, make_list, make_integer, make_nil,
                                             free_reply};
  return &functions;
}

}  // namespace

void append_command(std::string& out, const std::vector<std::string_view>& argv) {
  append_number(out, '*', argv.size());
  for (const std::string_view word : argv) {
    append_number(out, '$', word.size());
    out += word;
    out += "\r\n";
  }
}

void Reader::FreeReader::operator()(redisReader* r) const {
  redisReaderFree(r);
}

Reader::Reader() : reader_(redisReaderCreateWithFunctions(makers())) {
  CHECK(reader_ != nullptr);
  reader_->privdata = &cost_;
}

void Reader::feed(std::string_view bytes) {
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

Result<std::optional<Reply>> Reader::next() {
  void* made = nullptr;
  if (redisReaderGetReply(reader_.get(), &made) != REDIS_OK) {
    return base::error(Errc::bad_input, "the answer is not of Redis: ", reader_->errstr);
  }
  const std::unique_ptr<Reply> reply(static_cast<Reply*>(made));
  const size_t waiting = reply ? 0 : reader_->len - reader_->pos;
  if (cost_ + waiting > kMaxAnswer + kFraming + sizeof(Reply)) {
    return base::error(Errc::too_big, "an answer of more than ", kMaxAnswer >> 20U, " MiB");
  }
  if (!reply) return std::optional<Reply>{};
  cost_ = 0;
  return std::optional<Reply>(std::move(*reply));
}

}  // namespace redis
