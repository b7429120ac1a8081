// See plan.h.
#include "ml/nn/plan.h"

#include <cmath>

#include "engine/base/hash.h"
#include "ml/data/types.h"

namespace mp::ml {

std::span<const NetworkPlan> network_plans() {
  static const std::vector<NetworkPlan> plans{gapc(), gmpc(), trc(), bn_gapc()};
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

Result<PlacedNetwork> place(const NetworkPlan& plan, int input_px, int classes) {
  const std::string what = "cannot build the network " + std::string(plan.name);
  if (classes < 2 || classes > kMaxClasses)
    return fail(what, {}, "2 to " + std::to_string(kMaxClasses) + " classes", std::to_string(classes));
  if (input_px < kMinInputPx || input_px > kMaxInputPx)
    return fail(what, {}, std::to_string(kMinInputPx) + " to " + std::to_string(kMaxInputPx) + " pixels of input side",
                std::to_string(input_px));
  PlacedNetwork net;
  int c = 1, h = input_px, w = input_px;
  int convs = 0, norms = 0, denses = 0;
  auto add = [&](std::string name, std::vector<std::int64_t> shape, bool buffer, bool decays) {
    net.parameters.push_back({std::move(name), std::move(shape), buffer, decays});
  };
  for (auto& l : plan.layers) {
    PlacedLayer p{l, c};
    p.parameter = int(net.parameters.size());
    auto slide = [&](int n) { return n + 2 * l.pad < l.kernel ? 0 : (n + 2 * l.pad - l.kernel) / l.stride + 1; };
    switch (l.kind) {
      case LayerKind::conv: {
        std::string name = "conv" + std::to_string(++convs);
        add(name + ".weight", {l.out, c, l.kernel, l.kernel}, false, true);
        if (l.bias) add(name + ".bias", {l.out}, false, false);
        c = l.out, h = slide(h), w = slide(w);
        break;
      }
      case LayerKind::batch_norm: {
        std::string name = "bn" + std::to_string(++norms);
        add(name + ".weight", {c}, false, false);
        add(name + ".bias", {c}, false, false);
        add(name + ".running_mean", {c}, true, false);
        add(name + ".running_var", {c}, true, false);
        break;
      }
      case LayerKind::max_pool: h = slide(h), w = slide(w); break;
      case LayerKind::global_average:
      case LayerKind::global_max: h = w = 1; break;
      case LayerKind::flatten: c *= h * w, h = w = 1; break;
      case LayerKind::dense: {
        std::string name = "fc" + std::to_string(++denses);
        int out = l.out ? l.out : classes;
        add(name + ".weight", {out, c}, false, true);
        if (l.bias) add(name + ".bias", {out}, false, false);
        c = out;
        break;
      }
      case LayerKind::relu:
      case LayerKind::dropout: break;
    }
    if (h < 1 || w < 1)
      return fail(what, {}, "an input that every layer leaves at least one pixel of",
                  std::to_string(input_px) + " pixels", "use a larger input");
    if (int(net.parameters.size()) == p.parameter) p.parameter = -1;
    p.channels = c, p.height_px = h, p.width_px = w;
    net.layers.push_back(p);
  }
  // Features: the input of the classifier, taken before its dropout.
  int last = int(net.layers.size()) - 1;
  do --last;
  while (last > 0 && net.layers[std::size_t(last)].layer.kind == LayerKind::dropout);
  net.feature_layer = last;
  net.feature_dim = net.layers[std::size_t(last)].channels;
  return net;
}

std::vector<float> initial_values(const Parameter& parameter, std::uint64_t seed) {
  std::vector<float> v(parameter.size(), 0.f);
  if (parameter.shape.size() == 1) {
    auto ends = [&](std::string_view s) { return std::string_view(parameter.name).ends_with(s); };
    bool scale = parameter.name.starts_with("bn") && (ends(".weight") || ends(".running_var"));
    if (scale) v.assign(v.size(), 1.f);
    return v;
  }
  double out = double(parameter.shape[0]), fan_in = double(parameter.size()) / out;
  double bound = parameter.shape.size() == 4 ? std::sqrt(6.0 / fan_in) : std::sqrt(6.0 / (fan_in + out));
  Rng rng(hash_combine(seed, hash_bytes(parameter.name)));
  for (auto& x : v) x = float(bound) * (2 * rng.unit() - 1);
  return v;
}

}  // namespace mp::ml
