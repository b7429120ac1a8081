// Memory of LibTorch's CPU tensors, kept from one step to the next. malloc gives large blocks back to the system and
// gets them again in every step; the page faults cost 40 % of a gapc step. One list for the module; any thread.
#pragma once
#include <cstddef>

namespace mp::ml {

constexpr std::size_t kMaxKeptBytes = 256u << 20;

/// Makes LibTorch allocate here, once.
void install_step_memory();

/// Gives back what is kept; called when the last network goes.
void release_step_memory();

}  // namespace mp::ml
