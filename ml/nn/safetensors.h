// Weight files in the safetensors layout: an 8-byte length, a JSON header, raw little-endian values. Reader and writer
// of our own; no LibTorch. Pure; any thread.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/base/error.h"

namespace mp::ml {

constexpr std::size_t kMaxTensorHeaderBytes = 4u << 20;
constexpr std::size_t kMaxTensors = 10'000;
constexpr std::size_t kMaxTensorDims = 8;

struct TensorView {
  std::string name;
  std::string dtype;                    // "F32", "F16", "I64", ...
  std::vector<std::int64_t> shape;
  std::span<const std::uint8_t> bytes;  // into the file
};

struct TensorFile {
  std::vector<TensorView> tensors;              // in the order of their bytes
  std::map<std::string, std::string> metadata;
  const TensorView* find(std::string_view name) const;
};

/// Strict: header within its limits, known types, sizes that agree, and data without gaps, overlaps or a rest. The
/// views point into `bytes`. `name` is for messages.
Result<TensorFile> read_safetensors(std::span<const std::uint8_t> bytes, const std::string& name = {});

struct NamedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

std::vector<std::uint8_t> write_safetensors(std::span<const NamedTensor> tensors,
                                            const std::map<std::string, std::string>& metadata);

/// An F32 view's values.
std::vector<float> floats_of(const TensorView& view);

}  // namespace mp::ml
