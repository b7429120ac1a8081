// Hand-off between threads: a queue of events that is never dropped, a mailbox whose latest value wins,
// a cancel flag. Each is a mutex around a swap; the wake-up is called outside the lock.
#pragma once
#include <atomic>
#include <condition_variable>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace mp {

/// Many writers, one reader. Order is kept per writer.
template <class T>
class EventQueue {
 public:
  /// Called after each push, from the pushing thread (glfwPostEmptyEvent in a window).
  void set_wake(std::function<void()> wake) {
    std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }
  void push(T value) {
    std::function<void()> wake;
    {
      std::lock_guard lock(mutex_);
      items_.push_back(std::move(value));
      wake = wake_;
    }
    ready_.notify_one();
    if (wake) wake();
  }
  /// All that is there now; never blocks.
  std::vector<T> drain() {
    std::lock_guard lock(mutex_);
    return std::exchange(items_, {});
  }
  /// Blocks until something is there, the queue is closed (then empty) or the time is over.
  std::vector<T> wait_drain(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    ready_.wait_for(lock, timeout, [&] { return !items_.empty() || closed_; });
    return std::exchange(items_, {});
  }
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
  }
  bool closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
  }
  bool empty() const {
    std::lock_guard lock(mutex_);
    return items_.empty();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<T> items_;
  std::function<void()> wake_;
  bool closed_ = false;
};

/// The latest immutable snapshot; older ones that nobody took are forgotten.
template <class T>
class Mailbox {
 public:
  void post(std::shared_ptr<const T> value) {
    std::lock_guard lock(mutex_);
    value_ = std::move(value);
  }
  /// The newest snapshot if it has not been taken yet, else null.
  std::shared_ptr<const T> take() {
    std::lock_guard lock(mutex_);
    return std::exchange(value_, nullptr);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

/// Shared stop flag of a long job. Copies refer to the same flag.
class CancelToken {
 public:
  CancelToken() : flag_(std::make_shared<std::atomic<bool>>(false)) {}
  void cancel() const { flag_->store(true, std::memory_order_relaxed); }
  bool cancelled() const { return flag_->load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<std::atomic<bool>> flag_;
};

}  // namespace mp
