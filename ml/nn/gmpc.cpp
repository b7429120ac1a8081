// gmpc: gapc with global max pooling (Yang et al. 2023, Table 1).
#include "ml/nn/plan.h"

namespace mp::ml {

NetworkPlan gmpc() {
  auto plan = gapc();
  plan.name = "gmpc";
  plan.title = "4 convolutions, global max pooling, dropout (Yang et al. 2023)";
  for (auto& l : plan.layers)
    if (l.kind == LayerKind::global_average) l.kind = LayerKind::global_max;
  return plan;
}

}  // namespace mp::ml
