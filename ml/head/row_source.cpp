#include "ml/head/row_source.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ml/head/parallel.h"
#include "ml/head/vector_math.h"

namespace mp::ml {
namespace {
constexpr std::size_t kStatisticsBlock = 4096;
constexpr std::size_t kRowBlock = 256;
}  // namespace

float Standardiser::apply(const float* row, float* out) const {
  return standardise_row(row, mean.data(), inv_std.data(), d(), out);
}

RowSource::RowSource(FeaturesPtr table, std::span<const SampleId> standardise_on, int threads)
    : table_(std::move(table)) {
  const std::size_t n = table_->n, d = table_->d;
  std::vector<SampleId> rows;
  for (SampleId id : standardise_on)
    if (id < n && table_->valid[id]) rows.push_back(id);
  if (rows.empty())
    for (std::size_t i = 0; i < n; ++i)
      if (table_->valid[i]) rows.push_back(SampleId(i));

  // Sums of differences to one row, in double and merged in block order: exact enough in one pass, and repeatable.
  std::vector<float> shift(d, 0);
  for (SampleId id : rows) {
    auto row = table_->row(id);
    if (std::all_of(row.begin(), row.end(), [](float v) { return std::isfinite(v); })) {
      shift.assign(row.begin(), row.end());
      break;
    }
  }
  struct Sums {
    std::vector<double> sum, square;
    std::size_t count = 0;
  };
  std::vector<Sums> parts((rows.size() + kStatisticsBlock - 1) / kStatisticsBlock);
  for (auto& p : parts) {
    p.sum.assign(d, 0);
    p.square.assign(d, 0);
  }
  parallel_blocks(rows.size(), kStatisticsBlock, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    Sums& p = parts[begin / kStatisticsBlock];
    for (std::size_t i = begin; i < end; ++i)
      p.count += accumulate_row(table_->row(rows[i]).data(), shift.data(), d, p.sum.data(), p.square.data());
  });
  standardiser_.mean.assign(d, 0);
  standardiser_.inv_std.assign(d, 1);
  double count = 0;
  std::vector<double> sum(d, 0), square(d, 0);
  for (const auto& p : parts) {
    count += double(p.count);
    for (std::size_t k = 0; k < d; ++k) {
      sum[k] += p.sum[k];
      square[k] += p.square[k];
    }
  }
  if (count > 0)
    for (std::size_t k = 0; k < d; ++k) {
      const double m = sum[k] / count;
      standardiser_.mean[k] = float(m + shift[k]);
      standardiser_.inv_std[k] = float(1 / (std::sqrt(std::max(0., square[k] / count - m * m)) + 1e-6));
    }

  norms_.assign(n, 0);
  usable_.assign(n, 0);
  std::vector<std::vector<float>> scratch(std::size_t(std::max(threads, 1)), std::vector<float>(d));
  parallel_blocks(n, kRowBlock, threads, [&](std::size_t begin, std::size_t end, std::size_t worker) {
    for (std::size_t i = begin; i < end; ++i) {
      if (!table_->valid[i]) continue;
      const float norm = standardiser_.apply(table_->values.data() + i * d, scratch[worker].data());
      usable_[i] = std::isfinite(norm);
      if (usable_[i]) norms_[i] = norm;
    }
  });
}

void RowSource::copy_row(SampleId id, float* out) const {
  if (usable_[id])
    standardiser_.apply(table_->row(id).data(), out);
  else
    std::fill_n(out, d(), 0.f);
}

const float* RowSource::block(std::size_t begin, std::size_t end, float* scratch) const {
  if (kept_) return kept_->values.data() + begin * d();
  for (std::size_t i = begin; i < end; ++i) copy_row(SampleId(i), scratch + (i - begin) * d());
  return scratch;
}

FeaturesPtr RowSource::table(int threads) const {
  if (kept_ || !table_) return kept_;
  const std::size_t dims = d();
  std::vector<float> values(n() * dims);
  parallel_blocks(n(), kRowBlock, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    for (std::size_t i = begin; i < end; ++i) copy_row(SampleId(i), values.data() + i * dims);
  });
  auto made = make_features(table_->extractor + " standardised", n(), dims, std::move(values));
  made->valid = usable_;
  kept_ = made;
  return kept_;
}

}  // namespace mp::ml
