// Hot loops over one image row for the LBP histograms, compiled for several instruction sets. Internal to ml/features;
// pure; any thread.
#pragma once
#include <cstdint>

namespace mp::ml::lbp {

constexpr float kEqual = 1e-4f;  // a neighbour this much darker still counts as not darker (reference)
constexpr float kDoubt = 7e-5f;  // closer to the threshold single precision cannot decide: bound of its rounding at 255

/// The rows that a pixel's eight neighbours at radius r are read from; each pointer is at the first centre pixel's
/// column.
template <class T>
struct Rows {
  const T *centre, *north, *south;  // y, y - r, y + r
  const T *up_near, *up_far;        // y - m, y - m - 1 where m = floor(r / sqrt 2)
  const T *down_near, *down_far;    // y + m, y + m + 1
  int radius, m;
  T f;  // r / sqrt 2 - m
};

/// LBP codes of n pixels: bit k = neighbour k (right, then counter-clockwise) >= centre - 1e-4. `up` and `down` are
/// scratch rows of n + 2 m + 2. The single-precision one returns the smallest distance of any comparison from its
/// threshold.
float codes(const Rows<float>& rows, int n, float* up, float* down, std::uint8_t* code);
void codes(const Rows<double>& rows, int n, double* up, double* down, std::uint8_t* code);

/// (uniform bin of the code * 2 + above) * 4 + level, 0 .. 79, where above_level holds above * 4 + level.
void joint_bins(const std::uint8_t* code, const std::uint8_t* above_level, int n, std::uint8_t* bin);

/// above * 4 + level of n pixels: above = z > mean; level = how many of 3, 8, 20 are below |box mean - z|. top and
/// bottom are the rows of the summed-area table around a box of side k whose left column belongs to the first pixel.
void above_and_contrast(const double* z, const double* top, const double* bottom, int k, int n, double mean,
                        std::uint8_t* above_level);

/// Sums over k columns: out[x] = (in[x] + .. + in[x + k - 1]) / count.
void box_row(const double* in, int k, int n, double count, double* out);

/// sum[x] += add[x] - remove[x]; either may be null.
void slide(const float* add, const float* remove, int n, double* sum);

/// column[x] += z[x], out[x] = column[x].
void add_row(const double* z, int n, double* column, double* out);
/// Prefix sums in place of 8 rows at once: their chains of additions hide each other's latency.
void prefix_rows(double* const rows[8], int n);

void to_double(const float* in, int n, double* out);
void to_float(const double* in, int n, float* out);
/// sum[x] += weight * row[x].
void accumulate(const float* row, int n, double weight, double* sum);

}  // namespace mp::ml::lbp
