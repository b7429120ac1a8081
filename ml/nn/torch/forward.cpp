// See forward.h.
#include "ml/nn/torch/forward.h"

#include <utility>

#include "engine/base/hash.h"
#include "ml/nn/batch.h"

namespace mp::ml {
namespace {

constexpr double kNormMomentum = 0.1, kNormEpsilon = 1e-5;
constexpr double kFlat = 0.02;  // added to an image's deviation: noise of an even image stays small

at::Tensor apply_dropout(const at::Tensor& x, float rate, std::uint64_t seed) {
  auto mask = dropout_mask(std::size_t(x.numel()), rate, seed);
  auto m = at::from_blob(mask.data(), x.sizes(), at::kFloat).to(x.device());
  return x * (x.is_cpu() ? m.clone() : m);  // the graph keeps the mask longer than this vector lives
}

}  // namespace

at::Tensor standardised(at::Tensor x, const InputScale& s) {
  if (!s.standardise) return x;
  auto mean = x.mean({1, 2, 3}, true);
  return (x - mean) / (x.std({1, 2, 3}, false, true) + kFlat);
}

at::Tensor channel_scaled(at::Tensor x, const InputScale& s) {
  if (s.scale != 1) x = x * s.scale;
  auto of_channels = [&](const std::array<float, 3>& v) {
    return at::from_blob(const_cast<float*>(v.data()), {1, s.channels, 1, 1}, at::kFloat).clone().to(x.device());
  };
  const std::array<float, 3> zeros{0, 0, 0}, ones{1, 1, 1};
  if (s.mean != zeros) x = x - of_channels(s.mean);
  if (s.deviation != ones) x = x / of_channels(s.deviation);
  if (x.size(1) != s.channels) x = x.expand({x.size(0), s.channels, x.size(2), x.size(3)});
  return s.channels > 1 ? x.contiguous(at::MemoryFormat::ChannelsLast) : x;
}

std::vector<PlacedLayer> running_order(const PlacedNetwork& net) {
  auto layers = net.layers;
  for (std::size_t i = 0; i + 1 < layers.size(); ++i)
    if (layers[i].layer.kind == LayerKind::relu && layers[i + 1].layer.kind == LayerKind::max_pool)
      std::swap(layers[i], layers[i + 1]);
  return layers;
}

ForwardResult run_forward(const InputScale& scale, const std::vector<PlacedLayer>& layers, int feature_layer,
                          const std::vector<at::Tensor>& parameters, at::Tensor images, bool training,
                          std::uint64_t seed) {
  return run_layers(layers, feature_layer, parameters, channel_scaled(standardised(std::move(images), scale), scale),
                    training, seed);
}

ForwardResult run_layers(const std::vector<PlacedLayer>& layers, int feature_layer,
                         const std::vector<at::Tensor>& parameters, at::Tensor images, bool training,
                         std::uint64_t seed, bool map_leaf) {
  ForwardResult result;
  at::Tensor x = std::move(images), branch;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    auto& p = layers[i];
    auto& l = p.layer;
    auto& value = l.branch ? branch : x;
    const bool pools = l.kind == LayerKind::global_average || l.kind == LayerKind::global_max;
    if (pools || l.kind == LayerKind::flatten) {
      if (map_leaf) x = x.detach().requires_grad_();
      result.map = x;
    }
    auto weight = [&](int k) { return parameters[std::size_t(p.parameter + k)]; };
    auto bias = [&] { return l.bias ? weight(1) : at::Tensor(); };
    switch (l.kind) {
      case LayerKind::conv: value = at::conv2d(value, weight(0), bias(), l.stride, l.pad); break;
      case LayerKind::batch_norm:
        value = at::batch_norm(value, weight(0), weight(1), weight(2), weight(3), training && weight(0).requires_grad(),
                            kNormMomentum, kNormEpsilon, true);
        break;
      // In place: no layer before a ReLU needs its own output for its gradient.
      case LayerKind::relu: x = x.relu_(); break;
      case LayerKind::max_pool: x = at::max_pool2d(x, l.kernel, l.stride, l.pad); break;
      case LayerKind::global_average: x = x.mean({2, 3}); break;
      case LayerKind::global_max: x = x.amax({2, 3}); break;
      case LayerKind::flatten: x = x.contiguous().flatten(1); break;
      case LayerKind::dense: x = at::linear(x, weight(0), bias()); break;
      case LayerKind::dropout:
        if (training && l.rate > 0) x = apply_dropout(x, l.rate, hash_combine(seed, i));
        break;
      case LayerKind::fork: branch = x; break;
      case LayerKind::join: x = x + branch; break;
    }
    if (int(i) == feature_layer) result.features = x;
  }
  result.logits = x;
  return result;
}

}  // namespace mp::ml
