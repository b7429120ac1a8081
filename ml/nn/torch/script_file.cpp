// See script_file.h.
#include "ml/nn/torch/script_file.h"

#include <torch/script.h>

#include "ml/nn/torch/network.h"

namespace mp::ml {

Result<std::vector<NamedTensor>> read_script_file(const std::string& path) {
  try {
    auto module = torch::jit::load(path, at::kCPU);
    std::vector<NamedTensor> tensors;
    auto add = [&](const std::string& name, const at::Tensor& t) {
      if (!t.is_floating_point()) return;
      auto v = t.detach().to(at::kCPU, at::kFloat).contiguous();
      tensors.push_back({name, v.sizes().vec(), {v.data_ptr<float>(), v.data_ptr<float>() + v.numel()}});
    };
    for (const auto& p : module.named_parameters()) add(p.name, p.value);
    for (const auto& b : module.named_buffers()) add(b.name, b.value);
    return tensors;
  } catch (const std::exception& e) {
    return fail("cannot read the TorchScript file", path, "a file of torch.jit.save", first_line(e.what()));
  }
}

}  // namespace mp::ml
