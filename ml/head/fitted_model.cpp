#include "ml/head/fitted_model.h"

#include <cblas.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "engine/base/hash.h"
#include "ml/head/kernel.h"
#include "ml/head/vector_math.h"

namespace mp::ml {
namespace {

static_assert(std::endian::native == std::endian::little, "the file format is little-endian");
constexpr char kMagic[8] = {'M', 'P', 'I', 'N', 'S', 'T', 0x1a, '\n'};
constexpr std::uint32_t kVersion = 2;
constexpr std::uint32_t kMaxDims = 1 << 16, kMaxCentres = 1 << 16, kMaxName = 256, kMaxParts = 64;
constexpr float kMaxScale = 1e4f;
constexpr std::size_t kPredictBlock = 256;

struct Header {
  char magic[8];
  std::uint32_t version, name, dims, parts, centres, classes, present;
  float gamma, temperature, clip;
};
static_assert(sizeof(Header) == 48 && sizeof(BlockScale) == 12);

template <class T>
void append(std::vector<std::uint8_t>& out, const T* data, std::size_t count) {
  const std::size_t at = out.size();
  out.resize(at + count * sizeof(T));
  if (count) std::memcpy(out.data() + at, data, count * sizeof(T));
}

std::uint64_t checksum(std::span<const std::uint8_t> bytes) {
  return hash_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool all_finite(std::span<const float> v) {
  return std::all_of(v.begin(), v.end(), [](float x) { return std::isfinite(x); });
}

tl::unexpected<Error> refuse(std::string found) {
  return fail("cannot read the model", {}, "a model of the instant tier, version " + std::to_string(kVersion),
              std::move(found), "save the model again from its project");
}

}  // namespace

void spread_probabilities(const float* p, std::size_t stride, std::span<const int> present, int classes, float* out) {
  std::fill_n(out, classes, 0.f);
  for (std::size_t k = 0; k < present.size(); ++k) out[present[k]] = p[k * stride];
}

std::vector<float> FittedModel::predict(std::span<const float> raw_rows) const {
  use_single_threaded_blas();
  const std::size_t raw = standardiser.raw_d(), dims = d(), n = raw ? raw_rows.size() / raw : 0, m = centre_count(),
                    c = present.size();
  std::vector<float> out(n * std::size_t(classes), classes > 0 ? 1.f / float(classes) : 0.f);
  if (n == 0 || c == 0) return out;
  std::vector<float> centre_norms(m), x(kPredictBlock * dims), norms(kPredictBlock), kernel(kPredictBlock * m);
  for (std::size_t k = 0; k < m; ++k)
    centre_norms[k] = cblas_sdot(int(dims), centres.data() + k * dims, 1, centres.data() + k * dims, 1);
  std::vector<float> scores(kPredictBlock * c), scratch(2 * kPredictBlock);
  std::vector<std::uint8_t> usable(kPredictBlock);
  for (std::size_t begin = 0; begin < n; begin += kPredictBlock) {
    const std::size_t rows = std::min(kPredictBlock, n - begin);
    for (std::size_t i = 0; i < rows; ++i) {
      norms[i] = standardiser.apply(raw_rows.data() + (begin + i) * raw, x.data() + i * dims);
      usable[i] = std::isfinite(norms[i]);
      if (usable[i]) continue;
      std::fill_n(x.begin() + std::ptrdiff_t(i * dims), dims, 0.f);
      norms[i] = 0;
    }
    std::fill(scores.begin(), scores.end(), 0.f);
    if (m > 0) {
      rbf_block(x.data(), norms.data(), rows, centres.data(), centre_norms.data(), m, dims, gamma, kernel.data(), m);
      cblas_sgemm(CblasRowMajor, CblasTrans, CblasTrans, int(c), int(rows), int(m), 1.f, weights.data(), int(c),
                  kernel.data(), int(m), 0.f, scores.data(), int(kPredictBlock));
    }
    softmax_columns(scores.data(), kPredictBlock, rows, int(c), temperature, scratch.data());
    for (std::size_t i = 0; i < rows; ++i)
      if (usable[i])
        spread_probabilities(scores.data() + i, kPredictBlock, present, classes,
                             out.data() + (begin + i) * std::size_t(classes));
  }
  return out;
}

std::vector<std::uint8_t> FittedModel::to_bytes() const {
  Header h{};
  std::memcpy(h.magic, kMagic, sizeof kMagic);
  h.version = kVersion;
  const std::string name = extractor.substr(0, kMaxName);
  h.name = std::uint32_t(name.size());
  h.dims = std::uint32_t(standardiser.raw_d());
  h.parts = std::uint32_t(standardiser.parts.size());
  h.centres = std::uint32_t(centre_count());
  h.classes = std::uint32_t(classes);
  h.present = std::uint32_t(present.size());
  h.gamma = gamma;
  h.temperature = temperature;
  h.clip = standardiser.clip;
  std::vector<std::uint8_t> out;
  append(out, &h, 1);
  append(out, name.data(), name.size());
  const std::vector<std::int32_t> ids(present.begin(), present.end());
  append(out, ids.data(), ids.size());
  append(out, standardiser.mean.data(), standardiser.mean.size());
  append(out, standardiser.inv_std.data(), standardiser.inv_std.size());
  append(out, standardiser.parts.data(), standardiser.parts.size());
  append(out, centres.data(), centres.size());
  append(out, weights.data(), weights.size());
  const std::uint64_t sum = checksum(out);
  append(out, &sum, 1);
  return out;
}

Result<FittedModel> FittedModel::from_bytes(std::span<const std::uint8_t> bytes) {
  Header h;
  if (bytes.size() < sizeof h + 8) return refuse(std::to_string(bytes.size()) + " bytes");
  std::memcpy(&h, bytes.data(), sizeof h);
  if (std::memcmp(h.magic, kMagic, sizeof kMagic) != 0) return refuse("another kind of file");
  if (h.version != kVersion) return refuse("version " + std::to_string(h.version));
  if (h.name > kMaxName || h.dims > kMaxDims || h.centres > kMaxCentres || h.classes > std::uint32_t(kMaxClasses) ||
      h.present > h.classes || h.parts > kMaxParts)
    return refuse("sizes beyond the limits");
  // Every count is below 2^16, so the sums cannot overflow 64 bits.
  const std::uint64_t d = h.dims, m = h.centres, c = h.present, parts = h.parts;
  const std::uint64_t parts_at = sizeof h + h.name + 4 * (c + 2 * d);
  std::vector<BlockScale> blocks(parts);
  std::uint64_t used = 0;
  if (bytes.size() >= parts_at + parts * sizeof(BlockScale)) {
    if (parts) std::memcpy(blocks.data(), bytes.data() + parts_at, parts * sizeof(BlockScale));
    for (const BlockScale& p : blocks) {
      if (p.begin > d || p.count > d - p.begin || !(p.scale >= 0 && p.scale <= kMaxScale)) return refuse("blocks beyond the features");
      used += p.count;
    }
    if (used > kMaxDims) return refuse("sizes beyond the limits");
  }
  const std::uint64_t expected = parts_at + parts * sizeof(BlockScale) + 4 * (m * used + m * c) + 8;
  if (bytes.size() != expected)
    return refuse(std::to_string(bytes.size()) + " bytes where its header announces " + std::to_string(expected));
  std::uint64_t sum;
  std::memcpy(&sum, bytes.data() + bytes.size() - 8, 8);
  if (sum != checksum(bytes.first(bytes.size() - 8))) return refuse("a checksum that does not match");

  FittedModel r;
  const std::uint8_t* p = bytes.data() + sizeof h;
  auto take = [&p](auto& v, std::size_t count) {
    v.resize(count);
    if (count) std::memcpy(v.data(), p, count * sizeof v[0]);
    p += count * sizeof v[0];
  };
  take(r.extractor, h.name);
  std::vector<std::int32_t> ids;
  take(ids, c);
  take(r.standardiser.mean, d);
  take(r.standardiser.inv_std, d);
  take(r.standardiser.parts, parts);
  take(r.centres, m * used);
  take(r.weights, m * c);
  r.classes = int(h.classes);
  r.gamma = h.gamma;
  r.temperature = h.temperature;
  r.standardiser.clip = h.clip;
  for (std::size_t k = 0; k < ids.size(); ++k) {
    if (ids[k] < 0 || ids[k] >= r.classes || (k > 0 && ids[k] <= ids[k - 1])) return refuse("classes out of order");
    r.present.push_back(ids[k]);
  }
  const bool positive =
      std::all_of(r.standardiser.inv_std.begin(), r.standardiser.inv_std.end(), [](float v) { return v > 0; });
  if (!positive || !(r.gamma >= 0) || !(r.temperature > 0) || !(h.clip > 0) || !std::isfinite(r.gamma) ||
      !std::isfinite(r.temperature) || !all_finite(r.standardiser.mean) || !all_finite(r.standardiser.inv_std) ||
      !all_finite(r.centres) || !all_finite(r.weights))
    return refuse("values that are not finite or not positive");
  return r;
}

}  // namespace mp::ml
