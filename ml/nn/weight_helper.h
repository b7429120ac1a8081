// Reads a file of weights in a process of its own (this program again, with a hidden subcommand) under limits of memory
// and time: a hostile file ends that process, not the program. Any thread; waits for the process.
#pragma once
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/nn/safetensors.h"

namespace mp::ml {

constexpr const char* kWeightHelperCommand = "read-weights";
constexpr int kHelperSeconds = 120;  // of its processor time; half as much again on the clock
/// Of its address space, and four times the file besides.
constexpr std::uint64_t kHelperBytes = std::uint64_t(4) << 30;

/// As read_weight_file; errors also say that the helper was ended and by what.
Result<std::vector<NamedTensor>> read_weights_apart(const std::string& path, bool trust,
                                                    const std::string& program = "/proc/self/exe");

/// The helper itself: limits this process, reads the file and writes tensors or the error to standard output. Returns
/// the exit status.
int run_weight_helper(const std::string& path, bool trust);

}  // namespace mp::ml
