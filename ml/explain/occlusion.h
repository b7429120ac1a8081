// Occlusion (Zeiler and Fergus 2014, section 4.2): how much probability a class loses when a grey square hides a part of
// the image. Works with whatever predicts. Pure; any thread.
#pragma once
#include <functional>
#include <optional>

#include "engine/base/channel.h"
#include "ml/data/types.h"
#include "ml/explain/heat.h"

namespace mp::ml {

/// Probabilities n x classes of images n x px x px; empty if it fails.
using PredictImages = std::function<std::vector<float>(std::span<const std::uint8_t> images, std::size_t n)>;

/// Side of the hiding square: an eighth of the image's; it moves by half of that.
int occlusion_window_px(int px);

/// px x px; each pixel has the mean loss over the squares that cover it. The squares have the image's mean grey. Empty
/// if predicting fails or it was cancelled.
std::optional<HeatMap> occlude(std::span<const std::uint8_t> image, int px, ClassId cls, const PredictImages& predict,
                               const CancelToken& cancel);

}  // namespace mp::ml
