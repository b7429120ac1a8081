// See detector_net.h.
#include "ml/nn/torch/detector_net.h"

#include <cmath>

#include "engine/base/hash.h"

namespace mp::ml {
namespace {

constexpr double kNormEpsilon = 1e-3, kNormMomentum = .03;  // of long runs with small batches

}  // namespace

std::int64_t DetectorNet::Tensor::size() const {
  std::int64_t n = 1;
  for (auto s : shape) n *= s;
  return n;
}

int DetectorNet::add(std::string name, int in, int out, int kernel, int stride, bool norm) {
  layers_.push_back({name, in, out, kernel, stride, norm, int(tensors_.size())});
  tensors_.push_back({name + ".weight", {out, in, kernel, kernel}, false, true});
  if (norm) {
    tensors_.push_back({name + ".norm.weight", {out}});
    tensors_.push_back({name + ".norm.bias", {out}});
    tensors_.push_back({name + ".norm.running_mean", {out}, true});
    tensors_.push_back({name + ".norm.running_var", {out}, true});
  } else {
    tensors_.push_back({name + ".bias", {out}});
  }
  return int(layers_.size()) - 1;
}

DetectorNet::DetectorNet(int classes) {
  constexpr int kWidths[] = {32, 64, 128, 160}, kBlocks[] = {1, 1, 2, 1}, kPyramid = 64;
  int in = 4;
  for (int s = 0; s < 4; ++s) {
    const std::string name = "stage" + std::to_string(s + 1);
    Stage stage;
    stage.down = add(name + ".down", in, kWidths[s], 3, 2);
    in = kWidths[s];
    for (int b = 0; b < kBlocks[s]; ++b) {
      const std::string block = name + ".block" + std::to_string(b + 1);
      const int first = add(block + ".conv1", in, in, 3, 1);
      stage.blocks.emplace_back(first, add(block + ".conv2", in, in, 3, 1));
    }
    stages_.push_back(std::move(stage));
  }
  for (int i = 0; i < 3; ++i) lateral_[i] = add("pyramid.lateral" + std::to_string(i + 1), kWidths[i + 1], kPyramid, 1, 1);
  smooth_ = add("pyramid.smooth", kPyramid, kPyramid, 3, 1);
  class_head_ = add("classes.conv", kPyramid, kPyramid, 3, 1);
  class_out_ = add("classes.out", kPyramid, classes, 1, 1, false);
  box_head_ = add("boxes.conv", kPyramid, kPyramid, 3, 1);
  box_out_ = add("boxes.out", kPyramid, 4, 1, 1, false);
}

std::vector<at::Tensor> DetectorNet::initial(std::uint64_t seed) const {
  std::vector<at::Tensor> out;
  for (const auto& t : tensors_) out.push_back(at::zeros(t.shape));
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const auto& c = layers_[l];
    auto* values = out[std::size_t(c.parameter)].data_ptr<float>();
    Rng rng(hash_combine(seed, l));
    const bool last = int(l) == class_out_ || int(l) == box_out_;
    const float deviation = last ? .01f : std::sqrt(2.f / float(c.in * c.kernel * c.kernel));
    for (std::int64_t i = 0; i < tensors_[std::size_t(c.parameter)].size(); ++i) values[i] = rng.normal() * deviation;
    if (c.norm) {
      out[std::size_t(c.parameter) + 1].fill_(1);
      out[std::size_t(c.parameter) + 4].fill_(1);
    }
  }
  // A block starts as the identity: its second norm adds nothing yet.
  for (const auto& s : stages_)
    for (const auto& [first, second] : s.blocks) out[std::size_t(layers_[std::size_t(second)].parameter) + 1].zero_();
  out[std::size_t(layers_[std::size_t(class_out_)].parameter) + 1].fill_(-std::log(99.f));
  out[std::size_t(layers_[std::size_t(box_out_)].parameter) + 1].fill_(1.5f);
  return out;
}

template <class Conv>
DetectorOutput DetectorNet::forward(at::Tensor x, const Conv& conv) const {
  const auto relu = [](at::Tensor t) { return t.relu_(); };
  at::Tensor levels[4];
  for (std::size_t s = 0; s < 4; ++s) {
    x = relu(conv(stages_[s].down, x));
    for (const auto& [first, second] : stages_[s].blocks) x = relu(conv(second, relu(conv(first, x))) + x);
    levels[s] = x;
  }
  at::Tensor p;
  for (int i = 2; i >= 0; --i) {
    const auto& level = levels[i + 1];
    auto lateral = conv(lateral_[i], level);
    p = p.defined() ? lateral + at::upsample_nearest2d(p, {level.size(2), level.size(3)}) : lateral;
  }
  p = relu(conv(smooth_, relu(p)));
  return {conv(class_out_, relu(conv(class_head_, p))), conv(box_out_, relu(conv(box_head_, p)))};
}

DetectorOutput DetectorNet::run(const at::Tensor& images, const std::vector<at::Tensor>& values, bool training) const {
  return forward(images, [&](int layer, const at::Tensor& x) {
    const auto& c = layers_[std::size_t(layer)];
    const auto* v = &values[std::size_t(c.parameter)];
    if (!c.norm) return at::conv2d(x.to(at::kFloat), v[0], v[1], c.stride, c.kernel / 2);
    return at::batch_norm(at::conv2d(x, v[0].to(x.scalar_type()), {}, c.stride, c.kernel / 2), v[1], v[2], v[3], v[4], training, kNormMomentum,
                          kNormEpsilon, false);
  });
}

std::vector<at::Tensor> DetectorNet::folded(const std::vector<at::Tensor>& values, at::ScalarType type) const {
  std::vector<at::Tensor> out;
  for (const auto& c : layers_) {
    const auto* v = &values[std::size_t(c.parameter)];
    if (!c.norm) {
      out.push_back(v[0].clone());
      out.push_back(v[1].clone());
      continue;
    }
    const auto scale = v[1] / (v[4] + kNormEpsilon).sqrt();
    out.push_back((v[0] * scale.view({-1, 1, 1, 1})).contiguous(at::MemoryFormat::ChannelsLast).to(type));
    out.push_back((v[2] - v[3] * scale).to(type));
  }
  return out;
}

DetectorOutput DetectorNet::run_folded(const at::Tensor& images, const std::vector<at::Tensor>& folded) const {
  // One image on one thread: LibTorch's own choice would be the slow way, not oneDNN.
  const bool direct = images.device().is_cpu() && at::hasMKLDNN();
  return forward(images, [&](int layer, const at::Tensor& in) {
    const auto& c = layers_[std::size_t(layer)];
    const auto x = c.norm ? in : in.to(at::kFloat);
    const auto& w = folded[std::size_t(layer) * 2];
    const auto& b = folded[std::size_t(layer) * 2 + 1];
    const std::int64_t stride[] = {c.stride, c.stride}, pad[] = {c.kernel / 2, c.kernel / 2}, one[] = {1, 1};
    return direct ? at::mkldnn_convolution(x, w, b, pad, stride, one, 1) : at::conv2d(x, w, b, stride, pad);
  });
}

}  // namespace mp::ml
