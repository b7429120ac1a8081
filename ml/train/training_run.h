// One background training run: labelled images in, streamed steps and epochs out, best epoch kept. Runs on the caller's
// thread (the training thread or the command line).
#pragma once
#include <functional>
#include <optional>

#include "ml/data/pool.h"
#include "ml/metrics/classification.h"
#include "ml/nn/network.h"
#include "ml/train/train_settings.h"

namespace mp::ml {

struct TrainItem {
  SampleId id;
  ClassId cls;
};

/// Images of samples as network inputs: fills n x px x px bytes. Decodes on demand and remembers. Any error skips the
/// sample (`ok` 0) and is reported once.
class InputSource {
 public:
  virtual ~InputSource() = default;
  virtual void load(std::span<const SampleId> ids, int px, std::span<std::uint8_t> out, std::span<std::uint8_t> ok) = 0;
  /// Index of the layer that a sample is a patch of, -1 if of none: a left-out fold leaves layers out as a whole.
  virtual int layer(SampleId) const { return -1; }
};

struct StepReport {
  std::int64_t step = 0;         // since the start of the session's training
  int epoch = 0, epochs = 0;
  float loss = 0, learning_rate = 0;
  double images_per_s = 0;
  bool pretraining = false;      // loss is that of the two views of an image (pretrain.h)
};

struct EpochReport {
  int epoch = 0, epochs = 0;
  std::int64_t step = 0;
  double train_accuracy = 0;
  std::optional<Evaluation> validation;   // empty when there is nothing to validate on
};

struct TrainHooks {
  std::function<void(const StepReport&)> on_step;
  std::function<void(const EpochReport&)> on_epoch;
  std::function<bool()> paused;           // polled between steps
  CancelToken cancel;
  /// With settings.guide: the boxes of a sample that show its class, in shares of its sides (0 to 1); none: it is not
  /// guided. Null: no boxes at all.
  std::function<std::vector<BoxRect>(SampleId, ClassId)> boxes;
};

struct TrainResult {
  std::shared_ptr<Network> network;       // with the weights of its best epoch
  int best_epoch = 0;
  Evaluation validation;
  bool stopped = false;                   // by cancel
  int epochs = 0;                         // that were trained
  std::string ended_by;                   // "" all epochs; else why earlier: for the person
  std::string weights_left_alone;         // of settings.weights: what did not fit the head, by name
  std::optional<std::uint64_t> pretrain_seed;  // of the start, where an earlier round pretrained it; set by who did
  std::string problem;                    // a loss that is not finite: at which step; the network is the best before
};

/// Trains on `train`, validates on `validation` (held-out source labels) or, when that is empty, on one stratified fold
/// of `train` that is left out (marked biased; without one where a class has a single label; of layers whole groups of
/// ten, or single ones, where each class lies in two of them). The best epoch is the one
/// with the best validation accuracy (then the smallest loss) on the left-out fold or with choose_by_validation;
/// held-out samples choose nothing, so with them, or without validation, it is the epoch with the smallest training
/// loss. Early stopping, the accuracy to stop at and the plateau schedule look at what chooses; beside held-out samples
/// a fold of `train` is left out for them; without one the accuracy to stop at is not heeded. `start` gives first weights (same network and side; classes may have been
/// added) and is not changed. Samples whose image cannot be read are skipped. Errors: fewer than two classes with labels, no module, weights that do
/// not fit, a loss that is not finite in the first epoch (says at which step; later ones end the run as a problem).
Result<TrainResult> train_network(const TrainSettings& settings, int classes, std::span<const TrainItem> train,
                                  std::span<const TrainItem> validation, InputSource& inputs, const TrainHooks& hooks,
                                  std::shared_ptr<Network> start = nullptr);

}  // namespace mp::ml
