#include "tools/qwait/admin.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <nlohmann/json.hpp>

#include "lib/base/args.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/queue/signal.h"
#include "lib/queue/work.h"
#include "lib/redis/script.h"
#include "lib/wire/json.h"
#include "tools/qwait/format.h"

namespace qwait {

using base::Errc;
using base::Result;
using queue::Fate;
using wire::Json;

namespace {

constexpr int kPage = 100;
constexpr size_t kPreview = 80;  // bytes of a payload in a list

class Admin {
 public:
  Admin(net::Loop& loop, const Options& options, queue::Place place)
      : loop_(loop),
        options_(options),
        place_(std::move(place)),
        client_(loop, place_.connect, place_.login,
                {.ready = [this] { begin(); },
                 .lost = [this](const base::Error& e) { lost(e); },
                 .low_water = nullptr}),
        scripts_(client_),
        name_(options.queue.empty() ? "-" : options.queue),
        work_(scripts_, name_),
        signal_(scripts_, name_) {}

  int run() {
    loop_.run();
    return status_;
  }

 private:
  void begin();
  void lost(const base::Error& error);
  void settle();
  void settled(Result<Fate> fate);
  void peek();
  void peek_signals(const queue::SignalStats& stats);
  void next_signals(const queue::Position& from);
  void stats();
  void show_work(const queue::WorkStats& stats);
  void show_signal(const queue::SignalStats& stats);
  void list_names(const std::string& cursor);
  void found_names(const redis::Reply& reply);
  void list_items();
  void list_state(queue::State state, const std::string& cursor);
  void show_item(queue::State state, const queue::Item& item);
  void dead();
  void next_dead();
  void dead_done(const queue::DeadAnswer& answer);
  void forget();

  // Unwraps an answer, or ends with what is wrong.
  template <class T, class Then>
  queue::Done<T> with(Then then) {
    return [this, then](Result<T> result) {
      if (!result) return fail(queue::explain(place_, name_, result.error()));
      then(*result);
    };
  }
  void print(std::string_view text);
  void no(std::string_view why);
  void fail(const base::Error& error);
  void end(int status);

  net::Loop& loop_;
  const Options& options_;
  const queue::Place place_;
  redis::Client client_;
  redis::Scripts scripts_;
  std::string name_;
  queue::Work work_;
  queue::Signal signal_;
  std::vector<std::string> names_;
  size_t at_ = 0;  // the next of the ids
  uint64_t moved_ = 0, kept_ = 0, shown_ = 0;
  int64_t left_ = -1;  // dead letters to go over
  int status_ = 0;
  bool ended_ = false;
};

void Admin::begin() {
  switch (options_.action) {
    case Action::peek:
      return peek();
    case Action::stats:
      return stats();
    case Action::list:
      return options_.work ? list_items() : list_names("0");
    case Action::dead:
      return options_.subject == "list" ? list_items() : dead();
    case Action::remove:
      return work_.remove(options_.subject, with<bool>([this](bool there) {
                            there ? end(0) : no(options_.subject + ": no such item");
                          }));
    case Action::forget:
      return forget();
    default:
      return settle();
  }
}

// Without a server there is nothing to show.
void Admin::lost(const base::Error& error) {
  fail(queue::explain(place_, error));
  if (place_.idle && error.code == Errc::not_found) status_ = base::kExitNo;
}

// --- Of a held item

void Admin::settle() {
  const Result<queue::Lease> lease = queue::parse_lease(options_.subject);
  if (!lease) {
    base::Error e = lease.error();
    e.code = Errc::usage;
    return fail(e);
  }
  const auto done = with<Fate>([this](Fate fate) { settled(fate); });
  if (options_.action == Action::ack) return work_.ack(*lease, done);
  if (options_.action == Action::bury) return work_.bury(*lease, "buried by hand", done);
  work_.release(*lease, {.delay_ms = 0, .counted = true, .reason = "released by hand"}, done);
}

void Admin::settled(Result<Fate> fate) {
  if (*fate == Fate::lost) return no(options_.subject + ": its lease is over");
  end(0);
}

// --- Looking

void Admin::peek() {
  if (!options_.work) {
    return signal_.stats(
        with<queue::SignalStats>([this](const queue::SignalStats& s) { peek_signals(s); }));
  }
  const std::string id = options_.operands.empty() ? "" : options_.operands[0];
  work_.peek(id, with<std::optional<queue::Item>>([this](const std::optional<queue::Item>& item) {
               if (!item) return no("nothing there");
               print(format(options_, *item, nullptr));
               end(0);
             }));
}

void Admin::peek_signals(const queue::SignalStats& stats) {
  if (stats.kept == 0) return no("nothing there");
  next_signals({stats.epoch, stats.first - 1, ""});
}

void Admin::next_signals(const queue::Position& from) {
  signal_.read(from, kPage, with<queue::ReadAnswer>([this](const queue::ReadAnswer& answer) {
                 for (const queue::Message& m : answer.messages) print(format(options_, m, 1));
                 if (answer.more && !answer.messages.empty()) return next_signals(answer.next);
                 end(0);
               }));
}

void Admin::stats() {
  if (options_.work) {
    return work_.stats(with<queue::WorkStats>([this](const queue::WorkStats& s) { show_work(s); }));
  }
  signal_.stats(with<queue::SignalStats>([this](const queue::SignalStats& s) { show_signal(s); }));
}

void Admin::show_work(const queue::WorkStats& s) {
  if (s.mode == queue::Mode::none) return no("no such queue");
  const int64_t age = s.oldest_ms ? std::max<int64_t>(0, s.now_ms - *s.oldest_ms) / 1000 : 0;
  if (options_.json) {
    Json ready = Json::array();
    for (const int64_t n : s.ready) ready.push_back(n);
    print(wire::dump({{"queue", name_},
                      {"mode", "work"},
                      {"epoch", s.epoch},
                      {"put", s.put},
                      {"ready", s.all_ready()},
                      {"readyByPriority", ready},
                      {"delayed", s.delayed},
                      {"leased", s.leased},
                      {"dead", s.dead},
                      {"oldest", age}}) +
          "\n");
  } else {
    print(base::cat("ready ", s.all_ready(), "\ndelayed ", s.delayed, "\nleased ", s.leased,
                    "\ndead ", s.dead, "\nput ", s.put, "\noldest ", age, " s\n"));
  }
  end(0);
}

void Admin::show_signal(const queue::SignalStats& s) {
  if (s.mode == queue::Mode::none) return no("no such queue");
  if (options_.json) {
    print(wire::dump({{"queue", name_},
                      {"mode", "signal"},
                      {"epoch", s.epoch},
                      {"last", s.last},
                      {"first", s.first},
                      {"kept", s.kept},
                      {"waiters", s.waiters}}) +
          "\n");
  } else {
    print(base::cat("kept ", s.kept, "\nlast ", s.last, "\nwaiters ", s.waiters, "\n"));
  }
  end(0);
}

// --- Lists

void Admin::list_names(const std::string& cursor) {
  client_.command({"SCAN", cursor, "MATCH", queue::kModePattern, "COUNT", "1000"},
                  [this](Result<redis::Reply> reply) {
                    if (!reply) return fail(queue::explain(place_, reply.error()));
                    if (reply->is_error()) {
                      return fail(queue::explain(place_, queue::error_of(*reply)));
                    }
                    found_names(*reply);
                  });
}

void Admin::found_names(const redis::Reply& reply) {
  if (reply.items.size() != 2) return fail(base::error(Errc::bad_input, "SCAN: not an answer"));
  for (const redis::Reply& key : reply.items[1].items) {
    const std::string_view name = queue::queue_of_key(key.text);
    if (!name.empty()) names_.emplace_back(name);
  }
  if (reply.items[0].text != "0") return list_names(reply.items[0].text);
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
  for (const std::string& name : names_) {
    print(options_.json ? wire::dump({{"queue", name}}) + "\n" : name + options_.end);
  }
  end(names_.empty() ? base::kExitNo : 0);
}

void Admin::list_items() {
  list_state(options_.action == Action::dead ? queue::State::dead : queue::State::leased, "0");
}

// The states one after the other: leased, ready, delayed; or the dead alone.
void Admin::list_state(queue::State state, const std::string& cursor) {
  work_.list(state, cursor, kPage, kPreview, with<queue::Page>([this, state](const auto& page) {
               for (const queue::Item& item : page.items) show_item(state, item);
               if (page.cursor != "0") return list_state(state, page.cursor);
               if (state == queue::State::leased) return list_state(queue::State::ready, "0");
               if (state == queue::State::ready) return list_state(queue::State::delayed, "0");
               end(shown_ == 0 ? base::kExitNo : 0);
             }));
}

void Admin::show_item(queue::State state, const queue::Item& item) {
  static constexpr std::string_view kNames[] = {"ready", "delayed", "leased", "dead"};
  const std::string_view name = kNames[static_cast<size_t>(state)];
  const auto& ids = options_.operands;
  if (!ids.empty() && std::find(ids.begin(), ids.end(), item.id) == ids.end()) return;
  shown_++;
  if (options_.json) {
    Json line = Json::parse(format(options_, item, nullptr));
    line["state"] = name;
    line["size"] = item.size;
    return print(wire::dump(line) + "\n");
  }
  print(base::cat(item.id, "\t", name, "\t", item.priority, "\t", item.tries, "\t",
                  base::log::printable(item.reason), "\t",
                  base::log::printable(item.payload.substr(0, kPreview)), options_.end));
}

// --- Dead letters

void Admin::dead() {
  if (!options_.operands.empty()) return next_dead();
  // Those that are there now: what dies meanwhile is not gone over, nor is anything twice.
  work_.stats(with<queue::WorkStats>([this](const queue::WorkStats& s) {
    left_ = s.dead;
    next_dead();
  }));
}

void Admin::next_dead() {
  const bool by_id = !options_.operands.empty();
  const bool over = by_id ? at_ == options_.operands.size() : left_ <= 0;
  if (over) {
    if (moved_ == 0) return no("no such dead letter");
    if (kept_ > 0) base::log::warn(name_, ": ", kept_, " stay: others have their keys now");
    if (options_.json) print(wire::dump({{"moved", moved_}, {"kept", kept_}}) + "\n");
    return end(0);
  }
  const std::string id = by_id ? options_.operands[at_++] : "";
  const auto done = with<queue::DeadAnswer>([this](const auto& answer) { dead_done(answer); });
  if (options_.subject == "drop") return work_.drop(id, done);
  work_.requeue(id, done);
}

void Admin::dead_done(const queue::DeadAnswer& answer) {
  moved_ += answer.moved;
  kept_ += answer.kept;
  left_ -= static_cast<int64_t>(answer.moved + answer.kept);
  if (answer.moved + answer.kept == 0) left_ = 0;
  next_dead();
}

void Admin::forget() {
  signal_.forget(options_.name, with<bool>([this](bool there) {
                   there ? end(0) : no(options_.name + ": no such waiter");
                 }));
}

// --- Ends

void Admin::print(std::string_view text) {
  if (ended_) return;
  const Result<void> written = base::write_all(STDOUT_FILENO, text);
  if (!written && written.error().sys != EPIPE) fail(written.error());
  if (!written) end(0);
}

void Admin::no(std::string_view why) {
  base::log::error(name_, ": ", why);
  end(base::kExitNo);
}

void Admin::fail(const base::Error& error) {
  if (ended_) return;
  base::log::error(error.what);
  end(error.code == Errc::usage ? base::kExitUsage : base::kExitSystem);
}

void Admin::end(int status) {
  if (ended_) return;
  ended_ = true;
  status_ = status;
  loop_.stop();
}

}  // namespace

int administer(net::Loop& loop, const Options& options, queue::Place place) {
  return Admin(loop, options, std::move(place)).run();
}

}  // namespace qwait
