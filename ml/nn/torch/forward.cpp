// See forward.h.
#include "ml/nn/torch/forward.h"

#include <utility>

#include "engine/base/hash.h"
#include "ml/nn/batch.h"

namespace mp::ml {
namespace {

constexpr double kNormMomentum = 0.1, kNormEpsilon = 1e-5;

at::Tensor apply_dropout(const at::Tensor& x, float rate, std::uint64_t seed) {
  auto mask = dropout_mask(std::size_t(x.numel()), rate, seed);
  auto m = at::from_blob(mask.data(), x.sizes(), at::kFloat).to(x.device());
  return x * (x.is_cpu() ? m.clone() : m);  // the graph keeps the mask longer than this vector lives
}

}  // namespace

std::vector<PlacedLayer> running_order(const PlacedNetwork& net) {
  auto layers = net.layers;
  for (std::size_t i = 0; i + 1 < layers.size(); ++i)
    if (layers[i].layer.kind == LayerKind::relu && layers[i + 1].layer.kind == LayerKind::max_pool)
      std::swap(layers[i], layers[i + 1]);
  return layers;
}

ForwardResult run_forward(const std::vector<PlacedLayer>& layers, int feature_layer,
                          const std::vector<at::Tensor>& parameters, at::Tensor images, bool training,
                          std::uint64_t seed) {
  ForwardResult result;
  at::Tensor x = std::move(images);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    auto& p = layers[i];
    auto& l = p.layer;
    auto weight = [&](int k) { return parameters[std::size_t(p.parameter + k)]; };
    auto bias = [&] { return l.bias ? weight(1) : at::Tensor(); };
    switch (l.kind) {
      case LayerKind::conv: x = at::conv2d(x, weight(0), bias(), l.stride, l.pad); break;
      case LayerKind::batch_norm:
        x = at::batch_norm(x, weight(0), weight(1), weight(2), weight(3), training, kNormMomentum, kNormEpsilon, true);
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
    }
    if (int(i) == feature_layer) result.features = x;
  }
  result.logits = x;
  return result;
}

}  // namespace mp::ml
