// A trained network as the project keeps it. Stateless; any thread (the network belongs to who asked for it).
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/nn/network.h"

namespace mp::ml {

struct StoredNetwork {
  std::string name;                  // as in the settings: "gapc", "resnet18+svm"
  std::vector<std::string> classes;
  std::shared_ptr<Network> network;
  std::vector<bool> learned = {};    // by class: it was shown one; empty: not known
};

/// From models/NAME.manifest.json and .safetensors; an empty name: the one that was written last. Errors: none there
/// ("no network"), a network with a head on features where `heads` are not wanted (it has no maps), files that do not fit.
Result<StoredNetwork> load_stored_network(const std::string& project_dir, const std::string& name, int threads, bool heads = false);
constexpr const char* kNoNetwork = "no network";

}  // namespace mp::ml
