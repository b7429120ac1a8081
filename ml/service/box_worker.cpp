#include "ml/service/box_worker.h"

#include <algorithm>
#include <cmath>

#include "engine/base/clock.h"
#include "ml/service/worker_thread.h"

namespace mp::ml {
namespace {

constexpr double kNewsEvery_ms = 150;

}  // namespace

DetectorSummary summary_of(const BoxModel& m) { return {m.threshold, m.saved, m.map50, m.images, m.boxes, m.classes, {}}; }

BoxWorker::BoxWorker(BoxBackend backend, Outbox& out, Activity& activity) : backend_(std::move(backend)), out_(out), activity_(activity) {
  if (!backend_.find)
    backend_.find = [](const Pool& pool, std::span<const std::uint32_t> images, const BoxModel& model, double min_score, const BoxJobHooks& hooks) {
      return find_boxes(pool, images, model, min_score, 1, "cpu", hooks);
    };
  thread_ = start_worker("mp-boxes", 10, [this] { run(); });
}

BoxWorker::~BoxWorker() { stop(); }

void BoxWorker::stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    cancel_.cancel();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void BoxWorker::set_pool(PoolPtr pool) {
  std::lock_guard lock(mutex_);
  pool_ = std::move(pool);
}

void BoxWorker::start(BoxJob job) {
  std::optional<Request> replaced{Request{std::move(job), activity_.begin()}};
  {
    std::lock_guard lock(mutex_);
    cancel_.cancel();
    std::swap(next_, replaced);
  }
  wake_.notify_all();
  if (replaced) out_.post(BoxJobDone{.cancelled = true});
}

void BoxWorker::cancel() {
  std::optional<Request> waiting;
  {
    std::lock_guard lock(mutex_);
    cancel_.cancel();
    std::swap(next_, waiting);
  }
  if (waiting) out_.post(BoxJobDone{.cancelled = true});
}

void BoxWorker::run() {
  while (true) {
    std::optional<Request> request;
    PoolPtr pool;
    CancelToken cancel;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || next_; });
      if (stop_) break;
      request = std::exchange(next_, std::nullopt);
      pool = pool_;
      cancel_ = cancel;
    }
    BoxJobDone done;
    try {
      done = perform(request->job, pool ? *pool : Pool{}, cancel);
    } catch (const std::exception& e) {
      done = {.error = std::string("internal error: ") + e.what()};
    }
    done.cancelled = cancel.cancelled() && !done.proposals;
    if (done.cancelled) done.error.clear();
    out_.post(std::move(done));
  }
  std::lock_guard lock(mutex_);
  next_.reset();
}

BoxJobDone BoxWorker::perform(const BoxJob& job, const Pool& pool, const CancelToken& cancel) {
  BoxJobDone done;
  double last_ms = -1e9;
  BoxJobHooks hooks{[&](const BoxJobProgress& p) {
    // Measurements are rare and all are told.
    const double now = now_ms();
    if (now - last_ms < kNewsEvery_ms && std::isnan(p.training.map50)) return;
    last_ms = now;
    const bool training = p.what == kTrainingDetector;
    out_.post(BoxJobNews{p.what, p.total > 0 ? p.done / p.total : 0, p.eta_s, training, p.training.step, p.training.epoch, p.training.loss, p.training.map50});
  }, cancel};
  auto model = backend_.load();
  if (!model && !job.train) return {.error = model.error().message()};
  std::optional<BoxModel> detector;
  if (model) detector = std::move(*model);
  if (job.train) {
    BoxTraining training;
    training.settings.minutes = double(job.minutes);
    if (job.epochs > 0) training.settings.epochs = job.epochs;
    if (detector && job.go_on && detector->detector == "free") {
      training.settings.input_px = detector->input_px;
      training.tile_px = detector->tile_px;
      training.start = &*detector;
    }
    auto trained = backend_.train(pool, *job.boxes, job.classes, training, hooks);
    if (!trained) return {.error = trained.error().message()};
    if (trained->stopped) return done;   // what was there before stays
    done.unread = trained->problems.size();
    if (auto saved = backend_.save(trained->model); !saved) return {.error = saved.error().message()};
    auto summary = summary_of(trained->model);
    for (const auto& n : trained->notes) summary.notes += (summary.notes.empty() ? "" : "; ") + n;
    done.detector = std::make_shared<const DetectorSummary>(std::move(summary));
    detector = std::move(trained->model);
  }
  if (!job.find) return done;
  if (!detector) return {.error = "the project has no detector yet: train one"};
  const double threshold = job.min_score >= 0 ? job.min_score : detector->threshold;
  if (threshold > 1) return done;        // who asked is told by the summary
  auto classes = classes_of(*detector, job.classes);
  if (!classes) {
    done.error = classes.error().message();
    return done;
  }
  auto proposals = std::make_shared<BoxProposals>();
  for (std::uint32_t i = 0; i < pool.images.size(); ++i)
    if (!std::ranges::binary_search(job.boxes->checked, i)) proposals->images.push_back(i);
  auto found = backend_.find(pool, proposals->images, *detector, threshold, hooks);
  if (!found) {
    done.error = found.error().message();
    return done;
  }
  done.unread += found->problems.size();
  proposals->found = std::move(found->found);
  proposals->class_of = std::move(*classes);
  proposals->threshold = threshold;
  done.proposals = std::move(proposals);
  return done;
}

}  // namespace mp::ml
