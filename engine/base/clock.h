// Wall-clock stopwatch on the steady clock, and the time left of a job. Any thread.
#pragma once
#include <chrono>

namespace mp {

inline double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Stopwatch {
 public:
  double ms() const { return now_ms() - start_ms_; }
  void restart() { start_ms_ = now_ms(); }

 private:
  double start_ms_ = now_ms();
};

/// Seconds left at the mean rate so far; negative while unknown.
inline double eta_s(double elapsed_ms, double done, double total) {
  return done <= 0 || total <= 0 ? -1 : elapsed_ms / 1000 * (total - done) / done;
}

}  // namespace mp
