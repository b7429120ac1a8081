// The head's hot loops over plain float arrays: exponentials, kernel values, class probabilities. Pure; any thread.
#pragma once
#include <cstddef>

namespace mp::ml {

/// dots[i] = exp(-gamma * max(0, norms[i] + centre_norm - 2 dots[i])); relative error below 1e-6.
void rbf_from_dots(float* dots, const float* norms, float centre_norm, float gamma, std::size_t n);

/// softmax(temperature * score) over c classes. scores: class k of sample i at scores[k * stride + i], replaced by the
/// probabilities. scratch: 2 x n.
void softmax_columns(float* scores, std::size_t stride, std::size_t n, int c, float temperature, float* scratch);

/// out = (row - mean) * inv_std, limited to +-clip, times scale, for d values; returns the squared norm of out (NaN if a
/// value of the row is not finite).
float standardise_row(const float* row, const float* mean, const float* inv_std, std::size_t d, float clip, float scale,
                      float* out);

/// Adds row - shift and its square to the sums; returns false and adds nothing if a value is not finite.
bool accumulate_row(const float* row, const float* shift, std::size_t d, double* sum, double* square);

}  // namespace mp::ml
