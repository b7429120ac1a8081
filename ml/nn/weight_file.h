// Files of weights from elsewhere, told apart by what is in them: safetensors, PyTorch's .pth, Keras' .h5, TorchScript.
// Pure but for reading the file; any thread. Not for files that nobody vouches for: see weight_helper.h.
#pragma once
#include <string>
#include <vector>

#include "ml/nn/plan.h"
#include "ml/nn/safetensors.h"

namespace mp::ml {

/// Tensors of floats by name. trust: TorchScript may be loaded, which can run code that is in it. Errors: not a file of
/// weights, TorchScript without trust, as read_safetensors, read_pth, read_keras and read_torch_script.
Result<std::vector<NamedTensor>> read_weight_file(const std::string& path, bool trust);

/// A network's bytes after a start from a file, and what of the file or of the network was left alone.
struct StartedWeights {
  std::vector<std::uint8_t> bytes;
  std::size_t tensors = 0;
  std::string left_alone;  // "fc.weight is 1000x512, not 6x512; ..." or empty
};

/// `into`, the saved bytes of a network, with the tensors of a file. All of its backbone must be there, with its shapes
/// and finite values; dense layers that are missing or of another shape keep their first values and are listed, as is
/// what the network does not know. Errors: a backbone that does not fit: everything that is wrong is listed.
Result<StartedWeights> start_from(const PlacedNetwork& net, std::span<const std::uint8_t> into,
                                  const std::vector<NamedTensor>& file, const std::string& path);

}  // namespace mp::ml
