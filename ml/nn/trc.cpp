// trc: the traditional classifier on gapc's convolutions: two hidden dense layers (Yang et al. 2023, section 2.1.2 and
// Table 2, "TRC + Dropout"). The paper does not give their widths; 128 and 64 keep the feature vector at 64 as in gapc.
#include "ml/nn/plan.h"

namespace mp::ml {

NetworkPlan trc() {
  using enum LayerKind;
  auto plan = gapc();
  plan.name = "trc";
  plan.title = "4 convolutions, two hidden dense layers, dropout (Yang et al. 2023)";
  while (plan.layers.back().kind != max_pool) plan.layers.pop_back();
  for (Layer l : {Layer{flatten}, Layer{dense, 128}, Layer{relu}, Layer{dense, 64}, Layer{relu},
                  Layer{.kind = dropout, .rate = 0.5f}, Layer{dense}})
    plan.layers.push_back(l);
  return plan;
}

}  // namespace mp::ml
