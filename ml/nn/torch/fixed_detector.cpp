// "An approach to defect detection in metal additive manufacturing": three blocks of convolution, batch norm and ReLU
// (64, 128 and 256 channels: their statistics are the published 896), then for the classes and for the boxes each a
// convolution, global average pooling and a dense layer of 100 x classes and 100 x 4 outputs. Binary cross entropy of the
// classes plus mean squared error of the coordinates, equal weights, Adam. The k-th true box is the target of the k-th
// output. Widths of the heads are not published: 256. Owned by one thread at a time; exceptions end here.
#include "ml/nn/torch/fixed_detector.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "ml/nn/safetensors.h"
#include "ml/nn/torch/network.h"

namespace mp::ml {
namespace {

constexpr int kBlocks[] = {64, 128, 256}, kHead = 256;
constexpr double kNormMomentum = .01, kNormEpsilon = 1e-3;
constexpr float kBeta1 = .9f, kBeta2 = .999f, kEpsilon = 1e-7f;
constexpr std::size_t kPredictBatch = 16;

class FixedDetector final : public Detector {
 public:
  FixedDetector(const DetectorSpec& spec, at::Device device) : spec_(spec), device_(device) {
    auto generator = at::detail::createCPUGenerator(spec.seed);
    int in = 1;
    const auto uniform = [&](std::vector<std::int64_t> shape, std::int64_t fan_in, std::int64_t fan_out) {   // Glorot
      const double limit = std::sqrt(6. / double(fan_in + fan_out));
      return at::empty(shape).uniform_(-limit, limit, generator);
    };
    for (int b = 0; b < 3; ++b) {
      const auto name = "block" + std::to_string(b + 1);
      add(name + ".weight", uniform({kBlocks[b], in, 3, 3}, 9 * in, 9 * kBlocks[b]));
      add(name + ".bias", at::zeros({kBlocks[b]}));
      add(name + ".norm.weight", at::ones({kBlocks[b]}));
      add(name + ".norm.bias", at::zeros({kBlocks[b]}));
      add(name + ".norm.mean", at::zeros({kBlocks[b]}), true);
      add(name + ".norm.variance", at::ones({kBlocks[b]}), true);
      in = kBlocks[b];
    }
    for (const auto& [name, outputs] : {std::pair("classes", kFixedBoxes * spec.classes), std::pair("boxes", kFixedBoxes * 4)}) {
      add(std::string(name) + ".weight", uniform({kHead, in, 3, 3}, 9 * in, 9 * kHead));
      add(std::string(name) + ".bias", at::zeros({kHead}));
      add(std::string(name) + ".dense.weight", uniform({outputs, kHead}, kHead, outputs));
      add(std::string(name) + ".dense.bias", at::zeros({outputs}));
    }
  }

  const DetectorSpec& spec() const override { return spec_; }
  std::size_t parameters() const override {
    std::size_t n = 0;
    for (const auto& p : parts_) n += std::size_t(p.value.numel());
    return n;
  }
  std::string last_error() const override { return error_; }

  float train_step(std::span<const std::uint8_t> images, std::span<const std::vector<TrueBox>> boxes, float learning_rate) override {
    return guarded([&] {
      at::AutoGradMode grad(true);
      for (auto& p : parts_)
        if (!p.buffer) p.value.mutable_grad() = at::Tensor();
      const auto loss = loss_of(images, boxes, true);
      const float value = loss.item<float>();
      if (!std::isfinite(value)) throw std::runtime_error("the loss is not finite");
      loss.backward();
      at::NoGradGuard no_grad;
      ++steps_;
      const double correction1 = 1 - std::pow(double(kBeta1), double(steps_)), correction2 = 1 - std::pow(double(kBeta2), double(steps_));
      for (auto& p : parts_) {
        if (p.buffer) continue;
        const auto g = p.value.grad();
        p.first.lerp_(g, 1 - kBeta1);
        p.second.mul_(kBeta2).addcmul_(g, g, 1 - kBeta2);
        p.value.addcdiv_(p.first, p.second.sqrt().div_(std::sqrt(correction2)).add_(kEpsilon), -learning_rate / correction1);
      }
      return value;
    });
  }

  float loss(std::span<const std::uint8_t> images, std::span<const std::vector<TrueBox>> boxes) override {
    return guarded([&] {
      at::NoGradGuard no_grad;
      return loss_of(images, boxes, false).item<float>();
    });
  }

  std::vector<std::vector<Detection>> predict(std::span<const std::uint8_t> images, std::size_t n, float min_score) override {
    std::vector<std::vector<Detection>> out;
    const float ok = guarded([&] {
      at::NoGradGuard no_grad;
      const std::size_t size = std::size_t(spec_.input_px) * std::size_t(spec_.input_px);
      if (images.size() != n * size) throw std::invalid_argument("as many image bytes as n x side x side expected");
      const float px = float(spec_.input_px);
      for (std::size_t from = 0; from < n; from += kPredictBatch) {
        const std::size_t count = std::min(kPredictBatch, n - from);
        const auto [logits, raw] = run(images.subspan(from * size, count * size), false);
        const auto scores = logits.sigmoid().to(at::kCPU).contiguous(), rects = raw.to(at::kCPU).contiguous();
        const float *s = scores.data_ptr<float>(), *r = rects.data_ptr<float>();
        for (std::size_t i = 0; i < count; ++i) {
          auto& found = out.emplace_back();
          for (int k = 0; k < kFixedBoxes; ++k, r += 4)
            for (int c = 0; c < spec_.classes; ++c, ++s)
              if (*s >= min_score && r[2] > 0 && r[3] > 0)
                found.push_back({{std::clamp(r[0], 0.f, 1.f) * px, std::clamp(r[1], 0.f, 1.f) * px, std::clamp(r[0] + r[2], 0.f, 1.f) * px, std::clamp(r[1] + r[3], 0.f, 1.f) * px}, ClassId(c), *s});
        }
      }
      return 0.f;
    });
    if (std::isnan(ok)) out.clear();
    return out;
  }

  std::vector<float> heat(std::span<const std::uint8_t>, std::size_t) override {
    error_ = "the network with fixed boxes has no places whose scores could be shown";
    return {};
  }

  std::vector<std::uint8_t> save() const override {
    std::vector<NamedTensor> tensors;
    for (const auto& p : parts_) {
      const auto c = p.value.detach().to(at::kCPU).contiguous();
      tensors.push_back({p.name, c.sizes().vec(), {c.data_ptr<float>(), c.data_ptr<float>() + c.numel()}});
    }
    return write_safetensors(tensors, {{"detector", spec_.name}, {"classes", std::to_string(spec_.classes)}, {"input_px", std::to_string(spec_.input_px)}});
  }

  Result<void> load(std::span<const std::uint8_t> bytes) override {
    const auto file = read_safetensors(bytes);
    if (!file) return tl::make_unexpected(file.error());
    const auto wrong = [](const std::string& expected, const std::string& found) { return fail("these are not this detector's weights", {}, expected, found, "train the detector again"); };
    std::vector<at::Tensor> values;
    for (const auto& p : parts_) {
      const auto* view = file->find(p.name);
      if (!view) return wrong(p.name, "no such tensor");
      if (view->dtype != "F32" || view->shape != p.value.sizes().vec()) return wrong(p.name + " in float32 and its shape", "another type or shape");
      const auto floats = floats_of(*view);
      if (!std::ranges::all_of(floats, [](float v) { return std::isfinite(v); })) return wrong("finite values", p.name);
      values.push_back(at::empty(p.value.sizes()));
      std::memcpy(values.back().data_ptr<float>(), floats.data(), floats.size() * sizeof(float));
    }
    if (file->tensors.size() != values.size()) return wrong(std::to_string(values.size()) + " tensors", std::to_string(file->tensors.size()));
    at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < values.size(); ++i) {
      parts_[i].value.copy_(values[i]);
      if (parts_[i].buffer) continue;
      parts_[i].first.zero_();
      parts_[i].second.zero_();
    }
    steps_ = 0;
    return {};
  }

 private:
  struct Part {
    std::string name;
    at::Tensor value, first, second;   // first and second moment
    bool buffer = false;
  };

  void add(std::string name, at::Tensor value, bool buffer = false) {
    Part p{std::move(name), value.to(device_), {}, {}, buffer};
    if (!buffer) {
      p.first = at::zeros_like(p.value);
      p.second = at::zeros_like(p.value);
      p.value.requires_grad_();
    }
    parts_.push_back(std::move(p));
  }

  template <class F>
  float guarded(const F& f) {
    error_.clear();
    try {
      use_threads(spec_.threads);
      return f();
    } catch (const std::exception& e) {
      error_ = first_line(e.what());
      return std::numeric_limits<float>::quiet_NaN();
    }
  }

  /// Logits n x 100 x classes; x, y, width and height as shares of the side, n x 100 x 4.
  std::pair<at::Tensor, at::Tensor> run(std::span<const std::uint8_t> images, bool training) {
    const std::int64_t px = spec_.input_px, n = std::int64_t(images.size()) / (px * px);
    auto x = at::empty({n, 1, px, px});
    float* out = x.data_ptr<float>();
    for (std::size_t i = 0; i < images.size(); ++i) out[i] = float(images[i]) / 255.f;
    x = x.to(device_);
    std::size_t at = 0;
    for (int b = 0; b < 3; ++b, at += 6) {
      x = at::conv2d(x, parts_[at].value, parts_[at + 1].value, 2, 1);
      x = at::relu(at::batch_norm(x, parts_[at + 2].value, parts_[at + 3].value, parts_[at + 4].value, parts_[at + 5].value, training, kNormMomentum, kNormEpsilon, false));
    }
    const auto head = [&](std::size_t first, std::int64_t width) {
      const auto h = at::relu(at::conv2d(x, parts_[first].value, parts_[first + 1].value, 1, 1)).mean({2, 3});
      return at::linear(h, parts_[first + 2].value, parts_[first + 3].value).view({n, kFixedBoxes, width});
    };
    return {head(at, spec_.classes), head(at + 4, 4)};
  }

  at::Tensor loss_of(std::span<const std::uint8_t> images, std::span<const std::vector<TrueBox>> boxes, bool training) {
    const std::size_t size = std::size_t(spec_.input_px) * std::size_t(spec_.input_px);
    if (boxes.empty() || images.size() != boxes.size() * size) throw std::invalid_argument("as many images as lists of boxes expected");
    const auto n = std::int64_t(boxes.size());
    auto classes = at::zeros({n, kFixedBoxes, spec_.classes}), places = at::zeros({n, kFixedBoxes, 4});
    const float px = float(spec_.input_px);
    for (std::size_t i = 0; i < boxes.size(); ++i)
      for (std::size_t k = 0; k < std::min<std::size_t>(boxes[i].size(), kFixedBoxes); ++k) {
        const auto& b = boxes[i][k];
        if (b.cls < 0 || b.cls >= spec_.classes || !(b.rect.area() > 0) || !std::isfinite(b.rect.area())) throw std::invalid_argument("boxes with a size and a class below the number of classes expected");
        classes.data_ptr<float>()[(i * kFixedBoxes + k) * std::size_t(spec_.classes) + std::size_t(b.cls)] = 1;
        float* r = places.data_ptr<float>() + (i * kFixedBoxes + k) * 4;
        r[0] = b.rect.x0 / px;
        r[1] = b.rect.y0 / px;
        r[2] = b.rect.width() / px;
        r[3] = b.rect.height() / px;
      }
    const auto [logits, raw] = run(images, training);
    return at::binary_cross_entropy_with_logits(logits, classes.to(device_)) + at::mse_loss(raw, places.to(device_));
  }

  StepMemory memory_;   // first: given back when the tensors are gone
  DetectorSpec spec_;
  at::Device device_;
  std::vector<Part> parts_;
  std::int64_t steps_ = 0;
  std::string error_;
};

}  // namespace

std::unique_ptr<Detector> make_fixed_detector(const DetectorSpec& spec, at::Device device) { return std::make_unique<FixedDetector>(spec, device); }

}  // namespace mp::ml
