// See weight_file.h.
#include "ml/nn/weight_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>

#include "ml/nn/differences.h"
#include "ml/nn/network.h"
#include "ml/nn/pth.h"

namespace mp::ml {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t(8) << 30;

Result<std::vector<NamedTensor>> tensors_of_safetensors(std::span<const std::uint8_t> bytes, const std::string& path) {
  auto file = read_safetensors(bytes, path);
  if (!file) return tl::make_unexpected(file.error());
  std::vector<NamedTensor> tensors;
  for (auto& t : file->tensors)
    if (auto values = floats_of(t.dtype, t.bytes); !values.empty()) tensors.push_back({t.name, t.shape, std::move(values)});
  return tensors;
}

}  // namespace

Result<std::vector<NamedTensor>> read_weight_file(const std::string& path, bool trust) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  const auto size = in ? std::int64_t(in.tellg()) : -1;
  if (size < 0) return fail("cannot read the weights", path, "a file", "none that can be opened");
  if (std::uint64_t(size) > kMaxFileBytes)
    return fail("cannot read the weights", path, "at most 8 GB", std::to_string(size) + " bytes");
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
  in.seekg(0);
  if (!in.read(reinterpret_cast<char*>(bytes.data()), size)) return fail("cannot read the weights", path, "its bytes", "an error");
  auto begins = [&](std::string_view start) {
    return bytes.size() >= start.size() && std::memcmp(bytes.data(), start.data(), start.size()) == 0;
  };
  if (begins("\x89HDF")) {
    bytes = {};
    return read_keras(path);
  }
  if (bytes.size() > 8 && bytes[8] == '{') return tensors_of_safetensors(bytes, path);
  if (begins("PK") || begins("\x80")) {
    auto read = read_pth(bytes, path);
    if (read || !trust) {
      if (!read && read.error().found == kTorchScriptFound)
        return fail("cannot read the weights", path, "a state_dict, or the option --trust", kTorchScriptFound,
                    "save it with torch.save(model.state_dict()); --trust runs what is in the file");
      return read;
    }
    return read_torch_script(path);
  }
  return fail("cannot read the weights", path, "safetensors, a PyTorch .pth or a Keras .h5", "something else");
}

Result<StartedWeights> start_from(const PlacedNetwork& net, std::span<const std::uint8_t> into,
                                  const std::vector<NamedTensor>& file, const std::string& path) {
  auto target = read_safetensors(into);
  if (!target) return tl::make_unexpected(target.error());
  auto find = [&](const std::string& name) { return std::ranges::find(file, name, &NamedTensor::name); };
  Differences wrong, left_alone;
  std::vector<NamedTensor> tensors;
  StartedWeights started;
  for (auto& p : net.parameters) {
    auto* own = target->find(p.name);
    if (!own) return fail("cannot start from the weights", path, "bytes of this network", p.name + " is missing");
    NamedTensor out{p.name, p.shape, floats_of(*own)};
    auto& listed = p.head ? left_alone : wrong;
    auto found = find(p.name);
    if (found == file.end()) {
      listed.add(p.name + " is missing");
    } else if (found->shape != p.shape) {
      listed.add(p.name + " is " + shape_text(found->shape) + ", not " + shape_text(p.shape));
    } else if (!std::ranges::all_of(found->values, [](float v) { return std::isfinite(v); })) {
      wrong.add(p.name + " has values that are not finite");
    } else {
      out.values = found->values;
      ++started.tensors;
    }
    tensors.push_back(std::move(out));
  }
  for (auto& t : file)
    if (std::ranges::none_of(net.parameters, [&](auto& p) { return p.name == t.name; }))
      (wrong.count() ? wrong : left_alone).add("\"" + t.name.substr(0, 60) + "\" is unknown");
  if (wrong.count())
    return fail("the weights do not fit the network", path, "all of its convolutions and norms", wrong.text(),
                "choose the network that the weights belong to");
  started.left_alone = left_alone.text();
  started.bytes = write_safetensors(tensors, target->metadata);
  return started;
}

}  // namespace mp::ml
