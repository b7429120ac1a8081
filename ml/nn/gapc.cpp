// gapc: four convolutions and a global average pooling classifier, Yang et al. 2023, Table 1. The table gives the two
// pools stride 1, but its output sizes (50 to 25, 13 to 6) need stride 2; padding 1 gives its other sizes at 200 px.
#include "ml/nn/plan.h"

namespace mp::ml {

NetworkPlan gapc() {
  using enum LayerKind;
  return {.name = "gapc",
          .title = "4 convolutions, global average pooling, dropout (Yang et al. 2023)",
          .layers = {{conv, 32, 3, 2, 1},
           {relu},
           {conv, 32, 3, 2, 1},
           {relu},
           {max_pool, 0, 2, 2},
           {conv, 64, 3, 2, 1},
           {relu},
           {conv, 64, 3, 1, 1},
           {relu},
           {max_pool, 0, 2, 2},
           {global_average},
           {.kind = dropout, .rate = 0.5f},
           {dense}},
          .schedule = Schedule::inverse_time,
          .last_block = {"conv4."}};
}

}  // namespace mp::ml
