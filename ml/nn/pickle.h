// A restricted reader of Python pickles: what a PyTorch state_dict is made of, nothing else. It runs no code: every name
// that is not an OrderedDict, a tensor or a storage is refused. Pure; any thread.
#pragma once
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace mp::ml::pickle {

constexpr std::size_t kMaxValues = 500'000;

/// Where a tensor's values are: a storage by its key, and how they lie in it.
struct Tensor {
  std::string storage, type;  // "0"; "FloatStorage"
  std::int64_t offset = 0, storage_size = 0;
  std::vector<std::int64_t> shape, stride;
};

struct Value {
  enum class Kind { none, boolean, integer, real, text, tuple, list, dict, global, storage, tensor } kind = Kind::none;
  std::int64_t integer = 0;           // boolean, integer; storage: number of values
  double real = 0;
  std::string text;                   // text, global ("module name"), storage: key
  std::string type;                   // storage: "FloatStorage"
  std::vector<Value*> items;          // tuple, list; dict: key, value, key, value, ...; may hold itself
  Tensor tensor;
};

/// All values of a pickle; they point at each other, so none is freed before the others.
struct Pickle {
  Pickle() = default;
  Pickle(Pickle&&) = default;  // a copy would point into the other
  std::deque<Value> values;
  const Value* top = nullptr;
  std::size_t used = 0;  // bytes
};

/// One pickle from the front of `bytes`. Errors: an opcode or a name that is not allowed, a stack that does not fit, more
/// values than the limit, a stream that ends too early.
Result<Pickle> read(std::span<const std::uint8_t> bytes);

}  // namespace mp::ml::pickle
