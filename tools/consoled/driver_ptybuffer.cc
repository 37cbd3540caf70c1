#include "tools/consoled/driver_ptybuffer.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include <nlohmann/json.hpp>

#include "lib/net/dialler.h"
#include "lib/net/note_frames.h"
#include "lib/peer/control_name.h"
#include "lib/wire/json.h"
#include "tools/consoled/driver_unix.h"
#include "tools/consoled/line_driver.h"
#include "tools/consoled/params.h"

namespace consoled {

using base::Errc;
using base::error;
using base::Fd;
using base::Result;
using wire::Json;

namespace {

constexpr size_t kMaxAnswer = 4096;

// A command whose answer nobody needs. A unix socket takes it at once, or its owner is in no state
// to obey.
void tell(const std::string& control, const Json& command) {
  const Result<net::Address> address = net::unix_address(control);
  if (!address) return;
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || ::connect(fd.get(), address->get(), address->size) < 0) return;
  const std::string line = wire::dump(command) + "\n";
  static_cast<void>(::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0);
}

uint64_t number(const Json& answer, const char* key) {
  const auto at = answer.find(key);
  return at != answer.end() && at->is_number_unsigned() ? at->get<uint64_t>() : 0;
}

Result<Json> read_answer(std::string_view line) {
  Result<Json> answer = wire::parse(line);
  if (!answer) return answer;
  if (!answer->is_object()) return error(Errc::bad_input, "not an answer: ", line);
  const auto refused = answer->find("error");
  if (refused == answer->end()) return answer;
  const auto text = refused->find("message");
  return error(Errc::denied, text != refused->end() && text->is_string()
                                 ? text->get_ref<const std::string&>()
                                 : wire::dump(*refused));
}

class PtybufferDriver : public LineDriver {
 public:
  PtybufferDriver(const Surroundings& around, std::string socket, bool own, Intake& intake)
      : LineDriver(around, intake),
        socket_(std::move(socket)),
        control_(peer::control_name(socket_)),
        own_(own),
        timer_(around.loop,
               [this] { close(base::sys_error(ETIMEDOUT, control_, ": no answer to attach")); }) {}

  void open(base::Time deadline) override {
    deadline_ = deadline;
    dial(control_, [this](Result<Fd> fd) { control_open(std::move(fd)); });
  }
  void resize(pty::Size size) override {
    LineDriver::resize(size);
    if (pump_) tell(control_, {{"cmd", "resize"}, {"rows", size.rows}, {"cols", size.columns}});
  }
  void terminate() override {
    if (own_) tell(control_, {{"cmd", "stop"}});
  }

 private:
  using Done = net::Dialler::Done;

  void dial(const std::string& path, Done done) {
    Result<net::Address> address = net::unix_address(path);
    if (!address) return close(address.error());
    dialler_ = std::make_unique<net::Dialler>(around_.loop, std::move(*address), deadline_,
                                              std::move(done));
  }

  void control_open(Result<Fd> fd) {
    if (fd) return attach(std::move(*fd));
    const int sys = fd.error().sys;
    if (own_ || (sys != ENOENT && sys != ECONNREFUSED)) return close(fd.error());
    // A Dialler's callback may not replace it.
    plain_.at(around_.loop.now());
  }

  void attach(Fd fd) {
    asked_ = std::move(fd);
    answer_.emplace(around_.loop, asked_.get(), [this](unsigned) { answered(); });
    ask();
  }

  void ask() {
    Json command = {{"cmd", "attach"}, {"raw", true}};
    if (framed_) command["frames"] = true;
    if (size_) {
      command["rows"] = size_->rows;
      command["cols"] = size_->columns;
    }
    if (const auto last = intake_.last_position()) {
      command["from"] = {{"epoch", last->epoch}, {"offset", last->offset}};
    }
    const std::string line = wire::dump(command) + "\n";
    if (::send(asked_.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0) {
      return close(base::sys_error(errno, control_));
    }
    timer_.at(deadline_);
    answer_->want(net::Watch::kRead);
  }

  // Looks at what came and takes no more than the answer's line: what is behind it is the
  // console's.
  void answered() {
    std::array<char, kMaxAnswer> buf{};
    const ssize_t n = ::recv(asked_.get(), buf.data(), buf.size(), MSG_PEEK);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const std::string_view got(buf.data(), n > 0 ? static_cast<size_t>(n) : 0);
    const size_t end = got.find('\n');
    if (end == std::string_view::npos) {
      if (n <= 0 || got.size() == buf.size()) {
        stop_asking();
        close(error(Errc::closed, control_, ": no answer to attach"));
      }
      return;
    }
    static_cast<void>(::recv(asked_.get(), buf.data(), end + 1, 0) < 0);
    stop_asking();
    begin(read_answer(got.substr(0, end)));
  }

  void stop_asking() {
    answer_->want(net::Watch::kNothing);
    timer_.cancel();
  }

  // What is missing at the beginning the console sees by the position.
  void begin(const Result<Json>& answer) {
    if (!answer && std::exchange(framed_, false)) return ask();  // an old one, without frames
    if (!answer) return close(base::in(control_, answer.error()));
    at_ = {static_cast<int64_t>(number(*answer, "epoch")), number(*answer, "offset")};
    if (!framed_) return run(std::move(asked_), at_);
    run(std::move(asked_), at_, [this](std::span<char> bytes) { return unframe(bytes); });
  }

  // Markers and notes go to the console as what they are, a text, and do not count as the source's.
  size_t unframe(std::span<char> bytes) {
    const net::Unframer::Found found = frames_.take(bytes);
    at_.offset += found.passed;
    if (!found.notes) return found.kept;
    intake_.commit(found.kept);
    std::string said = found.last;
    std::erase(said, '\n');
    intake_.moved(at_, base::cat("ptybufferd: ", said));
    return 0;
  }

  std::string socket_, control_;
  bool own_;
  base::Time deadline_{};
  std::unique_ptr<net::Dialler> dialler_;
  Fd asked_;
  bool framed_ = true;
  net::Unframer frames_;
  SourcePosition at_;  // of the next byte, as far as there are frames
  std::optional<net::Watch> answer_;
  net::Timer timer_;
  net::Timer plain_{around_.loop, [this] {
                      dial(socket_, [this](Result<Fd> fd) {
                        if (!fd) return close(fd.error());
                        run(std::move(*fd));
                      });
                    }};
};

std::unique_ptr<Driver> make(const Surroundings& around, const Node& node, Intake& intake) {
  return make_ptybuffer(around, param(node, "socket"), false, intake);
}

constexpr std::array kParams = {
    Param{"socket", Param::Need::required, false, "data socket of the ptybufferd"},
};

}  // namespace

std::unique_ptr<Driver> make_ptybuffer(const Surroundings& around, std::string socket, bool own,
                                       Intake& intake) {
  return std::make_unique<PtybufferDriver>(around, std::move(socket), own, intake);
}

const DriverKind kPtybufferDriver = {"ptybuffer", kParams, check_socket, make};

}  // namespace consoled
