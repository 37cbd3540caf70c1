// What the tests of the publishers share: a console whose journal they read, and receivers that are
// there, go away and come back.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/journal/start.h"
#include "lib/net/address.h"
#include "lib/net/listener.h"
#include "lib/net/stream.h"
#include "tests/unit/help.h"
#include "tests/unit/journal_help.h"
#include "tests/unit/port.h"
#include "tools/consoled/publisher.h"

namespace publish_help {

using namespace journal_help;
using help::free_port;

// A console with its journal, told to a publisher as consoled tells it.
class Said {
 public:
  Said(const std::string& folder, std::string name)
      : name_(std::move(name)),
        path_(folder + "/" + name_ + ".log"),
        start_(journal::find_start(path_)),
        ring_(65536, start_.offset) {
    journal::Options wanted = options(path_);
    wanted.epoch = start_.epoch;
    wanted.rotate_bytes = 100000;
    wanted.keep = 999;
    append_ = std::make_unique<journal::Append>(*run_, ring_, wanted);
  }
  ~Said() {
    append_.reset();
    CHECK(run_->stop(soon()));
  }
  const std::string& name() const { return name_; }
  consoled::Mark start() const { return {start_.epoch, start_.offset, 0}; }
  void says(std::string_view text) { feed_all(ring_, *append_, text); }
  void event(journal::Kind kind, std::string text = "") {
    append_->note({kind, std::move(text), {}});
    CHECK(eventually([&] {
      append_->flush();
      const base::Result<std::string> index =
          base::read_file(path_.substr(0, path_.size() - 4) + ".idx", 1 << 24);
      return index && index->size() > seen_ && (seen_ = index->size()) > 0;
    }));
  }

 private:
  Running run_;
  std::string name_, path_;
  journal::Start start_;
  base::Ring ring_;
  std::unique_ptr<journal::Append> append_;
  size_t seen_ = 0;
};

// A receiver that takes whatever it is given.
class Taking final : public consoled::Receiver {
 public:
  Taking(net::Loop& loop, std::vector<std::string>& out) : loop_(loop), out_(out) {}
  bool ready() const override { return true; }
  void send(const consoled::Batch& batch, Done done) override {
    for (const consoled::PublishedRecord& r : batch.records) out_.push_back(r.text);
    if (!batch.file_text.empty()) out_.push_back(batch.file_text);
    loop_.defer([done] { done({.all = true, .instead = {}}); });
  }
  void tell(std::string_view) override {}
  std::string trouble() const override { return ""; }

 private:
  net::Loop& loop_;
  std::vector<std::string>& out_;
};

// Somebody who listens: takes what comes, line by line, and can go away.
class Listening {
 public:
  using Answer = std::function<std::string(const std::string& line)>;

  Listening(net::Loop& loop, std::string address, Answer answer = {})
      : loop_(loop), address_(std::move(address)), answer_(std::move(answer)) {}

  void open() {
    const auto where =
        address_.starts_with('/') ? net::unix_address(address_) : net::tcp_address(address_);
    REQUIRE(where);
    base::Result<base::Fd> fd = net::bind_listen(*where, {.umask = 077, .replace_dead = true});
    REQUIRE(fd);
    listener_ = std::make_unique<net::Listener>(loop_, std::move(*fd), "",
                                                [this](base::Fd peer) { accept(std::move(peer)); });
  }
  void close() {
    listener_.reset();
    peers_.clear();
  }
  std::vector<std::string> lines;

 private:
  struct Peer {
    std::unique_ptr<net::Stream> stream;
    std::string rest;
  };
  void accept(base::Fd fd) {
    Peer& p = *peers_.emplace_back(std::make_unique<Peer>());
    net::Stream::Events events;
    events.data = [this, &p](std::string_view bytes) { data(p, bytes); };
    events.end = [](const std::optional<base::Error>&) {};
    p.stream = std::make_unique<net::Stream>(loop_, std::move(fd), std::move(events));
  }
  void data(Peer& p, std::string_view bytes) {
    p.rest += bytes;
    for (size_t end = p.rest.find('\n'); end != std::string::npos; end = p.rest.find('\n')) {
      const std::string line = p.rest.substr(0, end);
      p.rest.erase(0, end + 1);
      lines.push_back(line);
      if (answer_) p.stream->send(answer_(line));
    }
  }

  net::Loop& loop_;
  std::string address_;
  Answer answer_;
  std::unique_ptr<net::Listener> listener_;
  std::vector<std::unique_ptr<Peer>> peers_;
};

// "hello" of {"type":"console","message":"hello",...}: for messages without escapes.
inline std::string message_of(const std::string& line) {
  constexpr std::string_view key = "\"message\":\"";
  const size_t at = line.find(key);
  if (at == std::string::npos) return "";
  return line.substr(at + key.size(), line.find('"', at + key.size()) - at - key.size());
}

inline std::vector<std::string> messages(const std::vector<std::string>& lines) {
  std::vector<std::string> out;
  for (const std::string& line : lines) {
    std::string m = message_of(line);
    if (!m.empty()) out.push_back(std::move(m));
  }
  return out;
}

inline std::string numbered(int from, int to) {
  std::string out;
  for (int i = from; i < to; i++) out += base::cat("line ", i, "\n");
  return out;
}

inline std::vector<std::string> numbered_messages(int from, int to) {
  std::vector<std::string> out;
  for (int i = from; i < to; i++) out.push_back(base::cat("line ", i));
  return out;
}

}  // namespace publish_help
