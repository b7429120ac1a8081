// Runs work on numbered items on several threads and hands the results over in the order of the numbers, with a bounded
// number of results waiting. Made and read by one thread.
#pragma once
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "ml/service/worker_thread.h"

namespace mp::ml {

template <class R>
class OrderedPipeline {
 public:
  /// work(item, thread) for item in [0, items), thread in [0, threads). At most `window` items are begun and not taken.
  OrderedPipeline(std::size_t items, int threads, std::size_t window, std::function<R(std::size_t, int)> work)
      : items_(items), window_(std::max(window, std::size_t(1))), work_(std::move(work)) {
    const auto n = std::min(std::size_t(std::max(threads, 1)), items);
    for (std::size_t t = 0; t < n; ++t)
      threads_.push_back(start_worker("mp-decode", 0, [this, t] { run(int(t)); }));
  }
  /// Waits for the items that are being worked on; the rest is not begun.
  ~OrderedPipeline() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    room_.notify_all();
    for (auto& t : threads_) t.join();
  }
  OrderedPipeline(const OrderedPipeline&) = delete;
  OrderedPipeline& operator=(const OrderedPipeline&) = delete;

  bool finished() const { return taken_ == items_; }
  std::size_t taken() const { return taken_; }
  /// The next result in order, or nothing after the timeout. Throws what the work threw.
  std::optional<R> next(std::chrono::milliseconds timeout) {
    std::optional<R> result;
    {
      std::unique_lock lock(mutex_);
      const bool there = ready_.wait_for(lock, timeout, [&] { return error_ || results_.contains(taken_); });
      if (error_) std::rethrow_exception(error_);
      if (!there || finished()) return std::nullopt;
      auto at = results_.find(taken_);
      result = std::move(at->second);
      results_.erase(at);
      ++taken_;
    }
    room_.notify_all();
    return result;
  }

 private:
  void run(int thread) {
    while (true) {
      std::size_t item;
      {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return stop_ || begun_ == items_ || begun_ < taken_ + window_; });
        if (stop_ || begun_ == items_) return;
        item = begun_++;
      }
      try {
        R result = work_(item, thread);
        std::lock_guard lock(mutex_);
        results_.emplace(item, std::move(result));
      } catch (...) {
        std::lock_guard lock(mutex_);
        if (!error_) error_ = std::current_exception();
        stop_ = true;
      }
      ready_.notify_one();
    }
  }

  const std::size_t items_, window_;
  const std::function<R(std::size_t, int)> work_;
  std::mutex mutex_;
  std::condition_variable ready_, room_;
  std::map<std::size_t, R> results_;
  std::size_t begun_ = 0, taken_ = 0;
  bool stop_ = false;
  std::exception_ptr error_;
  std::vector<std::thread> threads_;
};

}  // namespace mp::ml
