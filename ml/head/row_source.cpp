#include "ml/head/row_source.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "ml/head/parallel.h"
#include "ml/head/vector_math.h"

namespace mp::ml {
namespace {
constexpr std::size_t kStatisticsBlock = 4096;
constexpr std::size_t kRowBlock = 256;
}  // namespace

std::size_t Standardiser::d() const {
  std::size_t sum = 0;
  for (const BlockScale& p : parts) sum += p.count;
  return sum;
}

float Standardiser::apply(const float* row, float* out) const {
  float norm = 0;
  for (const BlockScale& p : parts) {
    norm += standardise_row(row + p.begin, mean.data() + p.begin, inv_std.data() + p.begin, p.count, clip, p.scale, out);
    out += p.count;
  }
  return norm;
}

RowSource::RowSource(FeaturesPtr table, std::span<const SampleId> standardise_on, int threads,
                     std::span<const std::size_t> blocks)
    : table_(std::move(table)), blocks_(blocks.begin(), blocks.end()) {
  const std::size_t n = table_->n, d = table_->d;
  if (std::accumulate(blocks_.begin(), blocks_.end(), std::size_t(0)) != d || blocks_.empty()) blocks_.assign(1, d);
  if (blocks_.size() > 1) standardiser_.clip = Standardiser::kBlockClip;
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

  const std::size_t count_b = blocks_.size();
  norms_.assign(n, 0);
  usable_.assign(n, 0);
  block_norms_.assign(n * count_b, 0);
  std::vector<std::vector<float>> scratch(std::size_t(std::max(threads, 1)), std::vector<float>(d));
  parallel_blocks(n, kRowBlock, threads, [&](std::size_t begin, std::size_t end, std::size_t worker) {
    for (std::size_t i = begin; i < end; ++i) {
      if (!table_->valid[i]) continue;
      bool finite = true;
      for (std::size_t b = 0; b < count_b; ++b) {
        const float norm = copy_block(SampleId(i), b, scratch[worker].data());
        block_norms_[i * count_b + b] = norm;
        finite = finite && std::isfinite(norm);
      }
      usable_[i] = finite;
    }
  });
  set_weights(std::vector<float>(count_b, 1.f));
}

void RowSource::set_weights(std::span<const float> weights) {
  const std::size_t count = blocks_.size();
  if (weights.size() != count) return;
  kept_ = nullptr;
  standardiser_.parts.clear();
  float sum = 0;
  std::size_t begin = 0, active = 0;
  for (std::size_t b = 0; b < count; ++b) {
    if (weights[b] > 0) active += blocks_[b];
    sum += weights[b];
  }
  std::vector<float> square(count, 0);
  for (std::size_t b = 0; b < count; begin += blocks_[b++]) {
    if (weights[b] <= 0) continue;
    const float share = weights[b] / sum * float(active) / float(blocks_[b]);
    standardiser_.parts.push_back({std::uint32_t(begin), std::uint32_t(blocks_[b]), std::sqrt(share)});
    square[b] = share;
  }
  for (std::size_t i = 0; i < norms_.size(); ++i) {
    norms_[i] = 0;
    if (!usable_[i]) continue;
    for (std::size_t b = 0; b < count; ++b) norms_[i] += square[b] * block_norms_[i * count + b];
  }
}

float RowSource::copy_block(SampleId id, std::size_t b, float* out) const {
  const std::size_t begin = std::accumulate(blocks_.begin(), blocks_.begin() + std::ptrdiff_t(b), std::size_t(0));
  return standardise_row(table_->row(id).data() + begin, standardiser_.mean.data() + begin,
                         standardiser_.inv_std.data() + begin, blocks_[b], standardiser_.clip, 1.f, out);
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
