// See start_weights.h.
#include "ml/train/start_weights.h"

#include "ml/nn/weight_file.h"
#include "ml/nn/weight_helper.h"

namespace mp::ml {

Result<std::string> load_start_weights(Network& network, const TrainSettings& settings) {
  auto file = read_weights_apart(settings.weights, settings.trust);
  if (!file) return tl::make_unexpected(file.error());
  const auto& spec = network.spec();
  auto placed = place(*find_plan(spec.name), spec.input_px, spec.classes, spec.one_output);
  if (!placed) return tl::make_unexpected(placed.error());
  auto started = start_from(*placed, network.save(), *file, settings.weights);
  if (!started) return tl::make_unexpected(started.error());
  if (auto ok = network.load(started->bytes); !ok) return tl::make_unexpected(ok.error());
  return started->left_alone;
}

}  // namespace mp::ml
