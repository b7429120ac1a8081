#include "ml/service/instant_worker.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "ml/features/texture.h"
#include "ml/query/similar.h"
#include "ml/service/labelled_sets.h"
#include "ml/service/stored_model.h"
#include "ml/service/worker_thread.h"

namespace mp::ml {
namespace {

constexpr auto kNever = std::numeric_limits<double>::infinity();
// Refits that a newer label change may cancel one after the other: who labels faster than a refit lasts still sees
// the cloud follow.
constexpr int kMaxCancelledInRow = 3;
constexpr std::size_t kMaxDegradedCached = 2000;   // 8 KiB each
constexpr std::size_t kMostSuspects = 1000;
constexpr std::size_t kMaxEvaluated = 100'000;

std::size_t count_valid(const FeatureTable& f) { return std::size_t(std::count(f.valid.begin(), f.valid.end(), 1)); }

}  // namespace

InstantWorker::InstantWorker(InstantBackend backend, InstantWorkerOptions options, Outbox& out, Activity& activity,
                             OnStandardised on_standardised, OnModel on_model)
    : backend_(std::move(backend)),
      options_(options),
      out_(out),
      activity_(activity),
      on_standardised_(std::move(on_standardised)),
      on_model_(std::move(on_model)) {
  thread_ = start_worker("mp-instant", 0, [this] { run(); });
}

InstantWorker::~InstantWorker() { stop(); }

void InstantWorker::stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    interrupt_ = true;
    cancel_.cancel();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void InstantWorker::set_data(PoolPtr pool, FeaturesPtr features, bool complete) {
  push({Data{std::move(pool), std::move(features), complete}, activity_.begin()});
}
void InstantWorker::set_labels(LabelsPtr labels) { push({std::move(labels), activity_.begin()}); }
void InstantWorker::set_classes(const ClassTable& classes) {
  Classes c;
  for (const auto& info : classes) c.names.push_back(info.name);
  push({std::move(c), activity_.begin()});
}
void InstantWorker::query(std::string strategy, int k, std::uint64_t request) {
  push({Query{std::move(strategy), k, request}, activity_.begin()});
}

void InstantWorker::set_disagreement(std::vector<float> by_sample) {
  std::lock_guard lock(mutex_);
  disagreement_ = std::move(by_sample);
}

void InstantWorker::similar(SampleId to, int k, std::uint64_t request) {
  push({Similar{to, k, request}, activity_.begin()});
}

void InstantWorker::push(Message message) {
  {
    std::lock_guard lock(mutex_);
    if (running_ == Running::background) cancel_.cancel();
    if (running_ == Running::fit && std::holds_alternative<LabelsPtr>(message.what) &&
        cancelled_in_row_ < kMaxCancelledInRow) {
      // A query that waits needs what is being fitted now.
      const bool awaited = std::any_of(inbox_.begin(), inbox_.end(),
                                       [](const Message& m) { return std::holds_alternative<Query>(m.what); });
      if (!awaited) cancel_.cancel();
    }
    inbox_.push_back(std::move(message));
    interrupt_ = true;
  }
  wake_.notify_all();
}

void InstantWorker::run() {
  std::vector<Message> batch;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      running_ = Running::nothing;
      auto ready = [&] { return stop_ || !inbox_.empty(); };
      if (const double due = due_ms(); due == kNever)
        wake_.wait(lock, ready);
      else
        wake_.wait_for(lock, std::chrono::duration<double, std::milli>(std::max(0., due - now_ms())), ready);
      if (stop_) break;
      // All up to and with the first query.
      bool for_query = false;
      while (!inbox_.empty() && !for_query) {
        for_query = std::holds_alternative<Query>(inbox_.front().what);
        batch.push_back(std::move(inbox_.front()));
        inbox_.pop_front();
      }
      interrupt_ = !inbox_.empty();
      cancel_ = CancelToken();
      running_ = batch.empty() ? Running::background : for_query ? Running::fit_for_query : Running::fit;
    }
    if (batch.empty()) {
      const bool done = guarded(out_, "instant", [&] { background(); });
      if (!done) want_degraded_ = want_landmarks_ = want_store_ = false;
      if (!want_degraded_) background_token_.release();
    } else {
      answered_ = false;
      guarded(out_, "instant", [&] { handle(batch); });
      if (const auto* q = std::get_if<Query>(&batch.back().what); q && !answered_)
        post_answer({q->strategy, {}, q->request, "an internal error kept the query from being answered"});
      idle_since_ms_ = now_ms();
      batch.clear();
    }
  }
  guarded(out_, "instant", [&] {
    if (want_store_) store();
  });
  background_token_.release();
  std::lock_guard lock(mutex_);
  inbox_.clear();
}

void InstantWorker::take_message(Message& message) {
  if (auto* data = std::get_if<Data>(&message.what)) {
    waiting_ = std::move(*data);
  } else if (auto* labels = std::get_if<LabelsPtr>(&message.what)) {
    if (!*labels || (labels_ && (*labels)->revision < labels_->revision)) return;
    labels_ = std::move(*labels);
    stale_ = true;
  } else if (auto* classes = std::get_if<Classes>(&message.what)) {
    stale_ = stale_ || classes->names.size() != class_names_.size();
    want_store_ = want_store_ || (head_ && classes->names != class_names_);
    class_names_ = std::move(classes->names);
  }
}

void InstantWorker::handle(std::vector<Message>& batch) {
  for (auto& message : batch) take_message(message);
  if (waiting_) {
    const auto rows = waiting_->features ? count_valid(*waiting_->features) : 0;
    const bool grown = double(rows) >= double(built_rows_) * (1 + options_.growing_share);
    if (waiting_->complete || !head_ || grown || now_ms() - built_ms_ >= options_.growing_ms) {
      const Data data = std::move(*waiting_);
      waiting_.reset();
      build(data);
    }
  }
  for (auto& message : batch)   // before a refit, which it does not need
    if (auto* q = std::get_if<Similar>(&message.what)) answer(*q);
  if (stale_) {
    const bool fitted = refit(nullptr);
    if (!stale_) {  // else cancelled: what follows waits for the next try
      want_degraded_ = fitted && backend_.degraded && !fit_.empty();
      want_store_ = fitted;
      // On a large pool the first lasso may already take more labels than the exact head does.
      want_landmarks_ =
          fitted && (fit_.size() >= options_.landmarks_from || data_.features->n > options_.large_pool);
    }
    if (want_degraded_ && !background_token_) background_token_ = activity_.begin();
    if (!want_degraded_) background_token_.release();
  }
  if (auto* q = std::get_if<Query>(&batch.back().what)) answer(*q);
}

void InstantWorker::build(const Data& data) {
  head_.reset();  // its tables go before the new ones come
  clean_.reset();
  degraded_rows_.clear();  // a sample's picture may be another one now
  data_ = data;
  stale_ = true;
  built_ms_ = now_ms();
  built_rows_ = data.features ? count_valid(*data.features) : 0;
  if (!data.pool || built_rows_ == 0) return;
  std::vector<SampleId> on, all;
  for (std::size_t i = 0; i < std::min(data.features->n, data.pool->size()); ++i) {
    if (!data.features->valid[i]) continue;
    all.push_back(SampleId(i));
    if (data.pool->split[i] == Split::pool) on.push_back(SampleId(i));
  }
  if (all.empty()) return;
  head_ = backend_.make_head(*data.pool, data.features, on.empty() ? all : on);
  if (on_standardised_) on_standardised_(head_->standardised(), data.complete);
}

bool InstantWorker::refit(const DegradedRows* degraded) {
  if (!degraded) {
    static const LabelStore none;
    const LabelStore& labels = labels_ ? *labels_ : none;
    fit_ = head_ ? fit_set(*data_.pool, labels, data_.features.get()) : std::vector<Labelled>{};
    // A label can arrive before the message of the class that it names.
    fit_classes_ = int(class_names_.size());
    for (const auto& l : fit_) fit_classes_ = std::max(fit_classes_, l.cls + 1);
  }
  const auto revision = labels_ ? labels_->revision : 0;
  if (!head_ || fit_classes_ < 1) {
    // Nothing to score with: says so for every sample, so that no older predictions stay on the screen.
    stale_ = false;
    if (!data_.pool || (!head_ && !data_.complete)) return false;
    auto p = std::make_shared<Predictions>();
    p->model = "instant";
    p->label_revision = revision;
    p->n = data_.features ? data_.features->n : 0;
    summarise(*p);
    publish(std::move(p), false);
    return false;
  }
  CancelToken cancel;
  {
    std::lock_guard lock(mutex_);
    cancel = cancel_;
  }
  auto result = head_->refit(fit_, fit_classes_, revision, degraded, cancel);
  if (cancel.cancelled() && !result) {
    std::lock_guard lock(mutex_);
    if (!degraded) ++cancelled_in_row_;
    return false;
  }
  if (!degraded) {
    stale_ = false;
    std::lock_guard lock(mutex_);
    cancelled_in_row_ = 0;
  }
  if (!result) {
    out_.post(WorkerFailed{"instant", result.error().message()});
    return false;
  }
  if (!degraded) clean_ = *result;
  publish(std::move(*result), degraded != nullptr);
  return true;
}

void InstantWorker::publish(PredictionsPtr predictions, bool degraded) {
  const auto p = std::move(predictions);
  out_.post(out_.predictions, p);  // first: the cloud does not wait for the measures
  rescored_ = std::int64_t(p->label_revision) + 1;
  out_.post(Rescored{p->label_revision, p->compute_ms, p->landmarks, degraded, p->labelled, evaluate(*p), suspects(*p)});
}

std::vector<SampleId> InstantWorker::suspects(const Predictions& p) const {
  const auto loo = head_ ? head_->leave_one_out() : std::vector<float>();
  const auto c = std::size_t(p.classes);
  std::vector<std::pair<float, SampleId>> found;  // by how much surer the other class is
  if (c < 2 || loo.size() != fit_.size() * c) return {};
  for (std::size_t i = 0; i < fit_.size(); ++i) {
    const float* row = loo.data() + i * c;
    const float other = *std::max_element(row, row + c), own = row[fit_[i].cls];
    if (other > own) found.push_back({own - other, fit_[i].id});
  }
  std::sort(found.begin(), found.end());
  if (found.size() > kMostSuspects) found.resize(kMostSuspects);
  std::vector<SampleId> ids;
  for (const auto& [lead, id] : found) ids.push_back(id);
  return ids;
}

Evaluation InstantWorker::evaluate(const Predictions& p) {
  Evaluation e;
  e.classes = p.classes;
  if (fit_.empty() || p.classes < 1) {
    e.basis = "no labels yet";
    return e;
  }
  std::vector<float> probability;
  std::vector<ClassId> truth;
  const auto held_out = held_out_truth(*data_.pool, fit_, data_.features.get(), kMaxEvaluated, options_.seed);
  for (const auto& l : held_out) {
    if (l.id >= p.n || l.cls >= p.classes) continue;
    const float* row = p.probability.data() + std::size_t(l.id) * std::size_t(p.classes);
    probability.insert(probability.end(), row, row + p.classes);
    truth.push_back(l.cls);
  }
  const bool biased = truth.empty();
  if (biased) {
    const auto all = head_->leave_one_out();
    const auto c = std::size_t(p.classes);
    if (all.size() != fit_.size() * c) return e;
    for (std::size_t i = 0; i < fit_.size(); ++i) {  // not those that the fit was thinned of
      if (std::isnan(all[i * c])) continue;
      probability.insert(probability.end(), all.begin() + std::ptrdiff_t(i * c),
                         all.begin() + std::ptrdiff_t((i + 1) * c));
      truth.push_back(fit_[i].cls);
    }
  }
  e = backend_.evaluate(probability, truth, p.classes);
  e.biased = biased;
  const auto of = truth.size() < fit_.size() ? " of " + std::to_string(fit_.size()) : std::string();
  e.basis = biased ? "leave-one-out, " + std::to_string(truth.size()) + of + " labels: biased, chosen by query"
                   : "held-out part, " + std::to_string(truth.size()) + " samples";
  return e;
}

void InstantWorker::post_answer(QueryAnswered answer) {
  answered_ = true;
  out_.post(std::move(answer));
}

void InstantWorker::answer(const Query& q) {
  QueryAnswered answer{q.strategy, {}, q.request, {}};
  if (!head_) {
    answer.error = "there are no samples with features to choose from yet: import images, or wait for them";
  } else {
    static const LabelStore none;
    const LabelStore& labels = labels_ ? *labels_ : none;
    const auto candidates = query_candidates(*data_.pool, labels, *data_.features);
    std::vector<SampleId> labelled;
    std::vector<ClassId> classes;
    for (const auto& l : fit_) {
      labelled.push_back(l.id);
      classes.push_back(l.cls);
    }
    const auto features = head_->standardised();
    QueryInput input;
    input.candidates = candidates;
    input.labelled = labelled;
    input.labelled_class = classes;
    input.predictions = clean_ && clean_->labelled > 0 ? clean_.get() : nullptr;
    input.features = features.get();
    std::vector<float> disagreement;
    {
      std::lock_guard lock(mutex_);
      disagreement = disagreement_;
    }
    input.disagreement = disagreement;
    input.k = q.k;
    input.seed = hash_combine(hash_combine(options_.seed, labels.revision), q.request);
    if (auto ids = backend_.query(q.strategy, input))
      answer.ids = std::move(*ids);
    else
      answer.error = ids.error().message();
  }
  post_answer(std::move(answer));
}

void InstantWorker::answer(const Similar& q) {
  SimilarFound found{q.to, {}, q.request, {}};
  if (head_) found.ids = similar_samples(*head_->standardised(), q.to, q.k);
  if (found.ids.empty()) found.error = "sample " + std::to_string(q.to) + " has no features to compare yet: wait for the import";
  out_.post(std::move(found));
}

double InstantWorker::due_ms() const {
  if (want_degraded_ || want_landmarks_) return idle_since_ms_ + options_.idle_ms;
  if (want_store_) return idle_since_ms_ + options_.store_after_ms;
  return kNever;
}

void InstantWorker::background() {
  if (want_degraded_) {
    join_degraded();
  } else if (want_landmarks_) {
    CancelToken cancel;
    {
      std::lock_guard lock(mutex_);
      cancel = cancel_;
    }
    if (head_) head_->prepare_landmarks(cancel);
    want_landmarks_ = cancel.cancelled();
  } else if (want_store_) {
    store();
  }
}

std::size_t InstantWorker::degraded_limit() const {
  if (data_.features->n <= options_.large_pool || fit_.size() >= options_.exact_rows) return options_.degraded_samples;
  return std::min(options_.degraded_samples, (options_.exact_rows - fit_.size()) / kDegradeVariants);
}

void InstantWorker::join_degraded() {
  const auto limit = degraded_limit();
  const auto chosen = balanced_subset(fit_, limit, options_.seed);
  const auto rounds = copy_rounds(chosen, data_.features->n <= options_.large_pool ? 2 * limit : limit);
  if (degraded_rows_.size() > kMaxDegradedCached) degraded_rows_.clear();
  DegradedRows rows;
  for (const auto& l : chosen) {
    const auto d = data_.features->d, wanted = std::size_t(rounds.at(l.cls)) * kDegradeVariants;
    auto found = degraded_rows_.find(l.id);
    if (found == degraded_rows_.end() || (!found->second.empty() && found->second.size() < wanted * d)) {
      if (interrupted()) return;
      found = degraded_rows_.insert_or_assign(l.id, backend_.degraded(*data_.pool, l.id, rounds.at(l.cls))).first;
    }
    const auto& copies = found->second;
    if (copies.size() < wanted * d) continue;
    rows.features.insert(rows.features.end(), copies.begin(), copies.begin() + std::ptrdiff_t(wanted * d));
    rows.cls.insert(rows.cls.end(), wanted, l.cls);
    rows.of.insert(rows.of.end(), wanted, l.id);
  }
  if (interrupted()) return;
  if (rows.cls.empty()) {
    want_degraded_ = false;
    return;
  }
  if (refit(&rows))
    want_store_ = true;
  else if (interrupted())
    return;  // once more, when it is quiet again
  want_degraded_ = false;
}

void InstantWorker::store() {
  want_store_ = false;
  if (!head_ || fit_.empty() || stale_ || !on_model_) return;
  StoredModel model;
  model.classes = class_names_;
  model.classes.resize(std::size_t(fit_classes_));
  model.label_revision = labels_ ? labels_->revision : 0;
  model.extractor = data_.features->extractor;
  model.bytes = head_->serialise();
  on_model_(encode_stored_model(model));
}

}  // namespace mp::ml
