// What a training run was made of, as JSON: enough to repeat it. Plain values; any thread.
#pragma once
#include <string>
#include <vector>

#include "ml/train/training_run.h"

namespace mp::ml {

struct Manifest {
  TrainSettings settings;
  std::vector<std::string> classes;
  std::vector<TrainItem> train, validation;
  std::string data;                        // data_hash of both
  std::string versions;                    // of program, revision, LibTorch: for the reader
  std::optional<std::uint64_t> pretrain_seed;  // where an earlier round pretrained; else it is the settings' seed
  double accuracy = 0;
  int best_epoch = 0, epochs = 0;
};

/// "meltpool 0.1.0, revision 1a2b3c4, LibTorch ...".
std::string program_versions();

/// Hash of the labels and of at most 2,000 evenly chosen images of each part as the network sees them, in hexadecimal.
std::string data_hash(std::span<const TrainItem> train, std::span<const TrainItem> validation, int px, InputSource& inputs);

std::string manifest_json(const Manifest& manifest);
/// Errors: cannot be read, not a manifest, settings that check_settings refuses.
Result<Manifest> read_manifest(const std::string& path);

}  // namespace mp::ml
