#include "tools/qput/put.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "lib/base/args.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"

namespace qput {

using base::Errc;
using base::Result;

namespace {

constexpr int kWindow = 4;                  // batches without an answer
constexpr size_t kBatchBytes = 256 * 1024;  // of payload, but one message may be longer
constexpr size_t kReadAtOnce = 256 * 1024;
constexpr int kMaxRetries = 50;  // of a Redis that says "later": ten seconds
constexpr auto kRetry = std::chrono::milliseconds(200);
constexpr int kRefused = 110;  // with --result: it surely did not run

bool same(const queue::PutOptions& a, const queue::PutOptions& b) {
  return a.unique.empty() && b.unique.empty() && a.priority == b.priority &&
         a.delay_ms == b.delay_ms;
}

}  // namespace

Put::Put(net::Loop& loop, const Options& options, queue::Place place)
    : loop_(loop),
      options_(options),
      place_(std::move(place)),
      source_(options),
      progress_(loop),
      client_(loop, place_.connect, place_.login,
              {.ready = [this] { ready(); },
               .lost = [this](const base::Error& e) { lost(e); },
               .low_water = [this] { pour(); }}),
      scripts_(client_),
      work_(scripts_, options.queue),
      signal_(scripts_, options.queue),
      results_(loop, options, client_, work_, [this](int status) { stop(status); }),
      again_(loop, [this] { pour(); }) {}

int Put::run() {
  loop_.run();
  progress_.clear();
  return status_;
}

void Put::ready() {
  if (begun_) return results_.resume();
  begun_ = true;
  if (options_.messages.empty()) {
    struct stat st {};
    stdin_is_file_ = ::fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode);
  }
  pour();
}

// Who waits for a result waits on: the item is in the queue, or not, whatever happens to us.
void Put::lost(const base::Error& error) {
  if (results_.waiting() && error.code != Errc::denied) {
    base::log::debug(error.what);
    return;
  }
  if (in_flight_ > 0) return;  // each of them is told
  fail(queue::explain(place_, error));
}

bool Put::room() const {
  return !stopped_ && in_flight_ < kWindow && !client_.full();
}

void Put::pour() {
  while (room() && !waiting_.empty() && !again_.pending()) {
    const BatchPtr batch = waiting_.front();
    waiting_.pop_front();
    send(batch);
  }
  while (room() && waiting_.empty()) {
    const auto batch = std::make_shared<Batch>();
    if (!fill(*batch)) break;
    send(batch);
  }
  watch_stdin();
  settle();
}

// False: there is nothing to send now.
bool Put::fill(Batch& batch) {
  while (next_message()) {
    if (batch.payloads.empty()) batch.put = message_->put;
    const bool fits =
        batch.payloads.empty() ||
        (same(batch.put, message_->put) && batch.bytes + message_->payload.size() <= kBatchBytes);
    if (!fits || batch.payloads.size() == queue::kMaxBatch) break;
    batch.bytes += message_->payload.size();
    batch.payloads.push_back(std::move(message_->payload));
    message_.reset();
  }
  return !batch.payloads.empty();
}

// Into message_. False: nothing is there now.
bool Put::next_message() {
  if (message_) return true;
  while (argument_ < options_.messages.size()) {
    Result<Message> m = message_of(options_, options_.messages[argument_++]);
    if (m) {
      message_ = std::move(*m);
      return true;
    }
    base::log::error("message ", argument_, ": ", m.error().what, ": not put");
    status_ = base::kExitNo;
  }
  if (!options_.messages.empty()) {
    input_over_ = true;
    return false;
  }
  while (auto next = source_.next()) {
    if (*next) {
      message_ = std::move(**next);
      return true;
    }
    progress_.clear();
    base::log::error(next->error().what);
    status_ = base::kExitNo;
  }
  return false;
}

// A file is read as the queue takes it; everything else when there is something.
void Put::watch_stdin() {
  if (!options_.messages.empty() || input_over_ || stopped_) {
    if (stdin_) stdin_->want(net::Watch::kNothing);
    return;
  }
  const bool want = room();
  if (!stdin_is_file_) {
    if (!stdin_) {
      stdin_ = std::make_unique<net::Watch>(
          loop_, STDIN_FILENO, [this](unsigned) { read_stdin(); }, net::Priority::bulk);
    }
    stdin_->want(want ? net::Watch::kRead : net::Watch::kNothing);
  } else if (want && !reading_) {
    reading_ = true;
    loop_.defer([this] {
      reading_ = false;
      read_stdin();
    });
  }
}

void Put::read_stdin() {
  if (input_over_ || stopped_) return;
  std::string buf(kReadAtOnce, '\0');
  const ssize_t n = ::read(STDIN_FILENO, buf.data(), buf.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return watch_stdin();
  if (n < 0) return fail(base::sys_error(errno, "stdin"));
  if (n == 0) {
    source_.finish();
    input_over_ = true;
  }
  source_.feed({buf.data(), static_cast<size_t>(n)});
  pour();
}

void Put::send(const BatchPtr& batch) {
  in_flight_++;
  if (options_.work) {
    put_work(batch);
  } else {
    put_signal(batch);
  }
}

void Put::put_work(const BatchPtr& batch) {
  work_.put(batch->put, {batch->payloads.begin(), batch->payloads.end()},
            [this, batch](Result<queue::PutAnswer> answer) {
              in_flight_--;
              if (!answer) return refused(batch, answer.error());
              answered(batch, *answer);
            });
}

void Put::put_signal(const BatchPtr& batch) {
  signal_.put(options_.signal, {batch->payloads.begin(), batch->payloads.end()},
              [this, batch](Result<queue::Position> last) {
                in_flight_--;
                if (!last) return refused(batch, last.error());
                queue::PutAnswer answer;
                // The numbers of one batch follow each other, the tag is one.
                queue::Position at = *last;
                at.number -= batch->payloads.size() - 1;
                for (; at.number <= last->number; at.number++) {
                  answer.ids.push_back(queue::text(at));
                }
                answered(batch, answer);
              });
}

void Put::answered(const BatchPtr& batch, const queue::PutAnswer& answer) {
  using What = queue::PutAnswer::What;
  const bool exists = answer.what == What::exists;
  for (const std::string& id : answer.ids) print(id, exists ? ",\"exists\":true" : "");
  if (exists) {
    base::log::debug(options_.queue, ": ", answer.ids.front(), " is there already");
    if (options_.result) {
      base::log::error(options_.queue, ": an item with that key is there already: not put");
      return stop(kRefused);
    }
  } else if (options_.result) {
    results_.add(answer.ids);
  }
  if (!exists) progress_.put(answer.ids.size(), batch->bytes + answer.ids.size());
  if (answer.what == What::full) {
    progress_.clear();
    base::log::error(options_.queue, ": full, as --max ", options_.put.max,
                     " says: ", batch->payloads.size() - answer.ids.size(),
                     input_over_ ? "" : " or more", " not put");
    return stop(options_.result ? kRefused : base::kExitNo);
  }
  pour();
}

void Put::refused(const BatchPtr& batch, const base::Error& error) {
  if (stopped_) return;
  if (error.code == Errc::busy && batch->retries++ < kMaxRetries) {
    waiting_.push_back(batch);
    again_.after(kRetry);
    return;
  }
  base::Error e = queue::explain(place_, options_.queue, error);
  if (error.code == Errc::closed) e.what += ": not known whether it was put";
  fail(e);
}

void Put::print(const std::string& id, std::string_view more) {
  if (!options_.json) return;
  const Result<void> written =
      base::write_all(STDOUT_FILENO, base::cat("{\"id\":\"", id, "\"", more, "}\n"));
  // It was put all the same.
  if (!written) base::log::debug("stdout: ", written.error().what);
}

void Put::settle() {
  if (stopped_ || !begun_ || in_flight_ > 0 || !waiting_.empty() || message_) return;
  if (!input_over_) return;
  if (options_.result) return results_.begin(status_);
  stop(status_);
}

void Put::fail(const base::Error& error) {
  if (stopped_) return;
  progress_.clear();
  base::log::error(error.what);
  stop(error.code == Errc::usage ? base::kExitUsage : base::kExitSystem);
}

void Put::stop(int status) {
  if (stopped_) return;
  stopped_ = true;
  status_ = status;
  loop_.stop();
}

}  // namespace qput
