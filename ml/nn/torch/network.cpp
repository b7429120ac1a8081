// The network module: a placed network on LibTorch with Adam, and the symbol that the program looks for. Owned by one
// thread at a time. Exceptions end here.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/api/include/torch/version.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>

#include "ml/nn/batch.h"
#include "ml/nn/network.h"
#include "ml/nn/torch/forward.h"
#include "ml/nn/torch/step_memory.h"
#include "ml/nn/weights.h"

namespace mp::ml {
namespace {

constexpr float kBeta1 = 0.9f, kBeta2 = 0.999f, kEpsilon = 1e-8f;  // Kingma and Ba 2015
constexpr std::size_t kPredictBatch = 64;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

std::string first_line(const char* text) {
  std::string s = text;
  return s.substr(0, s.find('\n'));
}

/// LibTorch keeps the count per calling thread; setting it is not free.
void use_threads(int n) {
  static std::once_flag once;
  std::call_once(once, [] {
    try {
      at::set_num_interop_threads(1);
    } catch (const std::exception&) {
      // Already started by another user of LibTorch in this process: nothing to do.
    }
  });
  if (at::get_num_threads() != n) at::set_num_threads(n);
}

class TorchNetwork final : public Network {
 public:
  TorchNetwork(const NetworkSpec& spec, const NetworkPlan& plan, PlacedNetwork net, at::Device device)
      : spec_(spec), plan_(plan), net_(std::move(net)), order_(running_order(net_)), device_(device) {
    at::NoGradGuard no_grad;
    auto n = std::int64_t(net_.trainable());
    flat_ = at::zeros({n}, at::TensorOptions(device_));
    gradient_ = at::zeros_like(flat_);
    first_moment_ = at::zeros_like(flat_);
    second_moment_ = at::zeros_like(flat_);
    lay_out();
    set_weights(initial_weights(net_, spec_.seed));
    ++living_;
  }
  ~TorchNetwork() override {
    if (--living_ == 0) release_step_memory();
  }
  TorchNetwork(const TorchNetwork&) = delete;
  TorchNetwork& operator=(const TorchNetwork&) = delete;

  const NetworkSpec& spec() const override { return spec_; }
  std::size_t parameters() const override { return net_.trainable(); }
  int feature_dim() const override { return net_.feature_dim; }
  int last_correct() const override { return last_correct_; }
  std::string last_error() const override { return last_error_; }

  float train_step(std::span<const std::uint8_t> images, std::span<const ClassId> labels, float learning_rate,
                   std::uint64_t step_seed) override {
    last_error_.clear();
    last_correct_ = 0;
    try {
      return step(images, labels, learning_rate, step_seed);
    } catch (const std::exception& e) {
      last_error_ = first_line(e.what());
      return kNaN;
    }
  }

  std::vector<float> predict(std::span<const std::uint8_t> images, std::size_t n,
                             std::vector<float>* features) override {
    last_error_.clear();
    try {
      use_threads(spec_.threads);
      c10::InferenceMode inference;
      std::size_t size = std::size_t(spec_.input_px) * spec_.input_px, classes = std::size_t(spec_.classes);
      if (images.size() != n * size) throw std::invalid_argument("as many image bytes as n x side x side expected");
      std::size_t dim = std::size_t(net_.feature_dim);
      std::vector<float> out(n * classes);
      if (features) features->assign(n * dim, 0.f);
      for (std::size_t from = 0; from < n; from += kPredictBatch) {
        std::size_t count = std::min(kPredictBatch, n - from);
        auto r = run_forward(order_, net_.feature_layer, values_, input(images.subspan(from * size, count * size)),
                             false, 0);
        auto p = r.logits.softmax(1).to(at::kCPU).contiguous();
        std::copy_n(p.data_ptr<float>(), count * classes, out.data() + from * classes);
        if (!features) continue;
        auto f = r.features.to(at::kCPU).contiguous();
        std::copy_n(f.data_ptr<float>(), count * dim, features->data() + from * dim);
      }
      return out;
    } catch (const std::exception& e) {
      last_error_ = first_line(e.what());
      if (features) features->clear();
      return {};
    }
  }

  std::vector<std::uint8_t> save() const override {
    at::NoGradGuard no_grad;
    Weights weights;
    for (auto& v : values_) {
      auto c = v.detach().to(at::kCPU).contiguous();
      weights.emplace_back(c.data_ptr<float>(), c.data_ptr<float>() + c.numel());
    }
    return pack_weights(net_, spec_, weights);
  }

  Result<void> load(std::span<const std::uint8_t> bytes) override {
    try {
      auto weights = unpack_weights(net_, spec_, bytes);
      if (!weights) return tl::make_unexpected(weights.error());
      set_weights(*weights);
      return {};
    } catch (const std::exception& e) {
      return fail("cannot load the weights", {}, "weights of " + spec_.name, first_line(e.what()));
    }
  }

 private:
  /// Parameters are views of one flat tensor, and so are their gradients: the optimiser is a few operations on the
  /// whole. Those that decay come first. Kernels lie with channels last, as the convolution wants them.
  void lay_out() {
    values_.resize(net_.parameters.size());
    std::int64_t offset = 0;
    for (bool decays : {true, false}) {
      for (std::size_t i = 0; i < net_.parameters.size(); ++i) {
        auto& p = net_.parameters[i];
        if (p.buffer || p.decays != decays) continue;
        auto view = [&](const at::Tensor& flat) {
          auto part = flat.narrow(0, offset, std::int64_t(p.size()));
          if (p.shape.size() != 4) return part.view(p.shape);
          return part.view({p.shape[0], p.shape[2], p.shape[3], p.shape[1]}).permute({0, 3, 1, 2});
        };
        values_[i] = view(flat_).detach().requires_grad_();
        values_[i].mutable_grad() = view(gradient_);
        offset += std::int64_t(p.size());
      }
      if (decays) decaying_ = offset;
    }
    for (std::size_t i = 0; i < net_.parameters.size(); ++i)
      if (net_.parameters[i].buffer) {
        values_[i] = at::zeros(net_.parameters[i].shape, flat_.options());
        buffers_.push_back(values_[i]);
      }
  }

  void set_weights(const Weights& weights) {
    at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < values_.size(); ++i)
      values_[i].copy_(at::from_blob(const_cast<float*>(weights[i].data()), net_.parameters[i].shape, at::kFloat));
    first_moment_.zero_();
    second_moment_.zero_();
    steps_ = 0;
  }

  /// Bytes to a tensor on the device. Explicit strides: with one channel the layout is not told by the shape.
  at::Tensor input(std::span<const std::uint8_t> images, const Augmentation& augmentation = {},
                   std::uint64_t seed = 0) {
    std::int64_t px = spec_.input_px, n = std::int64_t(images.size()) / (px * px);
    auto x = at::empty_strided({n, 1, px, px}, {px * px, 1, px, 1}, at::kFloat);
    std::span<float> out(x.data_ptr<float>(), images.size());
    if (augmentation.any())
      augment_batch(images, spec_.input_px, augmentation, seed, out);
    else
      scale_batch(images, out);
    return x.to(device_);
  }

  float step(std::span<const std::uint8_t> images, std::span<const ClassId> labels, float learning_rate,
             std::uint64_t seed) {
    std::size_t size = std::size_t(spec_.input_px) * spec_.input_px;
    if (labels.empty() || images.size() != labels.size() * size)
      throw std::invalid_argument("as many images as labels expected");
    if (!std::ranges::all_of(labels, [&](ClassId c) { return c >= 0 && c < spec_.classes; }))
      throw std::invalid_argument("labels below the number of classes expected");
    if (!std::isfinite(learning_rate)) throw std::invalid_argument("a finite learning rate expected");
    use_threads(spec_.threads);
    at::AutoGradMode grad(true);

    std::vector<at::Tensor> statistics;  // batch norm moves them before the loss is known
    for (auto& b : buffers_) statistics.push_back(b.clone());
    std::vector<std::int64_t> wanted(labels.begin(), labels.end());
    auto target = at::from_blob(wanted.data(), {std::int64_t(wanted.size())}, at::kLong).to(device_);
    auto logits = run_forward(order_, net_.feature_layer, values_,
                              input(images, {plan_.flips_and_turns, plan_.lighting}, seed), true, seed)
                      .logits;
    auto log_p = logits.log_softmax(1);
    auto cross_entropy = at::nll_loss(log_p, target);
    auto objective = cross_entropy;
    if (plan_.label_smoothing > 0)
      objective = cross_entropy * (1 - plan_.label_smoothing) - log_p.mean() * plan_.label_smoothing;
    float loss = cross_entropy.item<float>();
    if (std::isfinite(loss)) {
      gradient_.zero_();
      objective.backward();
      at::NoGradGuard no_grad;
      if (std::isfinite(gradient_.abs().max().item<float>())) {
        last_correct_ = int(logits.argmax(1).eq(target).sum().item<std::int64_t>());
        adam(learning_rate);
        return loss;
      }
      last_error_ = "the gradient is not finite";
    } else {
      last_error_ = "the loss is not finite";
    }
    at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < buffers_.size(); ++i) buffers_[i].copy_(statistics[i]);
    return kNaN;
  }

  /// Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019).
  void adam(float learning_rate) {
    ++steps_;
    double correction1 = 1 - std::pow(double(kBeta1), double(steps_));
    double correction2 = 1 - std::pow(double(kBeta2), double(steps_));
    first_moment_.lerp_(gradient_, 1 - kBeta1);
    second_moment_.mul_(kBeta2).addcmul_(gradient_, gradient_, 1 - kBeta2);
    if (plan_.weight_decay > 0 && decaying_ > 0)
      flat_.narrow(0, 0, decaying_).mul_(1 - learning_rate * plan_.weight_decay);
    auto scale = second_moment_.sqrt().div_(std::sqrt(correction2)).add_(kEpsilon);
    flat_.addcdiv_(first_moment_, scale, -learning_rate / correction1);
  }

  static inline std::atomic<int> living_ = 0;
  NetworkSpec spec_;
  const NetworkPlan& plan_;  // in the static table
  PlacedNetwork net_;
  std::vector<PlacedLayer> order_;
  at::Device device_;
  at::Tensor flat_, gradient_, first_moment_, second_moment_;
  std::vector<at::Tensor> values_, buffers_;
  std::int64_t decaying_ = 0, steps_ = 0;
  int last_correct_ = 0;
  std::string last_error_;
};

std::vector<std::string> module_names() {
  std::vector<std::string> names;
  for (auto& p : network_plans()) names.emplace_back(p.name);
  return names;
}

Result<std::unique_ptr<Network>> module_make(const NetworkSpec& spec) {
  auto* plan = find_plan(spec.name);
  if (!plan)
    return fail("unknown network", {}, "one of " + plan_names(), "\"" + spec.name + "\"", "choose a known one");
  if (spec.threads < 1) return fail("cannot make a network", {}, "at least one thread", std::to_string(spec.threads));
  auto placed = place(*plan, spec.input_px, spec.classes);
  if (!placed) return tl::make_unexpected(placed.error());
  try {
    at::Device device(spec.device);
    if (device.is_cuda() && !at::hasCUDA())
      return fail("cannot use the device " + spec.device, {}, "a CUDA device that LibTorch sees", "none",
                  "choose the device cpu, or install a CUDA build of LibTorch");
    use_threads(spec.threads);
    install_step_memory();
    return std::make_unique<TorchNetwork>(spec, *plan, std::move(*placed), device);
  } catch (const std::exception& e) {
    return fail("cannot make the network " + spec.name + " on the device \"" + spec.device + "\"", {},
                "cpu, or a CUDA device such as cuda:0", first_line(e.what()), "choose the device cpu");
  }
}

std::string module_versions() {
  return std::string("LibTorch ") + TORCH_VERSION + (at::hasCUDA() ? ", CUDA" : ", CPU") +
         (at::hasMKLDNN() ? ", oneDNN" : "");
}

}  // namespace
}  // namespace mp::ml

extern "C" __attribute__((visibility("default"))) const mp::ml::NetworkModule* meltpool_network_module_1() {
  static const mp::ml::NetworkModule module{mp::ml::module_names, mp::ml::module_make, mp::ml::module_versions};
  return &module;
}
