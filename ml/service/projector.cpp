#include "ml/service/projector.h"

#include <algorithm>
#include <cmath>

#include "ml/project/orient.h"
#include "ml/service/worker_thread.h"

namespace mp::ml {

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
