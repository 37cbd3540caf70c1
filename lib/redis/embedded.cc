#include "lib/redis/embedded.h"

#include <unistd.h>

#include <array>
#include <utility>

#include "lib/base/paths.h"

namespace redis {

using base::Errc;
using base::Fd;
using base::Result;

Embedded::Embedded(net::Loop& loop, net::Address socket, bool again, base::Time deadline, Done done)
    : loop_(loop),
      socket_(std::move(socket)),
      again_(again),
      deadline_(deadline),
      done_(std::move(done)),
      timer_(loop, [this] { late(); }) {
  dial();  // most often it is there
}

Embedded::~Embedded() {
  if (child_) child_->end();  // nobody else will collect it
}

void Embedded::dial() {
  dialler_ = std::make_unique<net::Dialler>(loop_, socket_, deadline_,
                                            [this](Result<Fd> fd) { dialled(std::move(fd)); });
}

// A server that went away again, just after the script had seen it, is started once more.
void Embedded::dialled(Result<Fd> fd) {
  const bool nobody = !fd && fd.error().code == Errc::not_found && loop_.now() < deadline_;
  if (!nobody) return finish(std::move(fd));
  if (const Result<void> started = start(); !started) return finish(started.error());
  timer_.at(deadline_);
}

Result<void> Embedded::start() {
  const Result<std::string> runtime = base::paths::make_runtime();
  if (!runtime) return runtime.error();
  Result<base::Pipe> pipe = base::make_pipe();
  if (!pipe) return pipe.error();
  net::Command command;
  command.argv = {base::paths::libexec() + "/redis-embedded", socket_.text,
                  base::paths::state() + "/redis"};
  if (again_) command.argv.emplace_back("again");
  command.environment = net::environment();
  command.out = command.err = pipe->write.get();
  command.group = true;
  command.bare = true;  // who waits for the end of our caller's pipes must not wait for the server
  Result<std::unique_ptr<net::Child>> child =
      net::Child::start(loop_, command, [this](int status) { exited(status); });
  if (!child) return child.error();
  child_ = std::move(*child);
  words_ = std::move(pipe->read);
  base::set_nonblocking(words_.get(), true);
  return {};
}

void Embedded::exited(int status) {
  timer_.cancel();
  if (status == 0) return dial();
  const std::string why = said();
  finish(base::error(Errc::io,
                     why.empty() ? base::cat("redis-embedded: ", net::status_text(status)) : why));
}

void Embedded::late() {
  const std::string why = said();
  finish(
      base::error(Errc::timeout, "redis-server takes long to start", why.empty() ? "" : ": ", why));
}

// Little enough for a pipe to hold it until somebody asks.
std::string Embedded::said() const {
  std::array<char, 4096> buf{};
  const ssize_t n = ::read(words_.get(), buf.data(), buf.size());
  return n <= 0 ? "" : net::last_line({buf.data(), static_cast<size_t>(n)}, "redis-embedded");
}

void Embedded::finish(Result<Fd> result) {
  timer_.cancel();
  if (child_) child_->end();
  const Done done = std::exchange(done_, nullptr);
  done(std::move(result));
}

}  // namespace redis
