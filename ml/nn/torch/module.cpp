// The network module: makes networks, and the symbol that the program looks for.
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/csrc/api/include/torch/version.h>

#include "ml/nn/torch/keras_file.h"
#include "ml/nn/torch/network.h"
#include "ml/nn/torch/script_file.h"

namespace mp::ml {
namespace {

std::vector<std::string> module_names() {
  std::vector<std::string> names;
  for (auto& p : network_plans()) names.emplace_back(p.name);
  return names;
}

Result<at::Device> find_device(const std::string& name) {
  const char* form = "cpu, cuda or a numbered one such as cuda:0";
  try {
    at::Device device(name);
    if (device.is_cpu()) return device;
    if (!device.is_cuda()) return fail("cannot use the device \"" + name + "\"", {}, form, name, "choose the device cpu");
    const int count = at::hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
    if (device.index() >= count || count == 0)
      return fail("cannot use the device " + name, {}, "a CUDA device that LibTorch sees",
                  count ? std::to_string(count) + " of them, from cuda:0"
                        : at::hasCUDA() ? "none" : "a LibTorch without CUDA",
                  "choose the device cpu, or install a CUDA build of LibTorch and its driver");
    return device;
  } catch (const std::exception& e) {
    return fail("cannot use the device \"" + name + "\"", {}, form, first_line(e.what()), "choose the device cpu");
  }
}

Result<std::unique_ptr<Network>> module_make(const NetworkSpec& spec) {
  auto* plan = find_plan(spec.name);
  if (!plan)
    return fail("unknown network", {}, "one of " + plan_names(), "\"" + spec.name + "\"", "choose a known one");
  if (spec.threads < 1) return fail("cannot make a network", {}, "at least one thread", std::to_string(spec.threads));
  auto placed = place(*plan, spec.input_px, spec.classes, spec.one_output);
  if (!placed) return tl::make_unexpected(placed.error());
  auto device = find_device(spec.device);
  if (!device) return tl::make_unexpected(device.error());
  try {
    use_threads(spec.threads);
    return std::make_unique<TorchNetwork>(spec, *plan, std::move(*placed), *device);
  } catch (const std::exception& e) {
    return fail("cannot make the network " + spec.name + " on the device \"" + spec.device + "\"", {},
                "enough memory on it", first_line(e.what()), "choose the device cpu or a smaller input");
  }
}

std::string module_versions() {
  return std::string("LibTorch ") + TORCH_VERSION + (at::hasCUDA() ? ", CUDA" : ", CPU") +
         (at::hasMKLDNN() ? ", oneDNN" : "");
}

}  // namespace
}  // namespace mp::ml

extern "C" __attribute__((visibility("default"))) const mp::ml::NetworkModule* meltpool_network_module_5() {
  static const mp::ml::NetworkModule module{mp::ml::module_names, mp::ml::module_make, mp::ml::module_versions,
                                            mp::ml::read_script_file, mp::ml::read_keras_file};
  return &module;
}
