// slm: the powder bed patch network (SLM-CNN): five blocks of convolution, ReLU, batch norm and pool, one hidden dense
// layer. Three input channels as published; grey patches are repeated.
#include "ml/nn/plan.h"

namespace mp::ml {

NetworkPlan slm() {
  using enum LayerKind;
  NetworkPlan plan{"slm", "Powder bed patches: 5 blocks with batch norm, dense 512 (SLM-CNN)", {}};
  const int filters[] = {32, 64, 128, 256, 256};
  const float dropped[] = {0, 0.1f, 0.2f, 0.3f, 0.3f};
  for (int i = 0; i < 5; ++i) {
    plan.layers.push_back({.kind = conv, .out = filters[i], .kernel = 3, .pad = 1});
    plan.layers.push_back({relu});
    plan.layers.push_back({batch_norm});
    plan.layers.push_back({.kind = max_pool, .kernel = 2, .stride = 2});
    if (dropped[i] > 0) plan.layers.push_back({.kind = dropout, .rate = dropped[i]});
  }
  for (Layer l : {Layer{flatten}, Layer{dense, 512}, Layer{relu}, Layer{.kind = dropout, .rate = 0.3f}, Layer{dense}})
    plan.layers.push_back(l);
  plan.input.channels = 3;
  plan.last_block = {"conv5.", "bn5."};
  return plan;
}

}  // namespace mp::ml
