// Keras' .h5 weights (HDF5). In the module because HDF5 brings libraries along that no other command needs. Any thread,
// one at a time.
#pragma once
#include "ml/nn/network.h"

namespace mp::ml {
Result<std::vector<NamedTensor>> read_keras_file(const std::string& path);
}
