// Ridge regression on class targets (one-hot - 1/C) with closed-form leave-one-out scores, in the kernel or in explicit
// features, and the softmax temperature. Source: fit_predict() of texture_head.py. Pure; any thread.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace mp::ml {

/// The labelled rows: class of each in [0, classes) and the group that leave-one-out leaves out together (-1: alone).
struct RidgeRows {
  std::span<const int> cls;
  std::span<const int> group;
  int classes = 0;
  double ridge = 1e-3;
};

struct RidgeFit {
  std::vector<double> coef;  // rows x classes in the kernel, features x classes otherwise
  std::vector<double> loo;   // rows x classes: score of each row by the fit without its group
};

/// kernel: rows x rows, symmetric, overwritten.
RidgeFit ridge_in_kernel(std::vector<double>& kernel, const RidgeRows& rows);

/// features: rows x m, overwritten. The scores are features * coef. `unexplained`: by row, how much of the kernel's
/// diagonal the features lack; it joins the ridge of its row (FITC, Snelson and Ghahramani 2006), without which a fit
/// with about as many rows as features is far worse than either more or fewer.
RidgeFit ridge_in_features(float* features, std::size_t m, std::span<const float> unexplained, const RidgeRows& rows,
                           int threads);

/// The temperature of (2, 4, 6, 8, 12, 16, 24) with the least mean log loss of `loo` (the first on a tie); that loss.
float choose_temperature(std::span<const double> loo, std::span<const int> cls, int classes, int threads,
                         double* loss = nullptr);

/// Lower Cholesky factor in place (row-major), adding growing multiples of jitter to the diagonal until it succeeds.
void cholesky(std::vector<double>& a, std::size_t n, double jitter);

}  // namespace mp::ml
