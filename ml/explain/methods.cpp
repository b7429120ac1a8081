// See methods.h.
#include "ml/explain/methods.h"

#include <algorithm>
#include <cmath>

#include "ml/explain/occlusion.h"
#include "ml/explain/smooth.h"

namespace mp::ml {
namespace {

constexpr float kPixelSmoothing = .05f;  // of the side

/// Why a network gave nothing: its own words, or that it keeps no maps (a head on features).
tl::unexpected<Error> no_heat(const Network& network, HeatMethod method) {
  auto why = network.last_error();
  if (why.empty()) why = network.spec().name + ", which has no such maps";
  return fail("cannot make this heat", {}, "a network that " + std::string(name_of(method)) + " can look into", why,
              "Take another way: Grad-CAM, or occlusion, which works with every network");
}

}  // namespace

std::optional<HeatMethod> find_heat_method(std::string_view name) {
  const auto at = std::ranges::find(kHeatMethodNames, name);
  if (at == std::end(kHeatMethodNames)) return {};
  return HeatMethod(at - std::begin(kHeatMethodNames));
}

Result<std::vector<std::vector<HeatMap>>> class_activation_maps(Network& network, std::span<const std::uint8_t> images,
                                                                std::size_t n) {
  auto maps = network.class_maps(images, n);
  if (maps.values.empty()) return no_heat(network, HeatMethod::cam);
  const auto size = std::size_t(maps.side) * std::size_t(maps.side), classes = maps.values.size() / size / n;
  std::vector<std::vector<HeatMap>> out(n);
  auto from = maps.values.begin();
  for (auto& of_image : out)
    for (std::size_t c = 0; c < classes; ++c, from += std::ptrdiff_t(size))
      of_image.push_back({maps.side, maps.side, {from, from + std::ptrdiff_t(size)}});
  return out;
}

Result<Explanation> explain(Network& network, HeatMethod method, std::span<const std::uint8_t> image, ClassId cls,
                            const HeatSettings& settings) {
  const int px = network.spec().input_px;
  if (image.size() != std::size_t(px) * std::size_t(px) || cls < 0 || cls >= network.spec().classes)
    return fail("cannot make the heat", {}, "an image of " + std::to_string(px) + " x " + std::to_string(px) +
                " pixels and a class below " + std::to_string(network.spec().classes),
                std::to_string(image.size()) + " pixels, class " + std::to_string(cls));
  const auto gone = [&]() -> tl::unexpected<Error> {
    if (settings.cancel.cancelled()) return fail("cancelled");
    return no_heat(network, method);
  };
  switch (method) {
    case HeatMethod::cam: {
      auto maps = class_activation_maps(network, image, 1);
      if (!maps) return tl::make_unexpected(maps.error());
      return Explanation{std::move((*maps)[0][std::size_t(cls)])};
    }
    case HeatMethod::grad_cam: {
      auto map = network.grad_cam(image, 1, cls);
      if (map.values.empty()) return gone();
      return Explanation{{map.side, map.side, std::move(map.values)}};
    }
    case HeatMethod::integrated_gradients: {
      const auto values = network.input_values(image, 1);
      if (values.empty()) return gone();
      auto baseline = baseline_values(image, values, px, settings.baseline);
      if (settings.baseline == Baseline::black && std::ranges::count(image, image[0]) == std::ptrdiff_t(image.size()))
        baseline = network.input_values(std::vector<std::uint8_t>(image.size(), 0), 1);
      const auto gradients = [&](std::span<const float> v, std::size_t n) { return network.input_gradients(v, n, cls); };
      auto a = integrate_gradients(values, baseline, px, settings.steps,
                                   gradients, settings.cancel);
      if (!a) return gone();
      for (auto& v : a->map.values) v = std::abs(v);
      return Explanation{gaussian_smooth(a->map, kPixelSmoothing * float(px)), a->error};
    }
    case HeatMethod::occlusion: break;
  }
  const auto predict = [&](std::span<const std::uint8_t> images, std::size_t n) { return network.predict(images, n, nullptr); };
  auto map = occlude(image, px, cls, predict, settings.cancel);
  if (!map) return gone();
  return Explanation{std::move(*map)};
}

}  // namespace mp::ml
