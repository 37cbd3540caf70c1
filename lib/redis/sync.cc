#include "lib/redis/sync.h"

#include "lib/redis/connect.h"

namespace redis {

using base::Errc;
using base::Result;

Result<Reply> ask(const Target& target, const std::vector<std::string_view>& argv,
                  base::Time deadline) {
  Result<Reply> answer = base::error(Errc::timeout, target.text, ": no answer in time");
  net::Loop loop;
  const auto finish = [&](Result<Reply> r) {
    answer = std::move(r);
    loop.stop();
  };
  bool asked = false;
  Client* self = nullptr;
  const auto ready = [&] {
    asked = true;
    self->command(argv, finish);
  };
  const auto lost = [&](const base::Error& why) {
    if (asked) return;  // the command itself was told so
    if (why.code == Errc::busy) {
      answer = why;
    } else {
      finish(why);
    }
  };
  Client client(loop, connector(target), login_of(target), {ready, lost, nullptr});
  self = &client;
  net::Timer timer(loop, [&] { loop.stop(); });
  timer.at(deadline);
  loop.run();
  return answer;
}

}  // namespace redis
