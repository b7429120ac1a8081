// The published baseline's training and its ceiling. Owned by the calling thread.
#pragma once
#include <span>
#include <vector>

#include "ml/detect/training.h"

namespace mp::ml {

/// As published: batches of `settings.batch`, images as they are, Adam with a rate that is halved when the validation
/// loss has not fallen for five epochs, at most `settings.epochs`, an end after ten without a better one, and the weights
/// of the best epoch. The tiles of a tenth of the images, by `settings.seed`, are the validation. `settings.minutes` ends it, too.
Result<DetectorRun> train_fixed(const DetectorSettings& settings, int classes, std::span<const Tile> tiles, const DetectorHooks& hooks);

/// For the detector "fixed" what was published, where a person said nothing else: batches of 8, rate 1e-4, 50 epochs.
void use_published_settings(DetectorSettings& settings, bool batch_said, bool rate_said, bool epochs_said);

/// What 100 places which are the same in every image can do: clusters (k-means) of the training's boxes, and an oracle
/// that gives each true box the place that overlaps it most, each place once an image, and its class. Detections with
/// score 1.
std::vector<std::vector<Detection>> fixed_ceiling(std::span<const std::vector<TrueBox>> train, std::span<const std::vector<TrueBox>> test, std::uint64_t seed);

}  // namespace mp::ml
