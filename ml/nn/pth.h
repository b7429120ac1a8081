// PyTorch's .pth files: a state_dict in a zip archive (1.6 and later) or in the older stream of pickles. Pure; any
// thread.
#pragma once
#include "ml/nn/safetensors.h"

namespace mp::ml {

/// What read_pth found in a file that TorchScript wrote.
constexpr const char* kTorchScriptFound = "a TorchScript program";

/// Tensors of floats by name (halves and doubles are converted; whole numbers, such as num_batches_tracked, are left
/// out). A dict under "state_dict" or "model" is taken where the file has other things beside it. Errors: as
/// pickle::read; an archive that is compressed or broken, values that lie outside their storage.
Result<std::vector<NamedTensor>> read_pth(std::span<const std::uint8_t> bytes, const std::string& name = {});

/// Little-endian halves, floats or doubles ("HalfStorage", "F16", ...) as floats; empty if the type is none of them.
std::vector<float> floats_of(std::string_view type, std::span<const std::uint8_t> bytes);

}  // namespace mp::ml
