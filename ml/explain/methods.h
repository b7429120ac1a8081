// The ways to ask a network where it looked, behind one call. One Network belongs to one thread at a time.
#pragma once
#include <limits>
#include <string>

#include "ml/explain/integrated_gradients.h"

namespace mp::ml {

enum class HeatMethod : std::uint8_t { cam, grad_cam, integrated_gradients, occlusion };
constexpr std::string_view kHeatMethodNames[] = {"cam", "grad-cam", "ig", "occlusion"};
constexpr std::string_view name_of(HeatMethod m) { return kHeatMethodNames[std::uint8_t(m)]; }
std::optional<HeatMethod> find_heat_method(std::string_view name);

struct HeatSettings {
  Baseline baseline = kDefaultBaseline;  // of Integrated Gradients, and its points
  int steps = kDefaultSteps;
  CancelToken cancel;
};

struct Explanation {
  /// cam: signed, in shares of the score, side x side of the last feature maps. grad-cam: the same maps, not negative.
  /// ig: absolute, px x px, smoothed over a twentieth of the side, because single pixels are noise. occlusion: lost
  /// probability, px x px.
  HeatMap map;
  double error = std::numeric_limits<double>::quiet_NaN();  // completeness of Integrated Gradients
};

/// The heat of one class for one image (px x px bytes of the network's input side). Errors: the method does not fit the
/// network (says which does), a class that it does not know, failures of the network, "cancelled".
Result<Explanation> explain(Network& network, HeatMethod method, std::span<const std::uint8_t> image, ClassId cls,
                            const HeatSettings& settings);

/// The class activation maps of every class, for images at once; by image, then class. Errors: as explain.
Result<std::vector<std::vector<HeatMap>>> class_activation_maps(Network& network, std::span<const std::uint8_t> images,
                                                                std::size_t n);

}  // namespace mp::ml
