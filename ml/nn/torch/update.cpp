// See update.h.
#include "ml/nn/torch/update.h"

#include <cmath>

namespace mp::ml {
namespace {
constexpr float kBeta1 = 0.9f, kBeta2 = 0.999f, kEpsilon = 1e-8f;
constexpr float kMomentum = 0.9f, kRmsDecay = 0.99f;
}  // namespace

Update::Update(Optimiser kind, std::int64_t size, const at::TensorOptions& options) : kind_(kind) {
  if (kind != Optimiser::rmsprop) first_ = at::zeros({size}, options);
  if (kind != Optimiser::sgd) second_ = at::zeros({size}, options);
}

void Update::forget() {
  if (first_.defined()) first_.zero_();
  if (second_.defined()) second_.zero_();
  steps_ = 0;
}

void Update::step(at::Tensor& values, const at::Tensor& gradient, float learning_rate, float decay,
                  std::int64_t decaying) {
  ++steps_;
  switch (kind_) {
    case Optimiser::adamw:
      if (decay > 0 && decaying > 0) values.narrow(0, 0, decaying).mul_(1 - learning_rate * decay);
      [[fallthrough]];
    case Optimiser::adam: {
      double correction1 = 1 - std::pow(double(kBeta1), double(steps_));
      double correction2 = 1 - std::pow(double(kBeta2), double(steps_));
      first_.lerp_(gradient, 1 - kBeta1);
      second_.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
      auto scale = second_.sqrt().div_(std::sqrt(correction2)).add_(kEpsilon);
      values.addcdiv_(first_, scale, -learning_rate / correction1);
      break;
    }
    case Optimiser::sgd:
      first_.mul_(steps_ == 1 ? 0.f : kMomentum).add_(gradient);
      values.add_(first_, -learning_rate);
      break;
    case Optimiser::rmsprop:
      second_.mul_(kRmsDecay).addcmul_(gradient, gradient, 1 - kRmsDecay);
      values.addcdiv_(gradient, second_.sqrt().add_(kEpsilon), -learning_rate);
      break;
  }
}

}  // namespace mp::ml
