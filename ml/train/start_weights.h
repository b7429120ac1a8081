// A network's first weights from a person's file. Owned by the thread that trains.
#pragma once
#include <string>

#include "ml/train/train_settings.h"

namespace mp::ml {

/// settings.weights, read by the helper process, into `network`. Returns what was left alone, by name. Errors: as
/// read_weights_apart and start_from.
Result<std::string> load_start_weights(Network& network, const TrainSettings& settings);

}  // namespace mp::ml
