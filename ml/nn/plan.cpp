// See plan.h.
#include "ml/nn/plan.h"

#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"
#include "ml/data/types.h"

namespace mp::ml {

std::span<const NetworkPlan> network_plans() {
  static const std::vector<NetworkPlan> plans{gapc(), gmpc(), trc(), bn_gapc(), slm(), vgg16(), resnet18()};
  return plans;
}

const NetworkPlan* find_plan(std::string_view name) {
  for (auto& p : network_plans())
    if (p.name == name) return &p;
  return nullptr;
}

std::string plan_names() {
  std::string s;
  for (auto& p : network_plans()) s += (s.empty() ? "" : ", ") + std::string(p.name);
  return s;
}

bool has_class_maps(const NetworkPlan& plan) {
  auto i = plan.layers.size();
  if (i < 2 || plan.layers[--i].kind != LayerKind::dense) return false;
  while (--i > 0 && plan.layers[i].kind == LayerKind::dropout) {
  }
  return plan.layers[i].kind == LayerKind::global_average || plan.layers[i].kind == LayerKind::global_max;
}

std::size_t Parameter::size() const {
  std::size_t n = 1;
  for (auto d : shape) n *= std::size_t(d);
  return n;
}

std::size_t PlacedNetwork::trainable() const {
  std::size_t n = 0;
  for (auto& p : parameters)
    if (!p.buffer) n += p.size();
  return n;
}

std::size_t PlacedNetwork::values() const {
  std::size_t n = 0;
  for (auto& p : parameters) n += p.size();
  return n;
}

bool is_trained(const NetworkPlan& plan, const Parameter& parameter, TrainedPart part) {
  if (parameter.buffer) return false;
  if (part == TrainedPart::whole || parameter.head) return true;
  return part == TrainedPart::last_block &&
         std::ranges::any_of(plan.last_block, [&](auto start) { return parameter.name.starts_with(start); });
}

Result<PlacedNetwork> place(const NetworkPlan& plan, int input_px, int classes, bool one_output) {
  const std::string what = "cannot build the network " + std::string(plan.name);
  if (classes < 2 || classes > kMaxClasses)
    return fail(what, {}, "2 to " + std::to_string(kMaxClasses) + " classes", std::to_string(classes));
  if (one_output && classes != 2)
    return fail(what, {}, "two classes for a single sigmoid output", std::to_string(classes) + " classes",
                "choose softmax");
  if (input_px < kMinInputPx || input_px > kMaxInputPx)
    return fail(what, {}, std::to_string(kMinInputPx) + " to " + std::to_string(kMaxInputPx) + " pixels of input side",
                std::to_string(input_px));
  struct Size {
    int c, h, w;
    bool operator==(const Size&) const = default;
  };
  PlacedNetwork net;
  Size trunk{plan.input.channels, input_px, input_px}, branch = trunk;
  int convs = 0, norms = 0, denses = 0;
  auto add = [&](Parameter p) { net.parameters.push_back(std::move(p)); };
  for (auto& l : plan.layers) {
    auto& at = l.branch ? branch : trunk;
    PlacedLayer p{l, at.c};
    p.parameter = int(net.parameters.size());
    auto slide = [&](int n) { return n + 2 * l.pad < l.kernel ? 0 : (n + 2 * l.pad - l.kernel) / l.stride + 1; };
    auto named = [&](const char* kind, int& count) {
      return l.name.empty() ? kind + std::to_string(++count) : std::string(l.name);
    };
    switch (l.kind) {
      case LayerKind::conv: {
        auto name = named("conv", convs);
        add({.name = name + ".weight", .shape = {l.out, at.c, l.kernel, l.kernel}, .decays = true, .l2 = l.l2});
        if (l.bias) add({.name = name + ".bias", .shape = {l.out}});
        at = {l.out, slide(at.h), slide(at.w)};
        break;
      }
      case LayerKind::batch_norm: {
        auto name = named("bn", norms);
        add({.name = name + ".weight", .shape = {at.c}, .first = 1});
        add({.name = name + ".bias", .shape = {at.c}});
        add({.name = name + ".running_mean", .shape = {at.c}, .buffer = true});
        add({.name = name + ".running_var", .shape = {at.c}, .buffer = true, .first = 1});
        break;
      }
      case LayerKind::max_pool: at.h = slide(at.h), at.w = slide(at.w); break;
      case LayerKind::global_average:
      case LayerKind::global_max: at.h = at.w = 1; break;
      case LayerKind::flatten: at = {at.c * at.h * at.w, 1, 1}; break;
      case LayerKind::dense: {
        auto name = named("fc", denses);
        int out = l.out ? l.out : one_output ? 1 : classes;
        add({.name = name + ".weight", .shape = {out, at.c}, .decays = true, .head = true, .l2 = l.l2});
        if (l.bias) add({.name = name + ".bias", .shape = {out}, .head = true});
        at.c = out;
        break;
      }
      case LayerKind::fork: branch = trunk; break;
      case LayerKind::join:
        if (branch != trunk) return fail(what, {}, "a branch of the trunk's size", "another one");
        break;
      case LayerKind::relu:
      case LayerKind::dropout: break;
    }
    if (at.h < 1 || at.w < 1)
      return fail(what, {}, "an input that every layer leaves at least one pixel of",
                  std::to_string(input_px) + " pixels", "use a larger input");
    if (int(net.parameters.size()) == p.parameter) p.parameter = -1;
    p.channels = at.c, p.height_px = at.h, p.width_px = at.w;
    net.layers.push_back(p);
  }
  // Features: the input of the classifier, taken before its dropout.
  int last = int(net.layers.size()) - 1;
  do --last;
  while (last > 0 && net.layers[std::size_t(last)].layer.kind == LayerKind::dropout);
  net.feature_layer = last;
  net.feature_dim = net.layers[std::size_t(last)].channels;
  auto before = [](const PlacedLayer& l) { return l.layer.kind != LayerKind::dense && l.layer.kind != LayerKind::dropout; };
  auto dense = std::ranges::find(net.layers, LayerKind::dense, [](auto& l) { return l.layer.kind; });
  for (net.backbone_layer = int(dense - net.layers.begin()) - 1; net.backbone_layer > 0;) {
    if (before(net.layers[std::size_t(net.backbone_layer)])) break;
    --net.backbone_layer;
  }
  return net;
}

std::vector<float> initial_values(const Parameter& parameter, std::uint64_t seed) {
  std::vector<float> v(parameter.size(), 0.f);
  if (parameter.shape.size() == 1) {
    v.assign(v.size(), parameter.first);
    return v;
  }
  double out = double(parameter.shape[0]), fan_in = double(parameter.size()) / out;
  double bound = parameter.shape.size() == 4 ? std::sqrt(6.0 / fan_in) : std::sqrt(6.0 / (fan_in + out));
  Rng rng(hash_combine(seed, hash_bytes(parameter.name)));
  for (auto& x : v) x = float(bound) * (2 * rng.unit() - 1);
  return v;
}

}  // namespace mp::ml
