// What a network says about where it looked: class activation maps, Grad-CAM, gradients by the input, and the loss that
// guides its maps. Methods of TorchNetwork; see network.h.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "ml/nn/torch/loss.h"
#include "ml/nn/torch/network.h"

namespace mp::ml {
namespace {

std::vector<float> copied(const at::Tensor& t) {
  auto c = t.detach().to(at::kCPU, at::kFloat).contiguous();
  return {c.data_ptr<float>(), c.data_ptr<float>() + c.numel()};
}

/// The score of a class: its logit less the mean of all, because softmax does not see what the classes share. With one
/// output the second class's is the logit, the first's its negative.
at::Tensor score_of(const at::Tensor& logits, ClassId cls, bool one_output) {
  if (!one_output) return logits.select(1, cls) - logits.mean(1);
  return cls == 1 ? logits.select(1, 0) : -logits.select(1, 0);
}

/// Weights of the classes' scores, classes x channels, from those of the last dense layer.
at::Tensor score_weights(const at::Tensor& dense, bool one_output) {
  return one_output ? at::cat({-dense, dense}, 0) : dense - dense.mean(0, true);
}

/// 255 where a pixel's centre lies in one of the boxes.
void draw_boxes(std::span<const BoxRect> boxes, int px, std::span<std::uint8_t> out) {
  for (auto& b : boxes) {
    const auto edge = [&](float v) { return std::clamp(int(std::ceil(v - .5f)), 0, px); };
    for (int y = edge(b.y0); y < edge(b.y1); ++y)
      std::fill(out.begin() + y * px + edge(b.x0), out.begin() + y * px + std::max(edge(b.x0), edge(b.x1)), 255);
  }
}

}  // namespace

/// The values that predict, without a graph.
std::vector<at::Tensor> TorchNetwork::still_values() const {
  std::vector<at::Tensor> still;
  for (auto& v : average_ > 0 ? averaged_values_ : values_) still.push_back(v.detach());
  return still;
}

/// Weights of the last dense layer among the trained values, outputs x channels.
const at::Tensor& TorchNetwork::classifier() const { return values_[std::size_t(order_.back().parameter)]; }

/// The frame of every explanation: settings checked, exceptions turned into last_error().
template <class Result, class Work>
Result TorchNetwork::explained(std::size_t values, std::size_t n, ClassId cls, Work&& work) {
  last_error_.clear();
  try {
    if (values != n * image_bytes()) throw std::invalid_argument("as many values as n x side x side expected");
    if (cls < 0 || cls >= spec_.classes) throw std::invalid_argument("a class below the number of classes expected");
    use_threads(spec_.threads);
    return work();
  } catch (const std::exception& e) {
    last_error_ = first_line(e.what());
    return {};
  }
}

NetworkMaps TorchNetwork::class_maps(std::span<const std::uint8_t> images, std::size_t n) {
  return explained<NetworkMaps>(images.size(), n, 0, [&]() -> NetworkMaps {
    if (!has_class_maps(plan_))
      throw std::invalid_argument(spec_.name + " without a global pooling before its classifier");
    at::NoGradGuard no_grad;
    const auto values = still_values();
    NetworkMaps maps;
    for (std::size_t from = 0; from < n; from += predict_batch_) {
      const auto count = std::min(predict_batch_, n - from);
      const auto map = forward(values, input(images.subspan(from * image_bytes(), count * image_bytes())), false, 0).map;
      const auto weights = score_weights(values[std::size_t(order_.back().parameter)], spec_.one_output);
      const auto by_class = at::conv2d(map, weights.unsqueeze(2).unsqueeze(3));
      maps.side = int(map.size(3));
      const auto part = copied(by_class);
      maps.values.insert(maps.values.end(), part.begin(), part.end());
    }
    return maps;
  });
}

NetworkMaps TorchNetwork::grad_cam(std::span<const std::uint8_t> images, std::size_t n, ClassId cls) {
  return explained<NetworkMaps>(images.size(), n, cls, [&] {
    at::AutoGradMode grad(true);
    const auto values = still_values();
    NetworkMaps maps;
    for (std::size_t from = 0; from < n; from += predict_batch_) {
      const auto count = std::min(predict_batch_, n - from);
      auto x = channel_scaled(standardised(input(images.subspan(from * image_bytes(), count * image_bytes())), plan_.input), plan_.input);
      const auto seen = run_layers(order_, feature_layer_, values, x, false, 0, true);
      score_of(seen.logits, cls, spec_.one_output).sum().backward();
      const auto weights = seen.map.grad().mean({2, 3}, true);
      maps.side = int(seen.map.size(3));
      const auto part = copied((seen.map.detach() * weights).sum(1).relu());
      maps.values.insert(maps.values.end(), part.begin(), part.end());
    }
    return maps;
  });
}

std::vector<float> TorchNetwork::input_values(std::span<const std::uint8_t> images, std::size_t n) {
  return explained<std::vector<float>>(images.size(), n, 0, [&] {
    at::NoGradGuard no_grad;
    return copied(standardised(input(images), plan_.input));
  });
}

ScoreGradients TorchNetwork::input_gradients(std::span<const float> values, std::size_t n, ClassId cls) {
  return explained<ScoreGradients>(values.size(), n, cls, [&] {
    at::AutoGradMode grad(true);
    const auto still = still_values();
    const std::int64_t px = spec_.input_px;
    ScoreGradients out;
    for (std::size_t from = 0; from < n; from += predict_batch_) {
      const auto count = std::int64_t(std::min(predict_batch_, n - from));
      // Strides are told: with one channel the layout is not told by the shape.
      auto x = at::empty_strided({count, 1, px, px}, {px * px, 1, px, 1}, at::kFloat);
      std::copy_n(values.data() + from * image_bytes(), std::size_t(count) * image_bytes(), x.data_ptr<float>());
      x = x.to(device_).requires_grad_();
      const auto seen = run_layers(order_, feature_layer_, still, channel_scaled(x, plan_.input), false, 0);
      const auto scores = score_of(seen.logits, cls, spec_.one_output);
      scores.sum().backward();
      const auto s = copied(scores), g = copied(x.grad().view({count, px, px}));
      out.scores.insert(out.scores.end(), s.begin(), s.end());
      out.gradients.insert(out.gradients.end(), g.begin(), g.end());
    }
    return out;
  });
}

/// guidance_loss of the batch: the boxes turn with their images, and shrink to the map.
at::Tensor TorchNetwork::guidance(const at::Tensor& map, std::span<const ClassId> labels, const StepSettings& settings,
                                  const Augmentation& augmentation) {
  if (!has_class_maps(plan_))
    throw std::invalid_argument(spec_.name + " cannot be guided: it takes a global pooling before the classifier");
  if (settings.boxes.size() != labels.size()) throw std::invalid_argument("as many lists of boxes as labels expected");
  std::vector<std::uint8_t> drawn(labels.size() * image_bytes(), 0);
  for (std::size_t i = 0; i < labels.size(); ++i)
    draw_boxes(settings.boxes[i], spec_.input_px, std::span(drawn).subspan(i * image_bytes(), image_bytes()));
  const Augmentation turns{augmentation.flips_and_turns, 0};
  auto masks = at::adaptive_avg_pool2d(input(drawn, turns, settings.seed), {map.size(2), map.size(3)}).squeeze(1);
  std::vector<std::int64_t> wanted(labels.begin(), labels.end());
  auto rows = at::from_blob(wanted.data(), {std::int64_t(wanted.size())}, at::kLong).clone().to(device_);
  return guidance_loss(map, score_weights(classifier(), spec_.one_output).index_select(0, rows), masks);
}

}  // namespace mp::ml
