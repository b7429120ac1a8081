// Helper threads for drawing on the CPU.
#include "engine/points/band_workers.h"

#include <algorithm>

namespace mp::points {

BandWorkers::BandWorkers(int threads) {
  for (int i = 1; i < std::max(threads, 1); ++i) helpers_.emplace_back([this] { loop(); });
}

BandWorkers::~BandWorkers() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  start_.notify_all();
  for (auto& t : helpers_) t.join();
}

void BandWorkers::run(int pieces, const std::function<void(int)>& work) {
  if (pieces <= 1 || helpers_.empty()) {
    for (int i = 0; i < pieces; ++i) work(i);
    return;
  }
  {
    std::lock_guard lock(mutex_);
    work_ = &work;
    pieces_ = pieces;
    next_ = 0;
    ++round_;
  }
  start_.notify_all();
  for (int i; (i = next_.fetch_add(1)) < pieces;) work(i);
  // Helpers that did not wake in time find no work; only those that took a piece are waited for.
  std::unique_lock lock(mutex_);
  work_ = nullptr;
  done_.wait(lock, [&] { return busy_ == 0; });
}

void BandWorkers::loop() {
  std::uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  for (;;) {
    start_.wait(lock, [&] { return stop_ || (round_ != seen && work_); });
    if (stop_) return;
    seen = round_;
    auto* work = work_;
    int pieces = pieces_;
    ++busy_;
    lock.unlock();
    for (int i; (i = next_.fetch_add(1)) < pieces;) (*work)(i);
    lock.lock();
    if (--busy_ == 0) done_.notify_one();
  }
}

}  // namespace mp::points
