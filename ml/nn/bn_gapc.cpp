// bn-gapc: our own default. gapc's layout with batch norm in place of dropout, trained with flips, quarter turns and
// small changes of lighting, each image standardised, label smoothing, AdamW and a cosine schedule.
#include "ml/nn/plan.h"

namespace mp::ml {

NetworkPlan bn_gapc() {
  using enum LayerKind;
  NetworkPlan plan{"bn-gapc", "gapc with batch norm, flips, quarter turns and label smoothing", {}};
  auto block = [&](int filters, int stride) {
    plan.layers.push_back({.kind = conv, .out = filters, .kernel = 3, .stride = stride, .pad = 1, .bias = false});
    plan.layers.push_back({batch_norm});
    plan.layers.push_back({relu});
  };
  block(32, 2);
  block(32, 2);
  plan.layers.push_back({max_pool, 0, 2, 2});
  block(64, 1);
  block(64, 1);
  plan.layers.push_back({max_pool, 0, 2, 2});
  block(128, 1);
  plan.layers.push_back({global_average});
  plan.layers.push_back({dense});
  plan.weight_decay = 0.02f;
  plan.label_smoothing = 0.1f;
  plan.flips_and_turns = true;
  plan.lighting = 0.1f;
  plan.schedule = Schedule::cosine;
  plan.rate_scale = 3;
  plan.input.standardise = true;
  plan.last_block = {"conv5.", "bn5."};
  return plan;
}

}  // namespace mp::ml
