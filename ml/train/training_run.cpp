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
#include "engine/base/log.h"
#include "ml/nn/plan.h"
#include "ml/nn/weights.h"
#include "ml/train/batches.h"
#include "ml/train/feature_head.h"
#include "ml/train/labelled_images.h"
#include "ml/train/start_weights.h"

namespace mp::ml {
namespace {

constexpr std::size_t kMaxValidation = 5000;       // an epoch's measuring stays short
constexpr auto kPausePoll = std::chrono::milliseconds(20);
constexpr double kRateSmoothing = 0.1;
constexpr int kPlateauEpochs = 5;
constexpr float kPlateauFactor = 0.5f;
constexpr int kLayersTogether = 10;                // neighbouring layers look alike: as the instant tier leaves out

class Run {
 public:
  Run(const TrainSettings& settings, int classes, std::span<const TrainItem> train,
      std::span<const TrainItem> validation, InputSource& inputs, const TrainHooks& hooks)
      : settings_(settings), classes_(classes), hooks_(hooks), train_(train, settings.input_px, inputs),
        validation_(validation, settings.input_px, inputs), fold_({}, settings.input_px, inputs), inputs_(inputs) {}

  Result<TrainResult> perform(const std::shared_ptr<Network>& start) {
    if (auto ok = prepare(start); !ok) return tl::make_unexpected(ok.error());
    const auto plus = settings_.network.find('+');
    const auto head = plus == std::string::npos ? std::string() : settings_.network.substr(plus + 1);
    // With only the head to train, the backbone stays as its weights or its first values are.
    const int epochs = !head.empty() && settings_.part == "head" ? 0 : settings_.epochs;
    for (int epoch = 1; epoch <= epochs && !over(); ++epoch)
      if (auto ok = run_epoch(epoch); !ok) return tl::make_unexpected(ok.error());
    if (!best_weights_.empty())
      if (auto ok = network_->load(best_weights_); !ok) return tl::make_unexpected(ok.error());
    if (!head.empty())
      if (auto ok = fit_features(head); !ok) return tl::make_unexpected(ok.error());
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
    auto spec = network_spec(settings_, classes_);
    if (!spec) return tl::make_unexpected(spec.error());
    if (settings_.guide > 0 && !hooks_.boxes)
      return fail("cannot guide the training", {}, "accepted boxes on some images", "none", "draw or import some, or set guide to 0");
    spec->seed = hash_combine(settings_.seed, 0);
    for (auto* set : {&train_, &validation_})
      for (auto c : set->classes())
        if (c < 0 || c >= classes_)
          return fail("cannot train", {}, "labels below " + std::to_string(classes_), std::to_string(c));
    if (auto ok = check_labels(""); !ok) return ok;
    auto made = make_network(*spec);
    if (!made) return tl::make_unexpected(made.error());
    network_ = std::move(*made);
    if (start && start->spec().name == spec->name && start->spec().input_px == settings_.input_px) {
      auto bytes = transfer_weights(start->save(), network_->save());
      if (!bytes) return tl::make_unexpected(bytes.error());
      if (auto ok = network_->load(*bytes); !ok) return ok;
    } else if (!settings_.weights.empty()) {
      auto left_alone = load_start_weights(*network_, settings_);
      if (!left_alone) return tl::make_unexpected(left_alone.error());
      result_.weights_left_alone = *left_alone;
    }
    train_.drop_unreadable(hooks_.cancel);
    if (auto ok = check_labels(": too many images cannot be read"); !ok) return ok;
    choose_validation();
    auto& plan = *find_plan(spec->name);
    schedule_ = schedule_of(settings_, plan);
    initial_rate_ = settings_.learning_rate * plan.rate_scale;
    if (settings_.balance) class_weights_ = balanced_weights(train_.classes(), classes_);
    return {};
  }

  /// A head on the features of the network in place of its own.
  Result<void> fit_features(const std::string& kind) {
    std::vector<float> features, part;
    std::vector<ClassId> cls;
    std::vector<std::size_t> indices;
    for (std::size_t from = 0; from < train_.size(); from += kLoadChunk) {
      if (hooks_.cancel.cancelled()) return {};
      indices.clear();
      for (std::size_t i = from; i < std::min(train_.size(), from + kLoadChunk); ++i) indices.push_back(i);
      const std::size_t n = train_.read(indices).size();
      if (network_->predict(train_.images(), n, &part).empty() && n)
        return fail("cannot fit the head " + kind, {}, "features", network_->last_error());
      features.insert(features.end(), part.begin(), part.end());
      cls.insert(cls.end(), train_.labels().begin(), train_.labels().end());
    }
    auto head = fit_head(kind, std::move(features), std::size_t(network_->feature_dim()), cls, classes_, settings_.seed);
    if (!head) return tl::make_unexpected(head.error());
    network_ = with_head(network_, std::move(*head), settings_.network);
    EpochReport report{result_.epochs, settings_.epochs, step_, 0, std::nullopt};
    auto* measured = validation_.size() ? &validation_ : fold_.size() ? &fold_ : nullptr;
    if (!measured) return {};
    double loss = 0;
    auto e = measure(*measured, loss);
    if (!e) return tl::make_unexpected(e.error());
    result_.validation = *e;
    report.validation = std::move(*e);
    report.train_accuracy = std::numeric_limits<double>::quiet_NaN();
    if (hooks_.on_epoch) hooks_.on_epoch(report);
    return {};
  }

  void choose_validation() {
    const std::size_t given = validation_.size();
    validation_.keep(stratified_subset(validation_.classes(), kMaxValidation, settings_.seed));
    validation_.drop_unreadable(hooks_.cancel);
    const bool held_out = validation_.size() > 0;
    if (held_out) {
      basis_ = "held-out, " + std::to_string(validation_.size()) +
               (given > kMaxValidation ? " of " + std::to_string(given) : "") + " samples";
      if (settings_.choose_by_validation) chooser_ = &validation_;
      const bool asks = settings_.patience > 0 || settings_.stop_accuracy > 0 || settings_.schedule == "plateau";
      if (chooser_ || !asks) return;
    }
    auto [fold, what] = left_out_part();
    if (!held_out) result_.validation.biased = biased_ = true;
    if (fold.left_out.empty()) {
      if (settings_.stop_accuracy > 0)
        log::warn("training: nothing measures the accuracy to stop at (that takes two labels of each class and two folds): all epochs are trained");
      if (held_out) return;
      result_.validation.classes = classes_;
      result_.validation.basis = "no validation: it takes two labels of each class";
      return;
    }
    std::vector<TrainItem> left_out;
    for (auto i : fold.left_out) left_out.push_back(train_.item(i));
    fold_ = LabelledImages(left_out, settings_.input_px, inputs_);
    train_.keep(fold.kept);
    chooser_ = &fold_;
    if (!held_out) basis_ = what + ", " + std::to_string(left_out.size()) + " labels";
  }

  /// Whole groups of layers, else whole layers, else samples; and what it is called.
  std::pair<Fold, std::string> left_out_part() const {
    const auto classes = train_.classes();
    const auto seed = hash_combine(settings_.seed, 1);
    std::vector<int> layers;
    for (std::size_t i = 0; i < train_.size(); ++i) layers.push_back(inputs_.layer(train_.item(i).id));
    const bool layered = std::ranges::any_of(layers, [](int l) { return l >= 0; });
    for (int together : {kLayersTogether, 1}) {
      if (!layered) break;
      auto groups = layers;
      for (auto& g : groups) g = g < 0 ? g : g / together;
      if (auto fold = leave_groups_out(classes, groups, settings_.folds, seed); !fold.left_out.empty())
        return {std::move(fold), "left-out layers"};
    }
    return {leave_fold_out(classes, settings_.folds, seed), layered ? "left-out fold of layers that train too" : "left-out fold"};
  }

  bool over() const { return hooks_.cancel.cancelled() || !result_.ended_by.empty() || !result_.problem.empty(); }

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
      float rate = plateau_ * scheduled_rate(schedule_, initial_rate_, progress, epoch - 1);
      const auto read = train_.read(batches[b]);
      std::size_t n = read.size();
      if (n == 0) continue;
      ++step_;
      guide_by(read);
      float loss = network_->train_step(train_.images(), train_.labels(),
                                        {rate, hash_combine(settings_.seed, std::uint64_t(step_)), class_weights_,
                                         settings_.augment, boxes_, settings_.guide});
      if (!std::isfinite(loss)) return not_finite(epoch);
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

  /// The boxes of a batch in pixels of the input.
  void guide_by(std::span<const std::size_t> batch) {
    boxes_.clear();
    if (settings_.guide <= 0 || !hooks_.boxes) return;
    const auto px = float(settings_.input_px);
    for (auto i : batch) {
      const auto& item = train_.item(i);
      boxes_.push_back(hooks_.boxes(item.id, item.cls));
      for (auto& r : boxes_.back()) r = {r.x0 * px, r.y0 * px, r.x1 * px, r.y1 * px};
    }
  }

  /// What was good before stays: the best epoch of this run, or the network of the one before.
  Result<void> not_finite(int epoch) {
    auto bad = fail("training stopped at step " + std::to_string(step_) + " (epoch " + std::to_string(epoch) + ")", {},
                    "a finite loss", network_->last_error(),
                    best_weights_.empty() ? "lower the learning rate; the last good model stays in use"
                                          : "lower the learning rate; the model of epoch " +
                                                std::to_string(result_.best_epoch) + " is kept");
    if (best_weights_.empty()) return bad;
    result_.problem = bad.value().message();
    return {};
  }

  Result<void> end_epoch(int epoch, double train_loss, double train_accuracy) {
    EpochReport report{epoch, settings_.epochs, step_, train_accuracy, std::nullopt};
    // Smaller is better: first the share of errors where something chooses, then the loss.
    std::pair<double, double> score{0, train_loss};
    double accuracy = train_accuracy;
    if (chooser_) {
      double loss = 0;
      auto measured = measure(*chooser_, loss);
      if (!measured) return tl::make_unexpected(measured.error());
      accuracy = measured->accuracy;
      score = {-accuracy, loss};
      if (!validation_.size() || chooser_ == &validation_) report.validation = std::move(*measured);
    }
    if (validation_.size() && chooser_ != &validation_) {
      double loss = 0;
      auto measured = measure(validation_, loss);
      if (!measured) return tl::make_unexpected(measured.error());
      report.validation = std::move(*measured);
    }
    if (hooks_.cancel.cancelled()) return {};
    result_.epochs = epoch;
    if (best_weights_.empty() || score < best_score_) {
      best_score_ = score;
      best_weights_ = network_->save();
      result_.best_epoch = epoch;
      if (report.validation) result_.validation = *report.validation;
    }
    if (hooks_.on_epoch) hooks_.on_epoch(report);
    slow_down(epoch, score.second);
    if (chooser_ && settings_.stop_accuracy > 0 && accuracy >= double(settings_.stop_accuracy))
      result_.ended_by = "accuracy " + std::to_string(accuracy).substr(0, 5) + " reached in epoch " + std::to_string(epoch);
    else if (settings_.patience > 0 && epoch - result_.best_epoch >= settings_.patience)
      result_.ended_by = "no better epoch after " + std::to_string(result_.best_epoch);
    return {};
  }

  /// Reduce on plateau: half the rate after kPlateauEpochs without a smaller loss.
  void slow_down(int epoch, double loss) {
    if (loss < least_loss_) {
      least_loss_ = loss;
      plateau_since_ = epoch;
    } else if (schedule_ == Schedule::plateau && epoch - plateau_since_ >= kPlateauEpochs) {
      plateau_ *= kPlateauFactor;
      plateau_since_ = epoch;
    }
  }

  Result<Evaluation> measure(LabelledImages& set, double& loss) {
    std::vector<float> probability;
    std::vector<ClassId> truth;
    std::vector<std::size_t> part;
    for (std::size_t from = 0; from < set.size() && !hooks_.cancel.cancelled(); from += kLoadChunk) {
      part.clear();
      for (std::size_t i = from; i < std::min(set.size(), from + kLoadChunk); ++i) part.push_back(i);
      std::size_t n = set.read(part).size();
      auto p = network_->predict(set.images(), n, nullptr);
      if (p.size() != n * std::size_t(classes_))
        return fail("cannot measure the network", {}, "predictions", network_->last_error());
      probability.insert(probability.end(), p.begin(), p.end());
      truth.insert(truth.end(), set.labels().begin(), set.labels().end());
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
  LabelledImages train_, validation_, fold_;
  LabelledImages* chooser_ = nullptr;  // of the best epoch: validation_, fold_, or none (the training loss)
  InputSource& inputs_;
  std::shared_ptr<Network> network_;
  Schedule schedule_ = Schedule::constant;
  float initial_rate_ = 0;
  std::vector<float> class_weights_;
  std::vector<std::vector<BoxRect>> boxes_;  // of the batch
  float plateau_ = 1;
  int plateau_since_ = 0;
  double least_loss_ = std::numeric_limits<double>::infinity();
  bool biased_ = false;
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
