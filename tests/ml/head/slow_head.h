// The head's arithmetic in plain double loops and Gaussian elimination, to check the fast one against. Tests only.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "engine/base/hash.h"
#include "ml/head/instant_model.h"

namespace slow {

using Matrix = std::vector<std::vector<double>>;

/// Solves a x = b for several right-hand sides with pivoting.
inline Matrix solve(Matrix a, Matrix b) {
  const std::size_t n = a.size();
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t p = c;
    for (std::size_t r = c + 1; r < n; ++r)
      if (std::abs(a[r][c]) > std::abs(a[p][c])) p = r;
    std::swap(a[c], a[p]);
    std::swap(b[c], b[p]);
    for (std::size_t r = 0; r < n; ++r) {
      if (r == c) continue;
      const double f = a[r][c] / a[c][c];
      for (std::size_t k = c; k < n; ++k) a[r][k] -= f * a[c][k];
      for (std::size_t k = 0; k < b[r].size(); ++k) b[r][k] -= f * b[c][k];
    }
  }
  for (std::size_t r = 0; r < n; ++r)
    for (double& v : b[r]) v /= a[r][r];
  return b;
}

inline Matrix standardise(const Matrix& raw, const std::vector<mp::ml::SampleId>& on) {
  const std::size_t d = raw[0].size();
  Matrix out = raw;
  for (std::size_t k = 0; k < d; ++k) {
    double mean = 0, var = 0;
    for (auto i : on) mean += raw[i][k];
    mean /= double(on.size());
    for (auto i : on) var += (raw[i][k] - mean) * (raw[i][k] - mean);
    const double sd = std::sqrt(var / double(on.size())) + 1e-6;
    for (auto& row : out) row[k] = (row[k] - mean) / sd;
  }
  return out;
}

inline double rbf(const std::vector<double>& a, const std::vector<double>& b) {
  double s = 0;
  for (std::size_t k = 0; k < a.size(); ++k) s += (a[k] - b[k]) * (a[k] - b[k]);
  return std::exp(-.1 / double(a.size()) * s);
}

inline std::vector<double> softmax(const std::vector<double>& s, double t) {
  const double top = *std::max_element(s.begin(), s.end());
  std::vector<double> p;
  double sum = 0;
  for (double v : s) sum += (p.emplace_back(std::exp(t * (v - top))));
  for (double& v : p) v /= sum;
  return p;
}

/// Scores of `test` rows by a fit on `train` rows of classes 0..c-1.
inline Matrix scores(const Matrix& train, const std::vector<int>& y, int c, const Matrix& test) {
  const std::size_t n = train.size();
  Matrix k(n, std::vector<double>(n)), target(n, std::vector<double>(std::size_t(c), -1. / c));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) k[i][j] = rbf(train[i], train[j]) + (i == j ? 1e-3 : 0);
    target[i][std::size_t(y[i])] += 1;
  }
  const Matrix alpha = solve(k, target);
  Matrix out;
  for (const auto& row : test) {
    std::vector<double> s(target[0].size(), 0);
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t q = 0; q < s.size(); ++q) s[q] += rbf(row, train[j]) * alpha[j][q];
    out.push_back(s);
  }
  return out;
}

struct Fit {
  Matrix probability, loo;  // test rows, training rows; temperature chosen by leaving rows out and refitting
  double temperature = 0;
};

/// `together[i]`: rows left out with row i (itself included).
inline Fit fit(const Matrix& train, const std::vector<int>& y, int c, const Matrix& test,
               const std::vector<std::vector<std::size_t>>& together) {
  Fit f;
  Matrix left_out;
  for (std::size_t i = 0; i < train.size(); ++i) {
    Matrix rest;
    std::vector<int> ry;
    for (std::size_t j = 0; j < train.size(); ++j)
      if (std::find(together[i].begin(), together[i].end(), j) == together[i].end()) {
        rest.push_back(train[j]);
        ry.push_back(y[j]);
      }
    left_out.push_back(scores(rest, ry, c, {train[i]})[0]);
  }
  double best = 1e300;
  for (double t : {2., 4., 6., 8., 12., 16., 24.}) {
    double loss = 0;
    for (std::size_t i = 0; i < train.size(); ++i) loss -= std::log(softmax(left_out[i], t)[std::size_t(y[i])] + 1e-9);
    if (loss < best) {
      best = loss;
      f.temperature = t;
    }
  }
  for (const auto& s : scores(train, y, c, test)) f.probability.push_back(softmax(s, f.temperature));
  for (const auto& s : left_out) f.loo.push_back(softmax(s, f.temperature));
  return f;
}

/// Gaussian blobs that overlap: n x d rows of c classes, class i % c.
inline Matrix blobs(std::size_t n, std::size_t d, int c, std::uint64_t seed, double spread = .8) {
  mp::Rng rng(seed);
  const std::size_t classes = std::size_t(c);
  Matrix centre(classes, std::vector<double>(d)), out;
  for (auto& row : centre)
    for (auto& v : row) v = double(rng.normal()) * spread;
  for (std::size_t i = 0; i < n; ++i) {
    auto row = centre[i % classes];
    for (std::size_t k = 0; k < d; ++k) row[k] = float((row[k] + double(rng.normal())) * double(k % 7 + 1) + 10);
    out.push_back(row);
  }
  return out;
}

inline std::shared_ptr<mp::ml::FeatureTable> table(const Matrix& rows) {
  std::vector<float> v;
  for (const auto& r : rows)
    for (double x : r) v.push_back(float(x));
  return mp::ml::make_features("test/1", rows.size(), rows[0].size(), std::move(v));
}

}  // namespace slow
