#include "tools/qput/result.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "lib/base/args.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/wire/escape.h"
#include "lib/wire/json.h"

namespace qput {

using base::Result;
using redis::Reply;

namespace {

constexpr int64_t kLookMs = 5000;  // so long at a time: an emptied Redis would wake nobody

// "exit 3" and "signal 9"; -1 for anything else.
int ended_by(std::string_view end) {
  const size_t blank = end.find(' ');
  if (blank == std::string_view::npos) return -1;
  const Result<int64_t> n = base::parse_number(end.substr(blank + 1), 0, 255);
  if (!n) return -1;
  if (end.starts_with("exit ")) return static_cast<int>(*n);
  return end.starts_with("signal ") ? 128 + static_cast<int>(*n) : -1;
}

void write_part(std::string_view part) {
  if (part.empty()) return;
  const int to = part[0] == '2' ? STDERR_FILENO : STDOUT_FILENO;
  // Its status counts, whoever still reads.
  static_cast<void>(static_cast<bool>(base::write_all(to, part.substr(1))));
}

}  // namespace

int status_of(std::string_view end) {
  if (const int status = ended_by(end); status >= 0) return status;
  constexpr std::string_view kDead = "dead ";
  if (end.starts_with(kDead)) {
    const int status = ended_by(end.substr(kDead.size()));
    return status >= 0 ? status : kOutcomeUnknown;
  }
  return end == "dropped" ? kOutcomeRefused : kOutcomeUnknown;
}

Results::Results(net::Loop& loop, const Options& options, redis::Client& client, queue::Work& work,
                 std::function<void(int)> done)
    : loop_(loop),
      options_(options),
      client_(client),
      work_(work),
      done_(std::move(done)),
      deadline_(loop, [this] { over(); }) {
  if (options.timeout_ms) {
    deadline_.after(std::chrono::milliseconds(*options.timeout_ms));
  }
}

void Results::add(const std::vector<std::string>& ids) {
  ids_.insert(ids_.end(), ids.begin(), ids.end());
}

void Results::begin(int status) {
  if (begun_) return;
  begun_ = true;
  status_ = status;
  resume();
}

void Results::resume() {
  if (!begun_) return;
  if (ids_.empty()) return done_(status_);
  look(kLookMs, false);
}

// `last`: the item is gone, so the result is there now or never.
void Results::look(int64_t block_ms, bool last) {
  const std::vector<std::string> words = work_.result_command(ids_.front(), block_ms);
  client_.command({words.begin(), words.end()}, [this, last](Result<Reply> reply) {
    if (!reply) return;  // resume() looks again
    if (reply->is_error()) {
      base::log::error(options_.queue, ": ", reply->text);
      return next(kOutcomeUnknown);
    }
    if (reply->is_nil()) return not_yet(last);
    ended(reply->text);
  });
}

void Results::not_yet(bool last) {
  if (last) {
    base::log::error(options_.queue, ": ", ids_.front(),
                     " is gone without a result: not known whether it was done");
    return next(kOutcomeUnknown);
  }
  work_.peek(ids_.front(), [this](Result<std::optional<queue::Item>> item) {
    if (!item) return;
    if (*item) return look(kLookMs, false);
    look(1, true);
  });
}

void Results::ended(const std::string& end) {
  const std::vector<std::string> words = work_.result_parts_command(ids_.front());
  client_.command({words.begin(), words.end()}, [this, end](Result<Reply> reply) {
    if (!reply) return;
    parts(end, *reply);
  });
}

void Results::parts(const std::string& end, const Reply& reply) {
  const int status = status_of(end);
  if (options_.json) {
    print_json(end, reply);
  } else {
    for (const Reply& part : reply.items) write_part(part.text);
  }
  if (ended_by(end) < 0) base::log::error(options_.queue, ": ", ids_.front(), ": ", end);
  next(status);
}

void Results::print_json(const std::string& end, const Reply& reply) const {
  std::string written[2];
  for (const Reply& part : reply.items) {
    if (part.text.empty()) continue;
    written[part.text[0] == '2' ? 1 : 0] += std::string_view(part.text).substr(1);
  }
  wire::Json line = {{"id", ids_.front()}, {"end", end}, {"status", status_of(end)}};
  const char* const names[2] = {"stdout", "stderr"};
  for (int i = 0; i < 2; i++) {
    const wire::Encoded e = wire::text_or_base64(written[i]);
    line[base::cat(names[i], e.base64 ? "" : "Text")] = e.value;
  }
  static_cast<void>(static_cast<bool>(base::write_all(STDOUT_FILENO, wire::dump(line) + "\n")));
}

// The first status that is not 0 is ours.
void Results::next(int status) {
  if (status_ == 0) status_ = status;
  ids_.pop_front();
  resume();
}

void Results::over() {
  base::log::error(options_.queue, ": no result in time; it may still be done");
  done_(kOutcomeTimeout);
}

}  // namespace qput
