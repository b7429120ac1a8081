// See weights.h.
#include "ml/nn/weights.h"

#include <algorithm>
#include <cmath>

#include "ml/nn/differences.h"

namespace mp::ml {
Weights initial_weights(const PlacedNetwork& net, std::uint64_t seed) {
  Weights w;
  for (auto& p : net.parameters) w.push_back(initial_values(p, seed));
  return w;
}

std::vector<std::uint8_t> pack_weights(const PlacedNetwork& net, const NetworkSpec& spec, const Weights& weights) {
  std::vector<NamedTensor> tensors;
  for (std::size_t i = 0; i < net.parameters.size(); ++i)
    tensors.push_back({net.parameters[i].name, net.parameters[i].shape, weights[i]});
  return write_safetensors(tensors, {{"network", spec.name},
                                     {"input_px", std::to_string(spec.input_px)},
                                     {"classes", std::to_string(spec.classes)}});
}

Result<Weights> unpack_weights(const PlacedNetwork& net, const NetworkSpec& spec, std::span<const std::uint8_t> bytes,
                               const std::string& name) {
  auto file = read_safetensors(bytes, name);
  if (!file) return tl::make_unexpected(file.error());
  Differences differences;
  auto named = file->metadata.find("network");
  if (named != file->metadata.end() && named->second != spec.name)
    differences.add("network \"" + named->second.substr(0, 40) + "\" instead of \"" + spec.name + "\"");
  Weights weights;
  for (auto& p : net.parameters) {
    auto* t = file->find(p.name);
    if (!t) {
      differences.add(p.name + " is missing");
    } else if (t->dtype != "F32") {
      differences.add(p.name + " is " + t->dtype + ", not F32");
    } else if (t->shape != p.shape) {
      differences.add(p.name + " is " + shape_text(t->shape) + ", not " + shape_text(p.shape));
    } else {
      weights.push_back(floats_of(*t));
      if (!std::ranges::all_of(weights.back(), [](float v) { return std::isfinite(v); }))
        differences.add(p.name + " has values that are not finite");
    }
  }
  for (auto& t : file->tensors)
    if (std::ranges::none_of(net.parameters, [&](auto& p) { return p.name == t.name; }))
      differences.add("\"" + t.name.substr(0, 40) + "\" is unknown");
  if (differences.count())
    return fail(
        "the weights do not fit the network", name,
        spec.name + " for " + std::to_string(spec.classes) + " classes at " + std::to_string(spec.input_px) + " px",
        differences.text(), "choose the network and the classes that the weights were saved with");
  return weights;
}

Result<std::vector<std::uint8_t>> transfer_weights(std::span<const std::uint8_t> from,
                                                   std::span<const std::uint8_t> into) {
  auto source = read_safetensors(from);
  if (!source) return tl::make_unexpected(source.error());
  auto target = read_safetensors(into);
  if (!target) return tl::make_unexpected(target.error());
  std::vector<NamedTensor> tensors;
  for (auto& t : target->tensors) {
    NamedTensor out{t.name, t.shape, floats_of(t)};
    auto* s = source->find(t.name);
    if (s && s->dtype == "F32" && !s->shape.empty() && s->shape.size() == t.shape.size() &&
        std::equal(s->shape.begin() + 1, s->shape.end(), t.shape.begin() + 1)) {
      // Only the classifier's first dimension may differ: any other layer of another width is another network.
      bool classifier = t.name.starts_with("fc");
      if (s->shape == t.shape || classifier) {
        auto values = floats_of(*s);
        std::copy_n(values.begin(), std::min(values.size(), out.values.size()), out.values.begin());
      }
    }
    tensors.push_back(std::move(out));
  }
  return write_safetensors(tensors, target->metadata);
}

}  // namespace mp::ml
