#include "ml/project/pca.h"

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ml/project/components.h"

namespace mp::ml {
namespace {

constexpr double kInside = .95;  // share of the points within radius 1

// n x k scores; rows that cannot be used stay zero.
Result<std::vector<float>> scores(const CentredRows& rows, std::size_t n, int k, const CancelToken& cancel) {
  const int d = int(rows.dim()), found = std::min(k, d);
  std::vector<float> out(n * std::size_t(k), 0.0f);
  auto components = leading_components(rows, found, cancel);
  if (!components) return tl::make_unexpected(components.error());
  std::vector<float> block(std::min(kRowBlock, rows.size()) * d), score(kRowBlock * found);
  for (std::size_t first = 0; first < rows.size(); first += kRowBlock) {
    if (cancel.cancelled()) return tl::make_unexpected(cancelled_error());
    const std::size_t count = std::min(kRowBlock, rows.size() - first);
    rows.copy(first, count, block.data());
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, int(count), found, d, 1, block.data(), d, components->data(),
                d, 0, score.data(), found);
    for (std::size_t i = 0; i < count; ++i)
      std::copy_n(score.data() + i * found, found, out.data() + std::size_t(rows.id(first + i)) * k);
  }
  return out;
}

Result<void> check(const FeatureTable& table, const CentredRows& rows, int k) {
  if (k < 1 || table.d == 0)
    return fail("cannot compute principal components", {}, "features and at least one component",
                fmt::format("{} features, {} components", table.d, k));
  if (rows.size() == 0)
    return fail("cannot project: no sample has features", {}, "at least 1 row of finite features",
                fmt::format("0 of {}", table.n), "wait for the import, or see which images were skipped");
  return {};
}

}  // namespace

Result<std::vector<float>> pca_scores(const FeatureTable& standardised, int k, int threads, const CancelToken& cancel) {
  const CentredRows rows(standardised);
  if (auto ok = check(standardised, rows, k); !ok) return tl::make_unexpected(ok.error());
  const BlasThreads blas(threads);
  return scores(rows, standardised.n, k, cancel);
}

Result<Projection> project_pca(const FeatureTable& standardised, int threads, const CancelToken& cancel) {
  const CentredRows rows(standardised);
  if (auto ok = check(standardised, rows, 2); !ok) return tl::make_unexpected(ok.error());
  const BlasThreads blas(threads);
  auto xy = scores(rows, standardised.n, 2, cancel);
  if (!xy) return tl::make_unexpected(xy.error());

  std::vector<float> radius(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    radius[i] = std::hypot((*xy)[std::size_t(rows.id(i)) * 2], (*xy)[std::size_t(rows.id(i)) * 2 + 1]);
  const auto at = radius.begin() + std::ptrdiff_t(std::ceil(kInside * double(radius.size()))) - 1;
  std::nth_element(radius.begin(), at, radius.end());
  // Where nearly all points coincide, the few others set the scale.
  float unit = *at;
  const float largest = *std::max_element(at, radius.end());
  if (unit < 1e-5f * largest) unit = largest;
  Projection out;
  out.method = "pca";
  out.xy = std::move(*xy);
  const float scale = unit > 1e-6f ? 1 / unit : 0;
  for (float& v : out.xy) v *= scale;
  return out;
}

}  // namespace mp::ml
