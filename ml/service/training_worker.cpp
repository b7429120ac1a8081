#include "ml/service/training_worker.h"

#include <algorithm>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "ml/query/bald.h"
#include "ml/service/embedding.h"
#include "ml/service/labelled_sets.h"
#include "ml/service/worker_thread.h"

namespace mp::ml {
namespace {
constexpr int kNice = 10;
}  // namespace

TrainingWorker::TrainingWorker(TrainingBackend backend, TrainingWorkerOptions options, Outbox& out, Activity& activity)
    : backend_(std::move(backend)), options_(options), out_(out), activity_(activity) {
  thread_ = start_worker("mp-training", 0, [this] { run(); });
}

TrainingWorker::~TrainingWorker() { shut_down(); }

void TrainingWorker::shut_down() {
  {
    std::lock_guard lock(mutex_);
    end_ = true;
    hurry_ = true;
    cancel_.cancel();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void TrainingWorker::set_pool(PoolPtr pool) {
  std::lock_guard lock(mutex_);
  pool_ = std::move(pool);
}

void TrainingWorker::set_labels(LabelsPtr labels) {
  {
    std::lock_guard lock(mutex_);
    if (!labels || (labels_ && labels->revision <= labels_->revision)) return;
    labels_ = std::move(labels);
    if (on_) ask_for_round();
  }
  wake_.notify_all();
}

void TrainingWorker::set_classes(const ClassTable& classes) {
  std::lock_guard lock(mutex_);
  classes_.clear();
  for (const auto& c : classes) classes_.push_back(c.name);
}

void TrainingWorker::train(const TrainSettings& settings) {
  {
    std::lock_guard lock(mutex_);
    settings_ = settings;
    on_ = true;
    ++asked_;
    ask_for_round();
  }
  paused_ = false;
  wake_.notify_all();
}

void TrainingWorker::ask_for_round() {
  wanted_ = true;
  hurry_ = true;  // predictions of the last round give way
  if (!wanted_token_) wanted_token_ = activity_.begin(Activity::Kind::training);
}

void TrainingWorker::pause(bool paused) { paused_ = paused; }

void TrainingWorker::stop() {
  Activity::Token token;  // ends after the lock
  {
    std::lock_guard lock(mutex_);
    on_ = wanted_ = false;
    hurry_ = true;
    cancel_.cancel();
    token = std::move(wanted_token_);
  }
  paused_ = false;
}

// What failed once fails with the next label as well; who has seen why asks again.
void TrainingWorker::turn_off_after(const Round& failed) {
  Activity::Token token;  // ends after the lock
  std::lock_guard lock(mutex_);
  if (asked_ != failed.asked) return;
  on_ = wanted_ = false;
  token = std::move(wanted_token_);
}

void TrainingWorker::run() {
  while (true) {
    Activity::Token token;
    Round round;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return end_ || wanted_; });
      if (end_) break;
      wanted_ = false;
      hurry_ = false;
      token = std::move(wanted_token_);
      round = {settings_, pool_, labels_, classes_, CancelToken(), ++rounds_, asked_};
      cancel_ = round.cancel;
    }
    if (!loaded_) {
      // Loading a module holds the dynamic linker's lock, which starting a thread needs as well: at low priority on a
      // busy machine, it would hold up the instant worker for seconds.
      loaded_ = true;
      if (backend_.load) guarded(out_, "training", [&] { backend_.load(); });
      lower_priority(kNice);
    }
    guarded(out_, "training", [&] { perform(round); });
  }
  std::lock_guard lock(mutex_);
  wanted_token_.release();
}

void TrainingWorker::perform(const Round& round) {
  TrainSettings settings = round.settings;
  settings.seed = hash_combine(options_.seed + settings.seed - 1, std::uint64_t(round.number));   // 1: nobody set it
  static const LabelStore no_labels;
  const LabelStore& labels = round.labels ? *round.labels : no_labels;
  const auto fit = round.pool ? fit_set(*round.pool, labels, nullptr) : std::vector<Labelled>{};

  std::vector<TrainItem> train, validation;
  int classes = int(round.classes.size());
  for (const auto& l : fit) {
    train.push_back({l.id, l.cls});
    classes = std::max(classes, l.cls + 1);
  }
  if (round.pool && !fit.empty())
    for (const auto& l : held_out_truth(*round.pool, fit, nullptr, options_.validation_samples, options_.seed))
      if (l.cls < classes) validation.push_back({l.id, l.cls});

  out_.post(TrainingStarted{round.number, settings, int(train.size()), labels.revision});
  Stopwatch watch;
  TrainingEnded ended{round.number, false, 0, {}, {}};
  std::optional<TrainResult> result;
  const bool fine = guarded(out_, "training", [&] {
    if (!round.pool || train.empty()) {
      ended.error = "nothing to train on: label samples of at least two classes";
      return;
    }
    if (inputs_pool_ != round.pool) {
      inputs_ = backend_.make_inputs(round.pool);
      inputs_pool_ = round.pool;
    }
    TrainHooks hooks;
    hooks.cancel = round.cancel;
    hooks.paused = [this] { return paused_.load(); };
    std::int64_t last_step = steps_;
    hooks.on_step = [&](const StepReport& report) {
      auto r = report;
      r.step += steps_;
      last_step = std::max(last_step, r.step);
      out_.post(TrainingStep{round.number, r});
    };
    hooks.on_epoch = [&](const EpochReport& report) {
      auto r = report;
      r.step += steps_;
      out_.post(TrainingEpoch{round.number, std::move(r)});
    };
    const auto start = start_of(round, settings, classes, hooks);
    steps_ = last_step;
    if (!start) {
      ended.error = start.error().message();
      return;
    }
    auto outcome = backend_.train(settings, classes, train, validation, *inputs_, hooks, *start);
    steps_ = last_step;
    if (outcome)
      result = std::move(*outcome);
    else
      ended.error = outcome.error().message();
    if (result && *start) result->pretrain_seed = pretrained_seed_;
  });
  if (!fine) ended.error = "the round ended with an internal error";
  ended.seconds = watch.ms() / 1000;
  ended.stopped = result ? result->stopped : round.cancel.cancelled();
  if (result) ended.validation = result->validation;
  if (result) ended.error = result->problem;  // its network, the last good one, serves all the same
  // Stopped before its first epoch was measured, it has nothing that the network before has not.
  const bool usable = result && result->network && !(result->stopped && result->epochs == 0);
  if (usable) {
    network_ = result->network;
    if (backend_.save)
      if (auto saved = backend_.save(*result, settings, round.number, labels.revision, round.classes); !saved)
        out_.post(WorkerFailed{"training", saved.error().message()});
  }
  if (!ended.error.empty()) turn_off_after(round);
  out_.post(std::move(ended));
  if (!usable) return;
  if (result->stopped && round.pool->size() > options_.small_pool) return;
  if (result->stopped) {  // stop() asked for hurry; a small pool is predicted all the same, unless a round waits
    std::lock_guard lock(mutex_);
    if (end_ || wanted_) return;
    hurry_ = false;
  }
  predict(round, *network_, int(train.size()), classes);
}

Result<std::shared_ptr<Network>> TrainingWorker::start_of(const Round& round, const TrainSettings& settings,
                                                          int classes, const TrainHooks& hooks) {
  if (settings.pretrain <= 0 || !backend_.pretrain) return nullptr;
  std::vector<SampleId> pool;
  std::uint64_t samples = 0;
  for (std::size_t i = 0; i < round.pool->size(); ++i)
    if (round.pool->split[i] == Split::pool) {
      pool.push_back(SampleId(i));
      samples = hash_combine(samples, i);
    }
  const auto by = settings_toml(round.settings) + std::to_string(samples);
  if (pretrained_ && pretrained_by_ == by) return pretrained_;
  auto made = backend_.pretrain(settings, classes, pool, *inputs_, hooks);
  if (made && !hooks.cancel.cancelled()) {
    pretrained_ = *made;
    pretrained_by_ = by;
    pretrained_seed_ = settings.seed;
  }
  return made;
}

void TrainingWorker::predict(const Round& round, Network& network, int labelled, int classes) {
  Stopwatch watch;
  auto p = std::make_shared<Predictions>();
  const auto n = round.pool->size();
  const int px = network.spec().input_px;
  const auto pixels = std::size_t(px) * std::size_t(px);
  const auto c = std::size_t(classes);
  p->model = network.spec().name;
  p->label_revision = round.labels->revision;
  p->n = n;
  p->classes = classes;
  p->labelled = labelled;
  p->probability.assign(n * c, 1.f / float(classes));
  std::vector<std::uint8_t> readable(n, 0), images, ok;
  std::vector<SampleId> ids;
  std::vector<float> seen;   // by the classifier
  std::vector<float> disagreed;
  std::optional<Embedding> embedding;
  for (std::size_t first = 0; first < n; first += options_.predict_chunk) {
    if (predicting_is_over()) return;
    ids.clear();
    for (std::size_t i = first; i < std::min(n, first + options_.predict_chunk); ++i) ids.push_back(SampleId(i));
    images.assign(ids.size() * pixels, 0);
    ok.assign(ids.size(), 0);
    inputs_->load(ids, px, images, ok);
    const auto rows = network.predict(images, ids.size(), &seen);
    if (rows.size() != ids.size() * c) return;
    const std::size_t d = seen.size() / ids.size();
    if (d > 0 && !embedding) embedding.emplace(n, d, options_.seed);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (!ok[i]) continue;
      readable[ids[i]] = 1;
      if (embedding && d == embedding->source_columns()) embedding->set(ids[i], std::span(seen).subspan(i * d, d));
      std::copy_n(rows.begin() + std::ptrdiff_t(i * c), c, p->probability.begin() + std::ptrdiff_t(ids[i] * c));
    }
    const auto passes = network.dropout_passes(seen, ids.size(), kDropoutPasses, hash_combine(options_.seed, first));
    if (passes.empty()) continue;
    const auto part = disagreement(passes, ids.size(), c);
    disagreed.resize(n, 0.f);
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (ok[i]) disagreed[ids[i]] = part[i];
  }
  summarise(*p);
  for (std::size_t i = 0; i < n; ++i)
    if (!readable[i]) p->predicted[i] = kNoClass;
  if (embedding) p->embedding = embedding->finish(p->model);
  p->compute_ms = watch.ms();
  if (!predicting_is_over() && backend_.on_disagreement) backend_.on_disagreement(std::move(disagreed));
  if (!predicting_is_over()) out_.post(out_.network_predictions, PredictionsPtr(p));
}

}  // namespace mp::ml
