// A disk that hangs: a job for a thread that ends when it is told to, or with the test.
#pragma once

#include <functional>
#include <future>
#include <utility>

namespace help {

class Hung {
 public:
  Hung() = default;
  ~Hung() { go_on(); }
  Hung(const Hung&) = delete;
  Hung& operator=(const Hung&) = delete;

  std::function<void()> work() const {
    return [future = future_] { future.wait(); };
  }
  void go_on() {
    if (!std::exchange(gone_on_, true)) promise_.set_value();
  }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
  bool gone_on_ = false;
};

}  // namespace help
