// See loss.h.
#include "ml/nn/torch/loss.h"

#include <vector>

namespace mp::ml {

Loss classification_loss(const at::Tensor& logits, std::span<const ClassId> labels, std::span<const float> weights,
                         float label_smoothing) {
  std::vector<std::int64_t> wanted(labels.begin(), labels.end());
  auto target = at::from_blob(wanted.data(), {std::int64_t(wanted.size())}, at::kLong).clone().to(logits.device());
  at::Tensor weight;
  if (!weights.empty())
    weight = at::from_blob(const_cast<float*>(weights.data()), {std::int64_t(weights.size())}, at::kFloat)
                 .clone()
                 .to(logits.device());
  Loss loss;
  if (logits.size(1) == 1) {
    auto z = logits.squeeze(1), y = target.to(at::kFloat);
    auto of_sample = weight.defined() ? weight.index_select(0, target) : at::ones_like(z);
    // -log sigmoid(z) for the second class, -log sigmoid(-z) for the first.
    auto mean = [&](const at::Tensor& wish) {
      auto each = at::binary_cross_entropy_with_logits(z, wish, {}, {}, at::Reduction::None);
      return (each * of_sample).sum() / of_sample.sum();
    };
    loss.cross_entropy = mean(y);
    loss.objective = label_smoothing > 0 ? mean(y * (1 - label_smoothing) + label_smoothing / 2) : loss.cross_entropy;
    loss.correct = z.gt(0).eq(y.gt(0)).sum();
    return loss;
  }
  auto log_p = logits.log_softmax(1);
  loss.cross_entropy = at::nll_loss(log_p, target, weight);
  loss.objective = loss.cross_entropy;
  if (label_smoothing > 0) {
    // As PyTorch's cross_entropy: the even part is weighted by class, too.
    auto even = weight.defined() ? -(log_p * weight).sum() / (weight.index_select(0, target).sum() * log_p.size(1))
                                 : -log_p.mean();
    loss.objective = loss.cross_entropy * (1 - label_smoothing) + even * label_smoothing;
  }
  loss.correct = logits.argmax(1).eq(target).sum();
  return loss;
}

at::Tensor guidance_loss(const at::Tensor& map, const at::Tensor& weights, const at::Tensor& masks) {
  constexpr double kNothing = 1e-6;  // a map without a positive value is neither right nor wrong
  auto of_label = (map * weights.unsqueeze(2).unsqueeze(3)).sum(1).relu();
  auto inside = (of_label * masks).sum({1, 2}) + kNothing, all = of_label.sum({1, 2}) + kNothing;
  auto guided = masks.amax({1, 2}).gt(0).to(at::kFloat);
  return -((inside / all).log() * guided).sum() / guided.sum().clamp_min(1);
}

at::Tensor contrastive_loss(const at::Tensor& projected, float temperature) {
  auto z = projected / projected.norm(2, 1, true).clamp_min(1e-12);
  auto n = z.size(0);
  auto similar = z.matmul(z.t()) / temperature;
  auto self = at::eye(n, z.options()).to(at::kBool);
  auto log_p = similar.masked_fill(self, -1e9).log_softmax(1);
  // The other view of row i is row i ^ 1.
  auto rows = at::arange(n, z.options().dtype(at::kLong));
  return at::nll_loss(log_p, rows + 1 - 2 * rows.remainder(2));
}

}  // namespace mp::ml
