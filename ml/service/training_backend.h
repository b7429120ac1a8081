// The real trainer behind the training worker: train_network on the pool's images, the weights kept in the project.
// Functions are called on the training thread.
#pragma once
#include "ml/service/training_worker.h"

namespace mp::ml {

/// Blob under which a round's facts are kept: JSON with network, input_px, classes, file, round, label_revision,
/// accuracy, biased, seed.
constexpr const char* kNetworkModelBlob = "network_model";

/// project_dir: weights go to project_dir/models/<network>.safetensors; empty: they are not kept (read-only).
/// save_blob: takes the facts, any thread. boxes: the project's, where settings.guide asks for them.
TrainingBackend make_training_backend(std::string project_dir,
                                      std::function<void(std::string key, std::vector<std::uint8_t>)> save_blob,
                                      std::function<Result<BoxStore>()> boxes = {});

}  // namespace mp::ml
