#include "ml/service/import_worker.h"

#include "ml/service/worker_thread.h"

namespace mp::ml {
namespace {
bool ended(const ImportProgress& p) { return p.finished || p.cancelled || p.failed; }
}  // namespace

ImportWorker::ImportWorker(ImportBackend backend, int threads, Outbox& out, Activity& activity, OnData on_data,
                           OnThumbs on_thumbs)
    : backend_(std::move(backend)),
      threads_(threads),
      out_(out),
      activity_(activity),
      on_data_(std::move(on_data)),
      on_thumbs_(std::move(on_thumbs)) {
  Job first;
  first.load = true;
  first.token = activity_.begin();
  jobs_.push_back(std::move(first));
  thread_ = start_worker("mp-import", 5, [this] { run(); });
}

ImportWorker::~ImportWorker() { stop(); }

void ImportWorker::stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    cancel_.cancel();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ImportWorker::import(const ImportRequest& request) {
  Job job;
  job.request = request;
  add(std::move(job));
}

void ImportWorker::hold_out(const SplitChoice& choice) {
  Job job;
  job.hold_out = choice;
  add(std::move(job));
}

void ImportWorker::add(Job job) {
  job.token = activity_.begin();
  {
    std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_all();
}

void ImportWorker::cancel() {
  std::lock_guard lock(mutex_);
  cancel_.cancel();
  for (auto& job : jobs_)
    if (!job.load) job.cancel.cancel();
}

void ImportWorker::run() {
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || !jobs_.empty(); });
      if (stop_) break;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      cancel_ = job.cancel;
    }
    guarded(out_, job.load ? "project" : "import", [&] { perform(job); });
  }
  std::lock_guard lock(mutex_);
  jobs_.clear();
}

void ImportWorker::split(const Job& job) {
  if (!pool_ || !features_) {
    out_.post(WorkerFailed{"split", "there are no samples with features yet"});
    return;
  }
  auto chosen = backend_.hold_out(*job.hold_out, *pool_, *features_, job.cancel);
  if (!chosen) {
    if (!job.cancel.cancelled()) out_.post(WorkerFailed{"split", chosen.error().message()});
    return;
  }
  out_.post(std::move(*chosen));
  ImportHooks quiet;
  quiet.threads = threads_;
  quiet.cancel = job.cancel;
  load(quiet);
}

void ImportWorker::perform(const Job& job) {
  if (job.hold_out) return split(job);
  ImportHooks hooks;
  hooks.threads = threads_;
  hooks.cancel = job.cancel;
  ImportProgress last;  // who shows progress must see an end, whatever happens
  last.root = job.request.root;
  hooks.progress = [&](const ImportProgress& p) {
    last = p;
    out_.post(p);
  };
  hooks.bad = [&](std::vector<BadFile> files) { out_.post(BadFiles{std::move(files), last.root}); };
  hooks.published = [this](PoolPtr pool, FeaturesPtr features) {
    publish(std::move(pool), std::move(features), false);
  };
  if (job.load) {
    const bool fine = guarded(out_, "project", [&] { load(hooks); });
    if (!ended(last) && last.files_total > 0) post_end(last, job.cancel.cancelled() && fine);
    return;
  }
  std::string error;
  const bool fine = guarded(out_, "import", [&] {
    if (job.cancel.cancelled()) return;
    if (auto summary = backend_.import(job.request, hooks); !summary) error = summary.error().message();
  });
  if (!error.empty()) out_.post(WorkerFailed{"import", error});
  if (!ended(last)) post_end(last, error.empty() && fine);
  {
    std::lock_guard lock(mutex_);
    if (stop_) return;
    cancel_ = hooks.cancel = CancelToken();
  }
  // What is now in the project, splits and thumbnails included. Bad files have been told already.
  hooks.progress = nullptr;
  hooks.bad = nullptr;
  load(hooks);
}

void ImportWorker::post_end(ImportProgress last, bool cancelled) {
  (cancelled ? last.cancelled : last.failed) = true;
  last.eta_s = -1;
  out_.post(std::move(last));
}

void ImportWorker::load(const ImportHooks& hooks) {
  auto data = backend_.load(hooks);
  if (!data) {
    if (hooks.cancel.cancelled()) return;
    out_.post(WorkerFailed{"project", data.error().message()});
    if (pool_) publish(pool_, features_, true);
    return;
  }
  on_thumbs_(data->thumbs);
  if (hooks.bad && !data->bad.empty()) out_.post(BadFiles{std::move(data->bad), {}});
  publish(data->pool, data->features, true);
}

void ImportWorker::publish(PoolPtr pool, FeaturesPtr features, bool complete) {
  pool_ = pool;
  features_ = features;
  if (features) out_.post(out_.features, features);
  if (pool) out_.post(out_.pool, pool);
  on_data_(std::move(pool), std::move(features), complete);
}

}  // namespace mp::ml
