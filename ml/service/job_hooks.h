// Calls the hooks of an import or a rebuild at a bounded rate. Used by the thread that runs the job.
#pragma once
#include <algorithm>

#include "engine/base/clock.h"
#include "ml/service/import_job.h"

namespace mp::ml {

class JobHooks {
 public:
  explicit JobHooks(const ImportHooks& hooks) : hooks_(hooks) {}

  /// At most every 100 ms; `done` of `todo` are what the time left is judged by.
  void progress(ImportProgress p, std::size_t done, std::size_t todo) {
    const bool end = p.finished || p.cancelled || p.failed;
    if (!hooks_.progress || (!end && last_progress_ms_ > 0 && now_ms() - last_progress_ms_ < kProgressMs)) return;
    last_progress_ms_ = now_ms();
    p.eta_s = end ? 0 : eta_s(clock_.ms(), double(done), double(todo));
    hooks_.progress(p);
  }
  /// True when 500 ms are over, or so much more that reading the pool back stays a small part of the time.
  bool publish_is_due() const { return hooks_.published && now_ms() >= next_publish_ms_; }
  void published(PoolPtr pool, FeaturesPtr features, double cost_ms) {
    if (!hooks_.published) return;
    hooks_.published(std::move(pool), std::move(features));
    next_publish_ms_ = now_ms() + std::max(kPublishMs, kPublishCostFactor * cost_ms);
  }
  void bad(std::vector<BadFile> files) {
    if (hooks_.bad && !files.empty()) hooks_.bad(std::move(files));
  }
  bool cancelled() const { return hooks_.cancel.cancelled(); }

 private:
  static constexpr double kProgressMs = 100, kPublishMs = 500, kPublishCostFactor = 20;
  const ImportHooks& hooks_;
  Stopwatch clock_;
  double last_progress_ms_ = 0, next_publish_ms_ = 0;
};

}  // namespace mp::ml
