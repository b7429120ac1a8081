// Memory of LibTorch's CPU tensors, kept from one step to the next. malloc gives large blocks back to the system and
// gets them again in every step; the page faults cost 40 % of a gapc step. One list for the module; any thread.
#pragma once
#include <cstddef>

namespace mp::ml {

constexpr std::size_t kMaxKeptBytes = 256u << 20;

/// Held by everything that computes with LibTorch, before its tensors: the first makes LibTorch allocate here, with the
/// last what is kept is given back.
class StepMemory {
 public:
  StepMemory();
  ~StepMemory();
  StepMemory(const StepMemory&) = delete;
  StepMemory& operator=(const StepMemory&) = delete;
};

}  // namespace mp::ml
