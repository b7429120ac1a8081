// A value that is worked out beside the frames: asked for again before it is there, the newest question counts. Main
// thread; the work runs on a thread of its own and must only read what it was given.
#pragma once
#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <utility>

namespace mp {

template <class T>
class Later {
 public:
  void ask(std::function<T()> work) {
    waiting_ = std::move(work);
    start();
  }
  /// The answer to the newest question, once; answers that were overtaken never appear.
  std::optional<T> take() {
    if (!running_.valid() || running_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return std::nullopt;
    T value = running_.get();
    if (waiting_) return start(), std::nullopt;
    return value;
  }
  bool busy() const { return running_.valid(); }

 private:
  void start() {
    if (running_.valid() || !waiting_) return;
    running_ = std::async(std::launch::async, std::exchange(waiting_, nullptr));
  }
  std::function<T()> waiting_;
  std::future<T> running_;   // its end waits for the work
};

}  // namespace mp
