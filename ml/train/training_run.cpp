// See training_run.h.
#include "ml/train/training_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <set>
#include <thread>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "ml/nn/plan.h"
#include "ml/nn/weights.h"
#include "ml/train/batches.h"

namespace mp::ml {
namespace {

constexpr std::size_t kLoadChunk = 256;            // images read or predicted at once
constexpr std::size_t kMaxValidation = 5000;       // an epoch's measuring stays short
constexpr auto kPausePoll = std::chrono::milliseconds(20);
constexpr double kRateSmoothing = 0.1;

/// Labelled images at the network's input side; each call reads them through the InputSource.
class LabelledImages {
 public:
  LabelledImages(std::span<const TrainItem> items, int px, InputSource& inputs)
      : items_(items.begin(), items.end()), size_(std::size_t(px) * px), px_(px), inputs_(&inputs) {}

  /// Reads all once and forgets those that cannot be read.
  void drop_unreadable(const CancelToken& cancel) {
    std::vector<TrainItem> good;
    for (std::size_t from = 0; from < items_.size() && !cancel.cancelled(); from += kLoadChunk) {
      std::vector<std::size_t> part;
      for (std::size_t i = from; i < std::min(items_.size(), from + kLoadChunk); ++i) part.push_back(i);
      for (auto i : read(part)) good.push_back(items_[i]);
    }
    if (!cancel.cancelled()) items_ = std::move(good);
  }

  /// Fills images() and labels() and returns the indices that could be read.
  std::vector<std::size_t> read(std::span<const std::size_t> indices) {
    ids_.clear();
    for (auto i : indices) ids_.push_back(items_[i].id);
    images_.resize(indices.size() * size_);
    ok_.assign(indices.size(), 0);
    inputs_->load(ids_, px_, images_, ok_);
    std::vector<std::size_t> good;
    labels_.clear();
    for (std::size_t k = 0; k < indices.size(); ++k) {
      if (!ok_[k]) continue;
      if (good.size() != k)
        std::copy_n(images_.begin() + std::ptrdiff_t(k * size_), size_,
                    images_.begin() + std::ptrdiff_t(good.size() * size_));
      good.push_back(indices[k]);
      labels_.push_back(items_[indices[k]].cls);
    }
    images_.resize(good.size() * size_);
    return good;
  }

  std::span<const std::uint8_t> images() const { return images_; }
  std::span<const ClassId> labels() const { return labels_; }
  std::size_t size() const { return items_.size(); }
  const TrainItem& item(std::size_t i) const { return items_[i]; }
  std::vector<ClassId> classes() const {
    std::vector<ClassId> c;
    for (auto& i : items_) c.push_back(i.cls);
    return c;
  }
  void keep(std::span<const std::size_t> indices) {
    std::vector<TrainItem> kept;
    for (auto i : indices) kept.push_back(items_[i]);
    items_ = std::move(kept);
  }

 private:
  std::vector<TrainItem> items_;
  std::size_t size_;
  int px_;
  InputSource* inputs_;
  std::vector<SampleId> ids_;
  std::vector<std::uint8_t> images_, ok_;
  std::vector<ClassId> labels_;
};

class Run {
 public:
  Run(const TrainSettings& settings, int classes, std::span<const TrainItem> train,
      std::span<const TrainItem> validation, InputSource& inputs, const TrainHooks& hooks)
      : settings_(settings), classes_(classes), hooks_(hooks), train_(train, settings.input_px, inputs),
        validation_(validation, settings.input_px, inputs), inputs_(inputs) {}

  Result<TrainResult> perform(const std::shared_ptr<Network>& start) {
    if (auto ok = prepare(start); !ok) return tl::make_unexpected(ok.error());
    for (int epoch = 1; epoch <= settings_.epochs && !hooks_.cancel.cancelled(); ++epoch)
      if (auto ok = run_epoch(epoch); !ok) return tl::make_unexpected(ok.error());
    if (!best_weights_.empty())
      if (auto ok = network_->load(best_weights_); !ok) return tl::make_unexpected(ok.error());
    result_.network = network_;
    result_.stopped = hooks_.cancel.cancelled();
    return std::move(result_);
  }

 private:
  /// Labels that cannot be trained on are an error before anything is loaded.
  Result<void> check_labels(std::string_view when) const {
    std::set<ClassId> present;
    for (auto c : train_.classes()) present.insert(c);
    if (present.size() >= 2) return {};
    return fail("cannot train a network" + std::string(when), {}, "labels of at least two classes",
                present.empty() ? "no label" : "labels of one class", "label samples of another class");
  }

  Result<void> prepare(const std::shared_ptr<Network>& start) {
    if (settings_.epochs < 1 || settings_.batch < 1)
      return fail("cannot train", {}, "at least one epoch and one image a batch",
                  std::to_string(settings_.epochs) + " epochs, batch " + std::to_string(settings_.batch));
    for (auto* set : {&train_, &validation_})
      for (auto c : set->classes())
        if (c < 0 || c >= classes_)
          return fail("cannot train", {}, "labels below " + std::to_string(classes_), std::to_string(c));
    if (auto ok = check_labels(""); !ok) return ok;
    auto made = make_network({settings_.network, classes_, settings_.input_px, hash_combine(settings_.seed, 0),
                              settings_.threads, settings_.device});
    if (!made) return tl::make_unexpected(made.error());
    network_ = std::move(*made);
    if (start && start->spec().name == settings_.network && start->spec().input_px == settings_.input_px) {
      auto bytes = transfer_weights(start->save(), network_->save());
      if (!bytes) return tl::make_unexpected(bytes.error());
      if (auto ok = network_->load(*bytes); !ok) return ok;
    }
    train_.drop_unreadable(hooks_.cancel);
    if (auto ok = check_labels(": too many images cannot be read"); !ok) return ok;
    choose_validation();
    if (auto* plan = find_plan(settings_.network)) {
      schedule_ = plan->schedule;
      initial_rate_ = settings_.learning_rate * plan->rate_scale;
    }
    return {};
  }

  void choose_validation() {
    chooses_ = settings_.choose_by_validation;
    if (validation_.size()) {
      std::size_t all = validation_.size();
      validation_.keep(stratified_subset(validation_.classes(), kMaxValidation, settings_.seed));
      validation_.drop_unreadable(hooks_.cancel);
      basis_ = "held-out, " + std::to_string(validation_.size()) +
               (all > kMaxValidation ? " of " + std::to_string(all) : "") + " samples";
      return;
    }
    auto fold = leave_fold_out(train_.classes(), settings_.folds, hash_combine(settings_.seed, 1));
    result_.validation.biased = biased_ = true;
    if (fold.left_out.empty()) {
      result_.validation.classes = classes_;
      result_.validation.basis = "no validation: it takes two labels of each class";
      return;
    }
    std::vector<TrainItem> left_out;
    for (auto i : fold.left_out) left_out.push_back(train_.item(i));
    validation_ = LabelledImages(left_out, settings_.input_px, inputs_);
    train_.keep(fold.kept);
    basis_ = "left-out fold, " + std::to_string(left_out.size()) + " labels";
    chooses_ = true;
  }

  /// Batches of one epoch: as many passes as its smallest number of steps asks for.
  std::vector<std::vector<std::size_t>> epoch_batches(int epoch) const {
    auto classes = train_.classes();
    std::vector<std::vector<std::size_t>> all;
    std::uint64_t seed = hash_combine(settings_.seed, std::uint64_t(epoch));
    for (std::uint64_t pass = 0; all.empty() || int(all.size()) < settings_.min_steps; ++pass)
      for (auto& b : stratified_batches(classes, settings_.batch, pass ? hash_combine(seed, pass) : seed))
        all.push_back(std::move(b));
    return all;
  }

  Result<void> run_epoch(int epoch) {
    auto batches = epoch_batches(epoch);
    double loss_sum = 0;
    std::size_t seen = 0, correct = 0;
    for (std::size_t b = 0; b < batches.size(); ++b) {
      while (hooks_.paused && hooks_.paused() && !hooks_.cancel.cancelled()) std::this_thread::sleep_for(kPausePoll);
      if (hooks_.cancel.cancelled()) return {};
      Stopwatch clock;
      double progress = (epoch - 1 + double(b) / double(batches.size())) / settings_.epochs;
      float rate = scheduled_rate(schedule_, initial_rate_, progress, epoch - 1);
      std::size_t n = train_.read(batches[b]).size();
      if (n == 0) continue;
      ++step_;
      float loss = network_->train_step(train_.images(), train_.labels(), rate,
                                        hash_combine(settings_.seed, std::uint64_t(step_)));
      if (!std::isfinite(loss))
        return fail("training stopped at step " + std::to_string(step_) + " (epoch " + std::to_string(epoch) + ")", {},
                    "a finite loss", network_->last_error(),
                    "lower the learning rate; the last good model stays in use");
      loss_sum += double(loss) * double(n);
      seen += n;
      correct += std::size_t(network_->last_correct());
      double per_s = 1000.0 * double(n) / std::max(1e-3, clock.ms());
      images_per_s_ = images_per_s_ > 0 ? images_per_s_ + kRateSmoothing * (per_s - images_per_s_) : per_s;
      if (hooks_.on_step) hooks_.on_step({step_, epoch, settings_.epochs, loss, rate, images_per_s_});
    }
    if (seen == 0) return fail("training stopped", {}, "images of the labelled samples", "none that can be read");
    return end_epoch(epoch, loss_sum / double(seen), double(correct) / double(seen));
  }

  Result<void> end_epoch(int epoch, double train_loss, double train_accuracy) {
    EpochReport report{epoch, settings_.epochs, step_, train_accuracy, std::nullopt};
    // Smaller is better: first the share of errors where validation chooses, then the loss.
    std::pair<double, double> score{0, train_loss};
    if (validation_.size()) {
      double loss = 0;
      auto measured = validate(loss);
      if (!measured) return tl::make_unexpected(measured.error());
      if (hooks_.cancel.cancelled()) return {};
      report.validation = std::move(*measured);
      if (chooses_) score = {-report.validation->accuracy, loss};
    }
    if (best_weights_.empty() || score < best_score_) {
      best_score_ = score;
      best_weights_ = network_->save();
      result_.best_epoch = epoch;
      if (report.validation) result_.validation = *report.validation;
    }
    if (hooks_.on_epoch) hooks_.on_epoch(report);
    return {};
  }

  Result<Evaluation> validate(double& loss) {
    std::vector<float> probability;
    std::vector<ClassId> truth;
    std::vector<std::size_t> part;
    for (std::size_t from = 0; from < validation_.size() && !hooks_.cancel.cancelled(); from += kLoadChunk) {
      part.clear();
      for (std::size_t i = from; i < std::min(validation_.size(), from + kLoadChunk); ++i) part.push_back(i);
      std::size_t n = validation_.read(part).size();
      auto p = network_->predict(validation_.images(), n, nullptr);
      if (p.size() != n * std::size_t(classes_))
        return fail("cannot measure the network", {}, "predictions", network_->last_error());
      probability.insert(probability.end(), p.begin(), p.end());
      truth.insert(truth.end(), validation_.labels().begin(), validation_.labels().end());
    }
    loss = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      float p = probability[i * std::size_t(classes_) + std::size_t(truth[i])];
      loss -= std::log(std::max(double(p), 1e-12)) / double(truth.size());
    }
    auto e = evaluate(probability, truth, classes_);
    e.biased = biased_;
    e.basis = basis_;
    return e;
  }

  const TrainSettings settings_;
  const int classes_;
  const TrainHooks& hooks_;
  LabelledImages train_, validation_;
  InputSource& inputs_;
  std::shared_ptr<Network> network_;
  Schedule schedule_ = Schedule::constant;
  float initial_rate_ = 0;
  bool chooses_ = false, biased_ = false;
  std::string basis_;
  std::int64_t step_ = 0;
  double images_per_s_ = 0;
  std::vector<std::uint8_t> best_weights_;
  std::pair<double, double> best_score_;
  TrainResult result_;
};

}  // namespace

Result<TrainResult> train_network(const TrainSettings& settings, int classes, std::span<const TrainItem> train,
                                  std::span<const TrainItem> validation, InputSource& inputs, const TrainHooks& hooks,
                                  std::shared_ptr<Network> start) {
  return Run(settings, classes, train, validation, inputs, hooks).perform(start);
}

}  // namespace mp::ml
