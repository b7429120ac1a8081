#include "ml/service/box_mapper.h"

#include <algorithm>
#include <limits>

#include "engine/base/clock.h"
#include "ml/service/worker_thread.h"

namespace mp::ml {
namespace {

constexpr double kNewsEvery_ms = 150;
constexpr std::size_t kFewBoxes = 100;   // neighbourhoods of so few are dots far apart: their components show more
constexpr double kMostNew = .5;          // of the boxes on the map: beyond, a new one is better than places among the old

/// A map's places as they are shown; what has none is not drawn.
std::vector<float> places(Projection p, const std::vector<std::uint8_t>& usable) {
  for (std::size_t i = 0; i < usable.size(); ++i)
    if (!usable[i]) p.xy[2 * i] = p.xy[2 * i + 1] = std::numeric_limits<float>::quiet_NaN();
  return std::move(p.xy);
}

}  // namespace

BoxMapper::BoxMapper(std::uint64_t seed, std::function<int()> threads, Outbox& out, Activity& activity) : seed_(seed), threads_(std::move(threads)), out_(out), activity_(activity) {
  thread_ = start_worker("mp-box-map", 5, [this] { run(); });
}

BoxMapper::~BoxMapper() { stop(); }

void BoxMapper::stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    running_.cancel();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void BoxMapper::set_pool(PoolPtr pool) {
  std::lock_guard lock(mutex_);
  pool_ = std::move(pool);
}

void BoxMapper::request(BoxMapRequest request) {
  std::optional<Work> replaced{Work{std::move(request), activity_.begin(), {}}};   // its token ends without the lock
  {
    std::lock_guard lock(mutex_);
    running_.cancel();
    std::swap(next_, replaced);
  }
  wake_.notify_all();
}

void BoxMapper::cancel() {
  std::lock_guard lock(mutex_);
  running_.cancel();
  if (next_) next_->cancel.cancel();   // it is still answered, after what runs
}

void BoxMapper::run() {
  while (true) {
    std::optional<Work> work;
    PoolPtr pool;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || next_; });
      if (stop_) break;
      work = std::exchange(next_, std::nullopt);
      pool = pool_;
      running_ = work->cancel;
    }
    BoxMap answer;
    try {
      answer = perform(work->what, pool ? *pool : Pool{}, work->cancel);
    } catch (const std::exception& e) {
      answer.error = std::string("internal error: ") + e.what();
    }
    answer.request = work->what.request;
    answer.finished = true;
    answer.cancelled = work->cancel.cancelled();
    if (answer.cancelled) answer.error.clear();
    if (answer.xy.empty() && map_) answer.xy = places(map_->projection(), map_->usable);   // the last finished one stays
    out_.post(out_.box_map, std::make_shared<const BoxMap>(std::move(answer)));
  }
  std::lock_guard lock(mutex_);
  next_.reset();
}

BoxMap BoxMapper::perform(const BoxMapRequest& request, const Pool& pool, const CancelToken& cancel) {
  BoxMap answer;
  const double start_ms = now_ms();
  std::mutex news;                       // features are made by several threads
  double last_ms = start_ms, part_ms = start_ms;
  const auto tell = [&](const char* what, double share, std::vector<float> xy) {
    std::lock_guard lock(news);
    const double now = now_ms();
    if (now - last_ms < kNewsEvery_ms) return;
    last_ms = now;
    BoxMap so_far;
    so_far.request = request.request;
    so_far.what = what;
    so_far.share = share;
    so_far.eta_s = share > .02 ? (now - part_ms) / 1000 * (1 - share) / share : -1;
    so_far.xy = std::move(xy);
    out_.post(out_.box_map, std::make_shared<const BoxMap>(std::move(so_far)));
  };
  const int threads = std::max(threads_(), 1);
  if (request.again) features_ = {};     // also files that have changed, or can be read now
  auto read = features_.update(pool, *request.boxes, threads, {[&](std::size_t done, std::size_t total) { tell("reading boxes", double(done) / double(total), {}); }, cancel});
  if (!read) {
    answer.error = read.error().message();
    return answer;
  }
  answer.problems = std::move(read->problems);
  const auto rows = standardise(features_.table(), {});
  const auto usable = std::size_t(std::ranges::count(rows->valid, std::uint8_t(1)));
  if (!usable) {
    map_.reset();
    answer.error = !answer.problems.empty() ? answer.problems.front() : request.boxes->boxes.empty() ? "no box is there yet" : "no image with boxes can be read: New map tries again";
    return answer;
  }
  part_ms = now_ms();
  UmapOptions options;
  options.seed = seed_;
  options.threads = threads;
  options.threads_now = threads_;
  options.blas_threads = 1;              // see map_backend.cpp
  const auto on_the_way = [&](const Projection& so_far, double share) { tell("placing boxes", share, places(so_far, rows->valid)); };
  const char* method = usable < kFewBoxes ? "pca" : "umap";
  // Boxes are never taken out, so a map of fewer rows is an earlier one of the same.
  const bool follows = map_ && !request.again && map_->method == method && map_->n <= rows->n && double(rows->n - map_->n) <= kMostNew * double(map_->n);
  auto map = follows ? update_map(*map_, *rows, options, {}, on_the_way, cancel) : make_map(method, *rows, options, on_the_way, cancel);
  if (!map) {
    answer.error = map.error().message();
    return answer;
  }
  answer.xy = places(map->projection(), rows->valid);
  map_ = std::move(*map);
  return answer;
}

}  // namespace mp::ml
