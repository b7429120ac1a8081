// The RBF kernel between two sets of standardised rows, by one matrix product. Pure; any thread.
#pragma once
#include <cstddef>

namespace mp::ml {

/// Products run on the calling thread: OpenBLAS's own threads would fight with the training thread and make results
/// depend on their number; parallel_blocks() spreads the work instead. Process-wide, cheap, idempotent.
void use_single_threaded_blas();

/// out[i * ld + j] = exp(-gamma * |a_i - b_j|^2) for a: na x d, b: nb x d, with their squared norms.
void rbf_block(const float* a, const float* a_norms, std::size_t na, const float* b, const float* b_norms,
               std::size_t nb, std::size_t d, float gamma, float* out, std::size_t ld);

}  // namespace mp::ml
