// The optimisers on one flat tensor of parameters. Only for the files of this folder.
#pragma once
#include <ATen/ATen.h>

#include "ml/nn/optimiser.h"

namespace mp::ml {

class Update {
 public:
  Update() = default;
  /// For `size` values on the device of `options`.
  Update(Optimiser kind, std::int64_t size, const at::TensorOptions& options);

  /// values -= what the gradient and the memory of the steps before say. decay: decoupled, on the first `decaying`
  /// values (AdamW only).
  void step(at::Tensor& values, const at::Tensor& gradient, float learning_rate, float decay, std::int64_t decaying);
  void forget();  // the memory; the next step is a first one

 private:
  Optimiser kind_ = Optimiser::adam;
  at::Tensor first_, second_;
  std::int64_t steps_ = 0;
};

}  // namespace mp::ml
