#include "tools/consoled/publishers.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "lib/base/cat.h"
#include "lib/base/log.h"
#include "lib/base/paths.h"
#include "lib/redis/connect.h"
#include "lib/redis/url.h"
#include "tools/consoled/receiver_file.h"
#include "tools/consoled/receiver_redis.h"
#include "tools/consoled/receiver_tcp.h"
#include "tools/consoled/receiver_udp.h"
#include "tools/consoled/receiver_unix.h"

namespace consoled {

using base::cat;
using base::Result;
using Make = Publisher::MakeReceiver;

namespace {

// "host:7000", "[::1]:7000": as config_loggers wrote it.
void split(const std::string& address, std::string& host, uint16_t& port) {
  const size_t colon = address.rfind(':');
  host = address.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  port = static_cast<uint16_t>(std::strtoul(address.c_str() + colon + 1, nullptr, 10));
}

Result<LinkTarget> link_target(const Logger& logger) {
  LinkTarget target;
  target.timeout = logger.timeout;
  if (logger.kind == Logger::Kind::unix) {
    target.path = logger.address;
    return target;
  }
  split(logger.address, target.host, target.port);
  if (!logger.tls) return target;
  Result<tls::Context> context =
      tls::Context::client({logger.tls.ca, logger.tls.cert, logger.tls.key});
  if (!context) return context.error();
  target.tls = std::make_shared<const tls::Context>(std::move(*context));
  return target;
}

Result<RedisTarget> redis_target(const Logger& logger) {
  Result<std::optional<redis::Target>> found = std::optional<redis::Target>();
  if (logger.url.empty()) {
    found = redis::find_target("");
  } else {
    Result<redis::Target> parsed = redis::parse_url(logger.url, redis::Source::file);
    if (!parsed) return parsed.error();
    found = std::optional<redis::Target>(std::move(*parsed));
  }
  if (!found) return found.error();
  if (!*found) {
    // The one that all tools share; started where it does not run.
    const Result<std::string> folder = base::paths::make_runtime();
    if (!folder) return folder.error();
    return RedisTarget{
        redis::embedded_connector(*folder + "/redis.sock"), {}, logger.list, logger.length};
  }
  return RedisTarget{redis::connector(**found), redis::login_of(**found), logger.list,
                     logger.length};
}

Result<Make> receiver(net::Loop& loop, net::DiskJobs& jobs, const Logger& logger) {
  const std::string& name = logger.name;
  switch (logger.kind) {
    case Logger::Kind::file:
      return Make([&loop, &jobs, name, folder = logger.dir](std::function<void()> ready) {
        return std::make_unique<FileReceiver>(loop, jobs, name, folder, std::move(ready));
      });
    case Logger::Kind::udp: {
      UdpTarget target;
      split(logger.address, target.host, target.port);
      target.timeout = logger.timeout;
      target.single = logger.single;
      return Make([&loop, name, target](std::function<void()> ready) {
        return std::make_unique<UdpReceiver>(loop, name, target, std::move(ready));
      });
    }
    case Logger::Kind::redis: {
      Result<RedisTarget> target = redis_target(logger);
      if (!target) return target.error();
      return Make([&loop, name, target = *target](std::function<void()> ready) {
        return std::make_unique<RedisReceiver>(loop, name, target, std::move(ready));
      });
    }
    default:
      break;
  }
  Result<LinkTarget> target = link_target(logger);
  if (!target) return target.error();
  const bool answered = logger.kind == Logger::Kind::unix;
  return Make([&loop, name, answered,
               target = *target](std::function<void()> ready) -> std::unique_ptr<Receiver> {
    if (answered) return std::make_unique<UnixReceiver>(loop, name, target, std::move(ready));
    return std::make_unique<TcpReceiver>(loop, name, target, std::move(ready));
  });
}

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return base::sys_error(errno, path);
}
}  // namespace

std::vector<std::string> Publishers::apply(const Config& config) {
  std::vector<std::string> left_out;
  std::vector<Made> made;
  std::vector<std::unique_ptr<Publisher>> all;
  for (const Logger& logger : config.loggers) {
    const Made m{logger, config.log_timestamp, config.time_digits};
    const auto old = std::find(made_.begin(), made_.end(), m);
    if (old != made_.end()) {
      all.push_back(std::move(all_[static_cast<size_t>(old - made_.begin())]));
    } else if (auto fresh = publisher(config, logger)) {
      all.push_back(std::move(*fresh));
    } else {
      left_out.push_back(cat("logger ", logger.name, ": left out: ", fresh.error().what));
      base::log::error(left_out.back());
      continue;
    }
    made.push_back(m);
  }
  made_ = std::move(made);
  // Behind what receivers that go have put off themselves.
  loop_.defer([gone = std::make_shared<decltype(all_)>(std::exchange(all_, std::move(all)))] {});
  return left_out;
}

Result<std::unique_ptr<Publisher>> Publishers::publisher(const Config& config,
                                                         const Logger& logger) {
  PublisherSettings s;
  constexpr std::string_view kinds[] = {"file", "tcp", "udp", "unix", "redis"};
  s.name = logger.name;
  s.kind = kinds[static_cast<size_t>(logger.kind)];
  s.journals = config.journal.dir;
  s.form.date = config.log_timestamp;
  s.form.digits = config.time_digits;
  if (logger.kind == Logger::Kind::unix) s.form.source = cat("log.", logger.name);
  s.as_file = logger.kind == Logger::Kind::file;
  s.stamps = config.log_timestamp;
  s.asks = logger.kind == Logger::Kind::redis;
  s.remains = logger.kind == Logger::Kind::tcp || logger.kind == Logger::Kind::udp;
  if (logger.kind != Logger::Kind::udp) {
    const std::string all = config.datadir + "/publish";
    s.places = cat(all, '/', s.kind, '.', logger.name);
    if (Result<void> r = make_folder(all); !r) return r.error();
    if (Result<void> r = make_folder(s.places); !r) return r.error();
  }
  const Result<Make> make = receiver(loop_, jobs_, logger);
  if (!make) return make.error();
  return std::make_unique<Publisher>(loop_, jobs_, std::move(s), *make);
}

void Publishers::defined(const std::string& node) {
  for (const auto& p : all_) p->defined(node);
}

void Publishers::begins(const std::string& node, const journal::Start& start) {
  for (const auto& p : all_) p->begins(node, Mark{start.epoch, start.offset, 0});
}

void Publishers::touched(const std::string& node) {
  for (const auto& p : all_) p->touched(node);
}

void Publishers::forget(const std::string& node) {
  for (const auto& p : all_) p->forget(node);
}

}  // namespace consoled
