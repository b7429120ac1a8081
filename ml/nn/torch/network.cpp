// See network.h.
#include "ml/nn/torch/network.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include "engine/base/hash.h"
#include "ml/nn/torch/loss.h"

namespace mp::ml {
namespace {

constexpr std::size_t kMaxPredictBatch = 64, kPredictBytes = 256u << 20;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t kProjected = 64;
constexpr float kTemperature = 0.2f;

/// So many images at once that the largest layer's values stay within kPredictBytes.
std::size_t images_at_once(const PlacedNetwork& net) {
  std::size_t most = 1;
  for (auto& l : net.layers)
    most = std::max(most, std::size_t(l.channels) * std::size_t(l.height_px) * std::size_t(l.width_px));
  return std::clamp<std::size_t>(kPredictBytes / (3 * sizeof(float) * most), 1, kMaxPredictBatch);
}

}  // namespace

std::string first_line(const char* text) {
  std::string s = text;
  return s.substr(0, s.find('\n'));
}

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

TorchNetwork::TorchNetwork(const NetworkSpec& spec, const NetworkPlan& plan, PlacedNetwork net, at::Device device)
    : spec_(spec), plan_(plan), net_(std::move(net)), order_(running_order(net_)), device_(device),
      predict_batch_(images_at_once(net_)) {
  at::NoGradGuard no_grad;
  feature_layer_ = spec_.backbone_features ? net_.backbone_layer : net_.feature_layer;
  feature_dim_ = net_.layers[std::size_t(feature_layer_)].channels;
  auto kind = spec_.optimiser.value_or(plan_.weight_decay > 0 ? Optimiser::adamw : Optimiser::adam);
  decay_ = kind == Optimiser::adamw ? spec_.l2.value_or(plan_.weight_decay) : 0;
  average_ = spec_.average.value_or(plan_.average);
  lay_out();
  update_ = Update(kind, flat_.numel(), flat_.options());
  set_weights(initial_weights(net_, spec_.seed));
}

/// Trained parameters are views of one flat tensor, and so are their gradients: the optimiser is a few operations on the
/// whole. Those that decay come first. Kernels lie with channels last, as the convolution wants them.
void TorchNetwork::lay_out() {
  auto& parameters = net_.parameters;
  auto trained = [&](const Parameter& p) { return is_trained(plan_, p, spec_.part); };
  auto shaped = [](const Parameter& p, const at::Tensor& part) {
    if (p.shape.size() != 4) return part.view(p.shape);
    return part.view({p.shape[0], p.shape[2], p.shape[3], p.shape[1]}).permute({0, 3, 1, 2});
  };
  std::int64_t total = 0;
  for (auto& p : parameters) total += trained(p) ? std::int64_t(p.size()) : 0;
  at::TensorOptions options(device_);
  flat_ = at::zeros({total}, options);
  gradient_ = at::zeros_like(flat_);
  if (average_ > 0) averaged_flat_ = at::zeros_like(flat_);
  // A person's l2 replaces the published one; without that it works on all weights. AdamW decays instead.
  const bool published = std::ranges::any_of(parameters, [](auto& p) { return p.l2 > 0; });
  const bool adds = decay_ == 0 && (published || spec_.l2.value_or(0) > 0);
  if (adds) l2_ = at::zeros_like(flat_);

  values_.resize(parameters.size());
  averaged_values_.resize(average_ > 0 ? parameters.size() : 0);
  std::int64_t offset = 0;
  for (bool decays : {true, false}) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      auto& p = parameters[i];
      if (p.decays != decays || !trained(p)) continue;
      auto part = [&](const at::Tensor& flat) { return flat.narrow(0, offset, std::int64_t(p.size())); };
      values_[i] = shaped(p, part(flat_)).detach().requires_grad_();
      values_[i].mutable_grad() = shaped(p, part(gradient_));
      if (average_ > 0) averaged_values_[i] = shaped(p, part(averaged_flat_));
      if (adds) part(l2_).fill_(published ? (p.l2 > 0 ? spec_.l2.value_or(p.l2) : 0) : decays ? *spec_.l2 : 0);
      offset += std::int64_t(p.size());
    }
    if (decays) decaying_ = offset;
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (values_[i].defined()) continue;
    values_[i] = shaped(parameters[i], at::zeros({std::int64_t(parameters[i].size())}, options));
    if (parameters[i].buffer) buffers_.push_back(values_[i]);
    if (average_ <= 0) continue;
    averaged_values_[i] = parameters[i].buffer ? at::zeros_like(values_[i]) : values_[i];
    if (parameters[i].buffer) averaged_buffers_.push_back(averaged_values_[i]);
  }
}

void TorchNetwork::set_weights(const Weights& weights) {
  at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    values_[i].copy_(at::from_blob(const_cast<float*>(weights[i].data()), net_.parameters[i].shape, at::kFloat));
    if (average_ > 0) averaged_values_[i].copy_(values_[i]);
  }
  update_.forget();
  averaged_ = 0;
}

float TorchNetwork::train_step(std::span<const std::uint8_t> images, std::span<const ClassId> labels,
                               const StepSettings& settings) {
  last_error_.clear();
  last_correct_ = 0;
  try {
    return step(images, labels, settings);
  } catch (const std::exception& e) {
    last_error_ = first_line(e.what());
    return kNaN;
  }
}

float TorchNetwork::contrast_step(std::span<const std::uint8_t> images, float learning_rate, std::uint64_t seed) {
  last_error_.clear();
  try {
    return contrast(images, learning_rate, seed);
  } catch (const std::exception& e) {
    last_error_ = first_line(e.what());
    return kNaN;
  }
}

std::vector<float> TorchNetwork::predict(std::span<const std::uint8_t> images, std::size_t n,
                                         std::vector<float>* features) {
  last_error_.clear();
  try {
    use_threads(spec_.threads);
    c10::InferenceMode inference;
    std::size_t size = image_bytes(), classes = std::size_t(spec_.classes), dim = std::size_t(feature_dim_);
    if (images.size() != n * size) throw std::invalid_argument("as many image bytes as n x side x side expected");
    std::vector<float> out(n * classes);
    if (features) features->assign(n * dim, 0.f);
    for (std::size_t from = 0; from < n; from += predict_batch_) {
      std::size_t count = std::min(predict_batch_, n - from);
      auto r = forward(average_ > 0 ? averaged_values_ : values_, input(images.subspan(from * size, count * size)),
                       false, 0);
      std::ranges::copy(probabilities(r.logits), out.begin() + std::ptrdiff_t(from * classes));
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

std::vector<float> TorchNetwork::dropout_passes(std::span<const float> features, std::size_t n, int passes,
                                                std::uint64_t seed) {
  last_error_.clear();
  const std::vector<PlacedLayer> behind(order_.begin() + feature_layer_ + 1, order_.end());
  const auto drops = [](const PlacedLayer& l) { return l.layer.kind == LayerKind::dropout && l.layer.rate > 0; };
  if (std::ranges::none_of(behind, drops) || n == 0) return {};
  try {
    use_threads(spec_.threads);
    if (features.size() != n * std::size_t(feature_dim_)) throw std::invalid_argument("features of every sample expected");
    c10::InferenceMode inference;
    const auto values = still_values();
    const auto x = at::from_blob(const_cast<float*>(features.data()), {std::int64_t(n), feature_dim_}, at::kFloat);
    std::vector<float> out;
    for (int pass = 0; pass < passes; ++pass) {
      // A copy: layers may work in place. Values without gradients keep batch norm as in predict.
      const auto seen = run_layers(behind, -1, values, x.to(device_, at::kFloat, false, true), true, hash_combine(seed, std::uint64_t(pass)));
      const auto p = probabilities(seen.logits);
      out.insert(out.end(), p.begin(), p.end());
    }
    return out;
  } catch (const std::exception& e) {
    last_error_ = first_line(e.what());
    return {};
  }
}

std::vector<float> TorchNetwork::probabilities(const at::Tensor& logits) const {
  at::Tensor p;
  if (spec_.one_output) {
    auto second = logits.sigmoid();
    p = at::cat({1 - second, second}, 1).to(at::kCPU).contiguous();
  } else {
    p = logits.softmax(1).to(at::kCPU).contiguous();
  }
  return {p.data_ptr<float>(), p.data_ptr<float>() + p.numel()};
}

std::vector<std::uint8_t> TorchNetwork::save() const {
  at::NoGradGuard no_grad;
  Weights weights;
  for (auto& v : average_ > 0 ? averaged_values_ : values_) {
    auto c = v.detach().to(at::kCPU).contiguous();
    weights.emplace_back(c.data_ptr<float>(), c.data_ptr<float>() + c.numel());
  }
  return pack_weights(net_, spec_, weights);
}

Result<void> TorchNetwork::load(std::span<const std::uint8_t> bytes) {
  try {
    auto weights = unpack_weights(net_, spec_, bytes);
    if (!weights) return tl::make_unexpected(weights.error());
    set_weights(*weights);
    return {};
  } catch (const std::exception& e) {
    return fail("cannot load the weights", {}, "weights of " + spec_.name, first_line(e.what()));
  }
}

/// Bytes to a tensor on the device. Explicit strides: with one channel the layout is not told by the shape.
at::Tensor TorchNetwork::input(std::span<const std::uint8_t> images, const Augmentation& augmentation,
                               std::uint64_t seed) {
  std::int64_t px = spec_.input_px, n = std::int64_t(images.size()) / (px * px);
  auto x = at::empty_strided({n, 1, px, px}, {px * px, 1, px, 1}, at::kFloat);
  std::span<float> out(x.data_ptr<float>(), images.size());
  if (augmentation.any())
    augment_batch(images, spec_.input_px, augmentation, seed, out);
  else
    scale_batch(images, out);
  return x.to(device_);
}

ForwardResult TorchNetwork::forward(const std::vector<at::Tensor>& values, at::Tensor images, bool training,
                                    std::uint64_t seed) {
  return run_forward(plan_.input, order_, feature_layer_, values, std::move(images), training, seed);
}

float TorchNetwork::step(std::span<const std::uint8_t> images, std::span<const ClassId> labels,
                         const StepSettings& settings) {
  if (labels.empty() || images.size() != labels.size() * image_bytes())
    throw std::invalid_argument("as many images as labels expected");
  if (!std::ranges::all_of(labels, [&](ClassId c) { return c >= 0 && c < spec_.classes; }))
    throw std::invalid_argument("labels below the number of classes expected");
  if (!std::isfinite(settings.learning_rate)) throw std::invalid_argument("a finite learning rate expected");
  if (!settings.class_weights.empty() && settings.class_weights.size() != std::size_t(spec_.classes))
    throw std::invalid_argument("as many class weights as classes expected");
  use_threads(spec_.threads);
  at::AutoGradMode grad(true);

  std::vector<at::Tensor> statistics;  // batch norm moves them before the loss is known
  for (auto& b : buffers_) statistics.push_back(b.clone());
  Augmentation augmentation;
  if (settings.augment) augmentation = {plan_.flips_and_turns, plan_.lighting};
  auto seen = forward(values_, input(images, augmentation, settings.seed), true, settings.seed);
  auto loss = classification_loss(seen.logits, labels, settings.class_weights, plan_.label_smoothing);
  if (settings.guide > 0 && !settings.boxes.empty())
    loss.objective = loss.objective + settings.guide * guidance(seen.map, labels, settings, augmentation);
  float value = loss.cross_entropy.item<float>();
  if (std::isfinite(value)) {
    int correct = int(loss.correct.item<std::int64_t>());
    if (descend(loss.objective, settings.learning_rate)) {
      last_correct_ = correct;
      return value;
    }
  } else {
    last_error_ = "the loss is not finite";
  }
  at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < buffers_.size(); ++i) buffers_[i].copy_(statistics[i]);
  return kNaN;
}

/// The gradient of `objective` and a step down it; false if it is not finite.
bool TorchNetwork::descend(const at::Tensor& objective, float learning_rate) {
  gradient_.zero_();
  objective.backward();
  at::NoGradGuard no_grad;
  if (!std::isfinite(gradient_.abs().max().item<float>())) {
    last_error_ = "the gradient is not finite";
    return false;
  }
  if (l2_.defined()) gradient_.addcmul_(flat_, l2_);
  update_.step(flat_, gradient_, learning_rate, decay_, decaying_);
  move_average();
  return true;
}

/// As short at the start as there are steps, so that the first values are soon forgotten.
void TorchNetwork::move_average() {
  if (average_ <= 0) return;
  ++averaged_;
  float keep = std::min(average_, float(1 + averaged_) / float(10 + averaged_));
  averaged_flat_.lerp_(flat_, 1 - keep);
  for (std::size_t i = 0; i < buffers_.size(); ++i) averaged_buffers_[i].lerp_(buffers_[i], 1 - keep);
}

float TorchNetwork::contrast(std::span<const std::uint8_t> images, float learning_rate, std::uint64_t seed) {
  const std::size_t n = images.size() / image_bytes();
  if (n < 2 || images.size() != n * image_bytes()) throw std::invalid_argument("two whole images or more expected");
  if (!std::isfinite(learning_rate)) throw std::invalid_argument("a finite learning rate expected");
  use_threads(spec_.threads);
  at::AutoGradMode grad(true);
  const std::int64_t d = feature_dim_, hidden = d * d, all = hidden + d * kProjected;
  if (!projection_.defined()) {
    Parameter first{.name = "projection1", .shape = {d, d}}, second{.name = "projection2", .shape = {kProjected, d}};
    auto values = initial_values(first, spec_.seed), more = initial_values(second, spec_.seed);
    values.insert(values.end(), more.begin(), more.end());
    projection_ = at::from_blob(values.data(), {all}, at::kFloat).clone().to(device_);
    projection_gradient_ = at::zeros_like(projection_);
    projection_update_ = Update(Optimiser::adam, all, projection_.options());
  }
  std::vector<at::Tensor> statistics;
  for (auto& b : buffers_) statistics.push_back(b.clone());
  // Both views of an image beside one another: rows 2k and 2k + 1.
  auto x = at::empty_strided({std::int64_t(2 * n), 1, spec_.input_px, spec_.input_px},
                             {std::int64_t(image_bytes()), 1, spec_.input_px, 1}, at::kFloat);
  view_pairs(images, spec_.input_px, seed, {x.data_ptr<float>(), 2 * images.size()});
  auto leaf = projection_.detach().requires_grad_();
  projection_gradient_.zero_();
  leaf.mutable_grad() = projection_gradient_;
  auto features = forward(values_, x.to(device_), true, seed).features;
  auto h = at::linear(features, leaf.narrow(0, 0, hidden).view({d, d})).relu();
  auto loss = contrastive_loss(at::linear(h, leaf.narrow(0, hidden, d * kProjected).view({kProjected, d})), kTemperature);
  float value = loss.item<float>();
  if (!std::isfinite(value)) last_error_ = "the loss is not finite";
  if (std::isfinite(value) && descend(loss, learning_rate)) {
    at::NoGradGuard no_grad;
    projection_update_.step(projection_, projection_gradient_, learning_rate, 0, 0);
    return value;
  }
  at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < buffers_.size(); ++i) buffers_[i].copy_(statistics[i]);
  return kNaN;
}

}  // namespace mp::ml
