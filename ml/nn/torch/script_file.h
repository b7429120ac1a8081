// Parameters of a TorchScript file. Only for the files of this folder.
#pragma once
#include "ml/nn/network.h"

namespace mp::ml {

/// See read_torch_script() in network.h.
Result<std::vector<NamedTensor>> read_script_file(const std::string& path);

}  // namespace mp::ml
