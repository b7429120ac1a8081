// Helper threads for drawing on the CPU: the caller and the helpers take pieces of work until none is left.
// Called by the main thread; the pieces run on any of the threads.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mp::points {

class BandWorkers {
 public:
  /// threads: with the caller's own; at least 1.
  explicit BandWorkers(int threads);
  ~BandWorkers();
  BandWorkers(const BandWorkers&) = delete;
  BandWorkers& operator=(const BandWorkers&) = delete;

  int threads() const { return int(helpers_.size()) + 1; }
  /// Calls work(0) .. work(pieces - 1), each once, and returns when all are done. work must not throw.
  void run(int pieces, const std::function<void(int)>& work);

 private:
  void loop();
  std::vector<std::thread> helpers_;
  std::mutex mutex_;
  std::condition_variable start_, done_;
  const std::function<void(int)>* work_ = nullptr;
  int pieces_ = 0, busy_ = 0;
  std::uint64_t round_ = 0;
  bool stop_ = false;
  std::atomic<int> next_{0};
};

}  // namespace mp::points
