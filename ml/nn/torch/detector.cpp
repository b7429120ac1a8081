// The anchor-free detector on LibTorch: assignment, loss, AdamW, moving average. Owned by one thread at a time.
// Exceptions end here.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "ml/nn/assign.h"
#include "ml/nn/safetensors.h"
#include "ml/nn/torch/detector_net.h"
#include "ml/nn/torch/fixed_detector.h"
#include "ml/nn/torch/network.h"
#include "ml/nn/torch/step_memory.h"

namespace mp::ml {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kBeta1 = .9f, kBeta2 = .999f, kEpsilon = 1e-8f, kDecay = .02f;
constexpr double kAverage = .998;
constexpr float kMinLog = -3, kMaxLog = 5;   // distances: 0.05 to 148 strides
constexpr float kBoxWeight = 2;              // of GIoU against the class loss
constexpr float kMaxGradient = 10;           // norm of a step's gradient
constexpr std::size_t kPredictBatch = 16;

/// Convolutions in bfloat16 take half the time where the processor has instructions for it, elsewhere much longer. The
/// gradient points the same way (cosine .999997 on the first step); weights and optimiser stay float32.
bool fast_in_16_bits(at::Device device) {
#if defined(__x86_64__)
  return device.is_cpu() && at::hasMKLDNN() && __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

class FreeDetector final : public Detector {
 public:
  FreeDetector(const DetectorSpec& spec, at::Device device) : spec_(spec), net_(spec.classes), device_(device), type_(!spec.exact && fast_in_16_bits(device) ? at::kBFloat16 : at::kFloat) {
    at::NoGradGuard no_grad;
    for (const auto& t : net_.tensors())
      if (!t.buffer) count_ += t.size();
    flat_ = at::zeros({count_}, at::TensorOptions(device_));
    gradient_ = at::zeros_like(flat_);
    first_ = at::zeros_like(flat_);
    second_ = at::zeros_like(flat_);
    average_ = at::zeros_like(flat_);
    lay_out();
    set(net_.initial(spec.seed));
  }

  const DetectorSpec& spec() const override { return spec_; }
  std::size_t parameters() const override { return std::size_t(count_); }
  std::string last_error() const override { return error_; }

  float train_step(std::span<const std::uint8_t> images, std::span<const std::vector<TrueBox>> boxes,
                   float learning_rate) override {
    error_.clear();
    try {
      return step(images, boxes, learning_rate);
    } catch (const std::exception& e) {
      error_ = first_line(e.what());
      return kNaN;
    }
  }

  std::vector<std::vector<Detection>> predict(std::span<const std::uint8_t> images, std::size_t n,
                                              float min_score) override {
    std::vector<std::vector<Detection>> out;
    const float threshold = min_score <= 0 ? -std::numeric_limits<float>::infinity() : std::log(min_score / (1 - std::min(min_score, .9999f)));
    const bool ok = each_batch(images, n, [&](const DetectorOutput& o, std::size_t count) {
      const auto logits = places(o.classes, spec_.classes), logs = places(o.distances, 4);
      const float* s = logits.data_ptr<float>();
      const float* d = logs.data_ptr<float>();
      for (std::size_t i = 0; i < count; ++i) {
        auto& found = out.emplace_back();
        for (int p = 0; p < side() * side(); ++p, s += spec_.classes, d += 4)
          for (int c = 0; c < spec_.classes; ++c)
            if (s[c] >= threshold) found.push_back({inside(rect(p, d)), ClassId(c), 1 / (1 + std::exp(-s[c]))});
      }
    });
    if (!ok) out.clear();
    return out;
  }

  std::vector<float> heat(std::span<const std::uint8_t> images, std::size_t n) override {
    std::vector<float> out;
    const bool ok = each_batch(images, n, [&](const DetectorOutput& o, std::size_t) {
      const auto scores = o.classes.sigmoid().to(at::kCPU).contiguous();
      out.insert(out.end(), scores.data_ptr<float>(), scores.data_ptr<float>() + scores.numel());
    });
    if (!ok) out.clear();
    return out;
  }

  std::vector<std::uint8_t> save() const override {
    std::vector<NamedTensor> tensors;
    for (std::size_t i = 0; i < net_.tensors().size(); ++i) {
      const auto c = averaged_[i].detach().to(at::kCPU).contiguous();
      tensors.push_back({net_.tensors()[i].name, net_.tensors()[i].shape, {c.data_ptr<float>(), c.data_ptr<float>() + c.numel()}});
    }
    return write_safetensors(tensors, {{"detector", spec_.name}, {"classes", std::to_string(spec_.classes)}, {"input_px", std::to_string(spec_.input_px)}});
  }

  Result<void> load(std::span<const std::uint8_t> bytes) override {
    const auto file = read_safetensors(bytes);
    if (!file) return tl::make_unexpected(file.error());
    const auto wrong = [](const std::string& expected, const std::string& found) {
      return fail("these are not this detector's weights", {}, expected, found, "train the detector again");
    };
    std::vector<at::Tensor> values;
    for (const auto& t : net_.tensors()) {
      const auto* view = file->find(t.name);
      if (!view) return wrong(t.name, "no such tensor");
      if (view->dtype != "F32" || view->shape != t.shape) return wrong(t.name + " in float32 and its shape", "another type or shape");
      const auto floats = floats_of(*view);
      if (!std::ranges::all_of(floats, [](float v) { return std::isfinite(v); })) return wrong("finite values", t.name);
      auto tensor = at::empty(t.shape);
      std::memcpy(tensor.data_ptr<float>(), floats.data(), floats.size() * sizeof(float));
      values.push_back(std::move(tensor));
    }
    if (file->tensors.size() != values.size()) return wrong(std::to_string(values.size()) + " tensors", std::to_string(file->tensors.size()));
    at::NoGradGuard no_grad;
    set(values);
    return {};
  }

 private:
  int side() const { return spec_.input_px / kDetectorStride; }

  /// Parameters are views of one flat tensor, so the optimiser is a few operations on the whole; kernels, which decay,
  /// come first.
  void lay_out() {
    const auto& tensors = net_.tensors();
    values_.resize(tensors.size());
    averaged_.resize(tensors.size());
    std::int64_t offset = 0;
    for (bool decays : {true, false}) {
      for (std::size_t i = 0; i < tensors.size(); ++i) {
        const auto& t = tensors[i];
        if (t.buffer || t.decays != decays) continue;
        const auto view = [&](const at::Tensor& flat) {
          auto part = flat.narrow(0, offset, t.size());
          if (t.shape.size() != 4) return part.view(t.shape);
          return part.view({t.shape[0], t.shape[2], t.shape[3], t.shape[1]}).permute({0, 3, 1, 2});
        };
        values_[i] = view(flat_).detach().requires_grad_();
        values_[i].mutable_grad() = view(gradient_);
        averaged_[i] = view(average_);
        offset += t.size();
      }
      if (decays) decaying_ = offset;
    }
    for (std::size_t i = 0; i < tensors.size(); ++i)
      if (tensors[i].buffer) {
        values_[i] = at::zeros(tensors[i].shape, flat_.options());
        averaged_[i] = at::zeros(tensors[i].shape, flat_.options());
      }
  }

  void set(const std::vector<at::Tensor>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values_[i].detach().copy_(values[i]);
      averaged_[i].copy_(values[i]);
    }
    first_.zero_();
    second_.zero_();
    steps_ = 0;
    folded_.clear();
  }

  /// Bytes to n x 4 x side / 2 x side / 2: the four pixels of a 2 x 2 square become channels.
  at::Tensor input(std::span<const std::uint8_t> images) const {
    const std::int64_t px = spec_.input_px, half = px / 2, n = std::int64_t(images.size()) / (px * px);
    auto x = at::empty({n, 4, half, half}, at::TensorOptions(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
    float* out = x.data_ptr<float>();
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t y = 0; y < half; ++y) {
        const std::uint8_t* upper = images.data() + (i * px + 2 * y) * px;
        for (std::int64_t c = 0; c < half; ++c, out += 4) {
          const std::uint8_t four[] = {upper[2 * c], upper[2 * c + 1], upper[px + 2 * c], upper[px + 2 * c + 1]};
          for (int k = 0; k < 4; ++k) out[k] = float(four[k]) / 64.f - 2;
        }
      }
    return x.to(device_, type_);
  }

  /// n x values x side x side to rows of places on the CPU; may share the memory of the answers.
  static at::Tensor places(const at::Tensor& t, int values) {
    return t.detach().permute({0, 2, 3, 1}).reshape({-1, values}).to(at::kCPU).contiguous();
  }
  BoxRect rect(int place, const float* logs) const {
    const float x = (float(place % side()) + .5f) * kDetectorStride, y = (float(place / side()) + .5f) * kDetectorStride;
    const auto distance = [&](int k) { return std::exp(std::clamp(logs[k], kMinLog, kMaxLog)) * kDetectorStride; };
    return {x - distance(0), y - distance(1), x + distance(2), y + distance(3)};
  }
  BoxRect inside(BoxRect r) const {
    const float px = float(spec_.input_px);
    return {std::max(r.x0, 0.f), std::max(r.y0, 0.f), std::min(r.x1, px), std::min(r.y1, px)};
  }

  template <class F>
  bool each_batch(std::span<const std::uint8_t> images, std::size_t n, const F& use) {
    error_.clear();
    try {
      use_threads(spec_.threads);
      c10::InferenceMode inference;
      const std::size_t size = std::size_t(spec_.input_px) * std::size_t(spec_.input_px);
      if (images.size() != n * size) throw std::invalid_argument("as many image bytes as n x side x side expected");
      if (folded_.empty()) folded_ = net_.folded(averaged_, type_);
      for (std::size_t from = 0; from < n; from += kPredictBatch) {
        const std::size_t count = std::min(kPredictBatch, n - from);
        use(net_.run_folded(input(images.subspan(from * size, count * size)), folded_), count);
      }
      return true;
    } catch (const std::exception& e) {
      error_ = first_line(e.what());
      return false;
    }
  }

  /// The class loss: binary cross entropy with the quality of its place as target; the box loss: 1 - GIoU (Rezatofighi
  /// et al. 2019), weighted by quality. Both over the sum of the qualities.
  at::Tensor loss_of(const DetectorOutput& o, std::span<const std::vector<TrueBox>> boxes) const {
    const auto scores = places(o.classes, spec_.classes).sigmoid(), logs = places(o.distances, 4);
    const std::size_t n_places = std::size_t(side()) * std::size_t(side()), classes = std::size_t(spec_.classes);
    auto target = at::zeros({std::int64_t(boxes.size() * n_places), spec_.classes});
    std::vector<std::int64_t> rows;
    std::vector<float> wanted, centre, quality;
    std::vector<BoxRect> rects(n_places);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      if (boxes[i].empty()) continue;
      const std::size_t first = i * n_places;
      for (std::size_t p = 0; p < n_places; ++p) rects[p] = rect(int(p), logs.data_ptr<float>() + (first + p) * 4);
      const std::span<const float> s(scores.data_ptr<float>() + first * classes, n_places * classes);
      for (const auto& a : assign_places(boxes[i], s, rects, spec_.classes, side(), kDetectorStride)) {
        const TrueBox& box = boxes[i][std::size_t(a.box)];
        const std::size_t row = first + std::size_t(a.place);
        target.data_ptr<float>()[row * classes + std::size_t(box.cls)] = a.quality;
        rows.push_back(std::int64_t(row));
        quality.push_back(a.quality);
        for (float v : {box.rect.x0, box.rect.y0, box.rect.x1, box.rect.y1}) wanted.push_back(v / kDetectorStride);
        centre.push_back(float(a.place % side()) + .5f);
        centre.push_back(float(a.place / side()) + .5f);
      }
    }
    const float sum = std::max(1.f, std::accumulate(quality.begin(), quality.end(), 0.f));
    const auto logits = o.classes.permute({0, 2, 3, 1}).reshape({-1, spec_.classes});
    auto loss = at::binary_cross_entropy_with_logits(logits, target.to(device_), {}, {}, at::Reduction::Sum) / sum;
    if (rows.empty()) return loss;
    const auto n = std::int64_t(rows.size());
    // Copies: what is kept for the gradient outlives these vectors.
    const auto on_device = [&](std::vector<float>& v, std::int64_t width) { return at::from_blob(v.data(), {n, width}).clone().to(device_); };
    const auto index = at::from_blob(rows.data(), {n}, at::kLong).clone().to(device_);
    const auto d = o.distances.permute({0, 2, 3, 1}).reshape({-1, 4}).index_select(0, index).clamp(kMinLog, kMaxLog).exp();
    const auto t = on_device(wanted, 4), c = on_device(centre, 2), q = on_device(quality, 1);
    const auto low = c - d.narrow(1, 0, 2), high = c + d.narrow(1, 2, 2);
    const auto t_low = t.narrow(1, 0, 2), t_high = t.narrow(1, 2, 2);
    const auto area = [](const at::Tensor& size) { return size.prod(1, true); };
    const auto both = area((at::minimum(high, t_high) - at::maximum(low, t_low)).clamp_min(0));
    const auto either = area(high - low) + area(t_high - t_low) - both;
    const auto hull = area(at::maximum(high, t_high) - at::minimum(low, t_low));
    const auto giou = both / either - (hull - either) / hull;
    return loss + kBoxWeight * (q * (1 - giou)).sum() / sum;
  }

  float step(std::span<const std::uint8_t> images, std::span<const std::vector<TrueBox>> boxes, float learning_rate) {
    const std::size_t size = std::size_t(spec_.input_px) * std::size_t(spec_.input_px);
    if (boxes.empty() || images.size() != boxes.size() * size) throw std::invalid_argument("as many images as lists of boxes expected");
    for (const auto& list : boxes)
      for (const auto& b : list)
        if (b.cls < 0 || b.cls >= spec_.classes || !(b.rect.area() > 0) || !std::isfinite(b.rect.area())) throw std::invalid_argument("boxes with a size and a class below the number of classes expected");
    if (!std::isfinite(learning_rate)) throw std::invalid_argument("a finite learning rate expected");
    use_threads(spec_.threads);
    at::AutoGradMode grad(true);
    std::vector<at::Tensor> statistics;  // batch norm moves them before the loss is known
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (net_.tensors()[i].buffer) statistics.push_back(values_[i].clone());
    const auto loss = loss_of(net_.run(input(images), values_, true), boxes);
    const float value = loss.item<float>();
    if (std::isfinite(value)) {
      gradient_.zero_();
      loss.backward();
      at::NoGradGuard no_grad;
      const float norm = gradient_.norm().item<float>();
      if (std::isfinite(norm)) {
        if (norm > kMaxGradient) gradient_.mul_(kMaxGradient / norm);
        update(learning_rate);
        return value;
      }
    }
    error_ = std::isfinite(value) ? "the gradient is not finite" : "the loss is not finite";
    at::NoGradGuard no_grad;
    std::size_t k = 0;
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (net_.tensors()[i].buffer) values_[i].copy_(statistics[k++]);
    return kNaN;
  }

  /// AdamW (Loshchilov and Hutter 2019) and the moving average, which follows faster at the start.
  void update(float learning_rate) {
    ++steps_;
    first_.lerp_(gradient_, 1 - kBeta1);
    second_.mul_(kBeta2).addcmul_(gradient_, gradient_, 1 - kBeta2);
    flat_.narrow(0, 0, decaying_).mul_(1 - learning_rate * kDecay);
    const double correction1 = 1 - std::pow(double(kBeta1), double(steps_)), correction2 = 1 - std::pow(double(kBeta2), double(steps_));
    flat_.addcdiv_(first_, second_.sqrt().div_(std::sqrt(correction2)).add_(kEpsilon), -learning_rate / correction1);
    const double follow = 1 - std::min(kAverage, double(1 + steps_) / double(10 + steps_));
    average_.lerp_(flat_, follow);
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (net_.tensors()[i].buffer) averaged_[i].lerp_(values_[i], follow);
    folded_.clear();
  }

  StepMemory memory_;   // first: given back when the tensors are gone
  DetectorSpec spec_;
  DetectorNet net_;
  at::Device device_;
  at::ScalarType type_;   // of the convolutions
  std::int64_t count_ = 0, decaying_ = 0, steps_ = 0;
  at::Tensor flat_, gradient_, first_, second_, average_;
  std::vector<at::Tensor> values_, averaged_, folded_;
  std::string error_;
};

Result<std::unique_ptr<Detector>> module_make_detector(const DetectorSpec& spec) {
  if (spec.classes < 1 || spec.classes > kMaxClasses)
    return fail("cannot make a detector", {}, "1 to " + std::to_string(kMaxClasses) + " classes", std::to_string(spec.classes));
  if (spec.input_px < kMinDetectorPx || spec.input_px > kMaxDetectorPx || spec.input_px % 16)
    return fail("cannot make a detector", {}, "an input side of 64 to 1024 pixels that 16 divides", std::to_string(spec.input_px));
  if (spec.threads < 1) return fail("cannot make a detector", {}, "at least one thread", std::to_string(spec.threads));
  if (spec.name != "free" && spec.name != "fixed") return fail("unknown detector", {}, "free or fixed", spec.name, "choose a known one");
  try {
    at::Device device(spec.device);
    if (device.is_cuda() && !at::hasCUDA())
      return fail("cannot use the device " + spec.device, {}, "a CUDA device that LibTorch sees", "none", "choose the device cpu");
    use_threads(spec.threads);
    if (spec.name == "fixed") return make_fixed_detector(spec, device);
    return std::make_unique<FreeDetector>(spec, device);
  } catch (const std::exception& e) {
    return fail("cannot make the detector on the device \"" + spec.device + "\"", {}, "cpu, or a CUDA device such as cuda:0", first_line(e.what()), "choose the device cpu");
  }
}

}  // namespace
}  // namespace mp::ml

extern "C" __attribute__((visibility("default"))) const mp::ml::DetectorModule* meltpool_detector_module_1() {
  static const mp::ml::DetectorModule module{mp::ml::module_make_detector};
  return &module;
}
