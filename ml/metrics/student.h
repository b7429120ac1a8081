// Student's t: how wide a 95 % band of a mean is when its deviation was measured on the same few values. Pure; any
// thread.
#pragma once
#include <cmath>
#include <cstddef>
#include <iterator>

namespace mp::ml {

/// Two-sided 95 % quantile of Student's t; degrees of freedom from 1. Beyond the table the expansion by Abramowitz and
/// Stegun (26.7.5), right to 0.001.
inline double student_95(std::size_t degrees) {
  constexpr double kTable[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447}, z = 1.959964;
  if (degrees <= std::size(kTable)) return kTable[degrees - 1];
  const double n = double(degrees);
  return z + (std::pow(z, 3) + z) / (4 * n) + (5 * std::pow(z, 5) + 16 * std::pow(z, 3) + 3 * z) / (96 * n * n) +
         (3 * std::pow(z, 7) + 19 * std::pow(z, 5) + 17 * std::pow(z, 3) - 15 * z) / (384 * n * n * n);
}

}  // namespace mp::ml
