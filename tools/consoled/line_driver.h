// LineDriver: what the drivers have in common whose line is, in the end, one descriptor: the Pump
// once there is one, and that the console is told from the loop only, and of an end only once.
#pragma once

#include <optional>

#include "tools/consoled/pump.h"

namespace consoled {

class LineDriver : public Driver {
 public:
  size_t write(std::string_view keys) override { return pump_ ? pump_->write(keys) : 0; }
  void resume() override;
  void resize(pty::Size size) override { size_ = size; }
  base::Result<void> send_break() override;
  void terminate() override {}

 protected:
  LineDriver(const Surroundings& around, Intake& intake);

  // From here on bytes go both ways. For callbacks of the loop.
  void run(base::Fd fd, std::optional<SourcePosition> source = {}, Pump::Filter filter = nullptr);
  // It is over, or could not be opened; the console is told in a moment, once.
  void close(base::Error why);
  // What the Pump says; a terminal may be opened again.
  virtual void ended(base::Error why) { close(std::move(why)); }

  const Surroundings& around_;
  Intake& intake_;
  std::optional<pty::Size> size_;  // what was asked for last
  std::optional<Pump> pump_;

 private:
  std::optional<base::Error> why_;
  net::Timer tell_;
};

}  // namespace consoled
