#include "ml/service/projector.h"

#include <algorithm>
#include <cmath>

#include "ml/service/worker_thread.h"

namespace mp::ml {

void orient_like(std::vector<float>& xy, const std::vector<float>& reference) {
  const auto m = std::min(xy.size(), reference.size()) / 2;
  double xx = 0, xy_ = 0, yx = 0, yy = 0;  // sum of new (row) times old (column)
  for (std::size_t i = 0; i < m; ++i) {
    const double a = xy[2 * i], b = xy[2 * i + 1], c = reference[2 * i], d = reference[2 * i + 1];
    xx += a * c;
    xy_ += a * d;
    yx += b * c;
    yy += b * d;
  }
  // In two dimensions the best rotation and the best reflection have closed forms: new (a, b) becomes
  // (a cos - b sin, a sin + b cos) or (a cos + b sin, a sin - b cos), whose agreements with the old rows are
  // cos * p + sin * q; the larger length wins.
  const double rotation_p = xx + yy, rotation_q = xy_ - yx;
  const double reflection_p = xx - yy, reflection_q = xy_ + yx;
  const double rotation = std::hypot(rotation_p, rotation_q), reflection = std::hypot(reflection_p, reflection_q);
  const double length = std::max(rotation, reflection);
  if (!(length > 0)) return;
  const bool flip = reflection > rotation;
  const float c = float((flip ? reflection_p : rotation_p) / length);
  const float s = float((flip ? reflection_q : rotation_q) / length);
  for (std::size_t i = 0; i + 1 < xy.size(); i += 2) {
    const float a = xy[i], b = flip ? -xy[i + 1] : xy[i + 1];
    xy[i] = a * c - b * s;
    xy[i + 1] = a * s + b * c;
  }
}

Projector::Projector(Project2 project, Outbox& out, Activity& activity, OnMap on_map)
    : project_(std::move(project)), on_map_(std::move(on_map)), out_(out), activity_(activity) {
  thread_ = start_worker("mp-projector", 5, [this] { run(); });
}

Projector::~Projector() { stop(); }

void Projector::stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    cancel_.cancel();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Projector::request(FeaturesPtr standardised, bool complete) {
  Request request{std::move(standardised), complete, activity_.begin()};
  std::optional<Request> replaced{std::move(request)};
  {
    std::lock_guard lock(mutex_);
    if (complete) cancel_.cancel();  // a map of less is of no use any more
    std::swap(next_, replaced);
  }
  wake_.notify_all();
}

void Projector::remember(std::span<const std::uint8_t> bytes) {
  auto map = decode_stored_map(bytes);
  std::lock_guard lock(mutex_);
  stored_ = std::move(map);
}

void Projector::run() {
  while (true) {
    std::optional<Request> request;
    CancelToken cancel;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || next_; });
      if (stop_) break;
      request = std::move(next_);
      next_.reset();
      cancel_ = cancel;
    }
    guarded(out_, "projector", [&] { perform(*request, cancel); });
  }
  std::lock_guard lock(mutex_);
  next_.reset();
}

void Projector::perform(const Request& request, const CancelToken& cancel) {
  std::optional<StoredMap> stored;
  if (request.complete) {
    std::lock_guard lock(mutex_);
    stored.swap(stored_);
  }
  const auto key = request.complete ? map_key(*request.standardised) : 0;
  const bool kept = stored && stored->key == key && stored->projection.xy.size() == 2 * request.standardised->n;
  auto result = kept ? Result<Projection>(std::move(stored->projection)) : project_(*request.standardised, cancel);
  if (cancel.cancelled()) return;
  if (!result) {
    out_.post(WorkerFailed{"projector", result.error().message()});
    return;
  }
  if (!request.complete && last_) orient_like(result->xy, last_->xy);
  if (request.complete && !kept && on_map_) on_map_(encode_stored_map({key, *result}));
  result->revision = ++revision_;
  last_ = std::make_shared<const Projection>(std::move(*result));
  out_.post(out_.projection, last_);
}

}  // namespace mp::ml
