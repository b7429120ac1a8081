#include "ml/head/instant_model.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "ml/head/block_weights.h"
#include "ml/head/column_cache.h"
#include "ml/head/fitted_model.h"
#include "ml/head/kernel.h"
#include "ml/head/landmarks.h"
#include "ml/head/parallel.h"
#include "ml/head/principal_axes.h"
#include "ml/head/ridge.h"
#include "ml/head/row_source.h"
#include "ml/head/vector_math.h"

namespace mp::ml {
namespace {

constexpr std::size_t kColumnBlock = 256;  // rows standardised and multiplied at a time: 512 kB
constexpr std::size_t kScoreBlock = 512;   // rows scored at a time
// Up to this size both paths keep their tables (clean fits and fits with degraded copies take turns) and the cache a
// quarter more columns than one fit needs; above, columns and landmark table make room for each other.
constexpr std::size_t kSmallPool = 20'000;
constexpr std::size_t kLargeColumns = 1024;  // floats a row of a large pool that tables beside the features may take
constexpr std::uint64_t kDegradedKey = 1ull << 63;
constexpr std::size_t kReducedDims = 128, kReducedFrom = 4096;  // of large pools: components, and rows they come from
constexpr std::size_t kMostGrouped = 2048;  // labels above which near-duplicates are not searched: time grows squared

std::uint64_t hash_row(const float* row, std::size_t d) {
  std::uint64_t h = 0x9e3779b97f4a7c15ull;
  for (std::size_t k = 0; k < d; ++k) {
    std::uint32_t bits;
    std::memcpy(&bits, row + k, 4);
    h = (h ^ bits) * 0xff51afd7ed558ccdull;
    h ^= h >> 32;
  }
  return h | kDegradedKey;
}

Error cancelled() {
  return Error{"the refit was cancelled", {}, {}, {}, "a newer label change replaces it"};
}

}  // namespace

/// One refit's labelled rows, sorted so that equal sets give equal bits whatever the order they were given in.
struct FitRows {
  std::vector<float> x;  // rows x D standardised
  std::vector<float> norms;
  std::vector<std::uint64_t> keys;    // of the kernel columns
  std::vector<SampleId> ids;          // of the clean rows, which come first
  std::vector<int> cls, group;        // index into `present`; leave-one-out group
  std::vector<std::ptrdiff_t> given;  // position in the caller's list -> row, -1 where it has no features
  std::vector<int> present;
  std::size_t size() const { return cls.size(); }
};

struct InstantModel::Impl {
  InstantOptions options;
  std::unique_ptr<RowSource> rows;  // null for a model read from bytes
  std::vector<SampleId> pool;       // landmarks are chosen among these
  std::unique_ptr<ColumnCache> columns;
  Landmarks landmarks;
  bool landmarks_chosen = false;
  std::vector<float> phi;  // n x landmarks, empty while not computed
  std::vector<std::uint64_t> degraded_keys;
  std::vector<float> degraded_phi;
  FittedModel fitted;
  std::vector<float> loo;
  std::size_t weights = 0, weights_of = 0;  // candidate in use; labels when it was chosen, 0: never
  int grouped = 0;
  FeaturesPtr reduced;

  std::vector<int> groups_of(std::span<const SampleId> ids) const;
  void choose_weights(std::span<const Labelled> labelled, int classes);
  FeaturesPtr reduce() const;
  float gamma() const { return rows->d() ? options.gamma / float(rows->d()) : options.gamma; }

  Result<FitRows> gather(std::span<const Labelled> labelled, int classes, const DegradedRows* degraded) const;
  void choose_landmarks(const CancelToken& cancel) {
    if (landmarks_chosen) return;
    landmarks = Landmarks::choose(*rows, pool, options.landmarks, gamma(), options.seed, cancel);
    landmarks_chosen = !cancel.cancelled();
  }
  bool fit_exact(const FitRows& fit, FittedModel& model, RidgeFit& ridge, std::vector<int>& slots,
                 const CancelToken& cancel);
  bool fit_landmarks(const FitRows& fit, FittedModel& model, RidgeFit& ridge, const CancelToken& cancel);
  bool score_columns(const FittedModel& model, const FitRows& fit, const std::vector<int>& slots, Predictions& out,
                     const CancelToken& cancel);
  bool score_landmarks(const FittedModel& model, const RidgeFit& ridge, Predictions& out, const CancelToken& cancel);
  template <class Product>
  bool score(const FittedModel& model, Predictions& out, const CancelToken& cancel, Product product);
};

InstantModel::InstantModel() : impl_(std::make_unique<Impl>()) {}
InstantModel::~InstantModel() = default;

InstantModel::InstantModel(FeaturesPtr features, std::span<const SampleId> standardise_on, InstantOptions options)
    : InstantModel() {
  options.exact_labels = std::max(options.exact_labels, 1);
  options.landmarks = std::max(options.landmarks, 1);
  impl_->options = options;
  if (!features) features = make_features("", 0, 0, {});
  impl_->rows = std::make_unique<RowSource>(features, standardise_on, options.threads, options.blocks);
  std::erase_if(impl_->options.block_weights, [&](const auto& w) {
    return w.size() != impl_->rows->blocks().size() || !(*std::max_element(w.begin(), w.end()) > 0);
  });
  if (!impl_->options.block_weights.empty()) impl_->rows->set_weights(impl_->options.block_weights.front());
  impl_->pool.assign(standardise_on.begin(), standardise_on.end());
  const std::size_t n = features->n;
  const auto exact = std::size_t(options.exact_labels);
  impl_->columns = std::make_unique<ColumnCache>(n, n <= kSmallPool ? exact + exact / 4 : exact);
  impl_->fitted.extractor = features->extractor;
  impl_->fitted.standardiser = impl_->rows->standardiser();
  impl_->fitted.gamma = impl_->gamma();
}

std::vector<int> InstantModel::Impl::groups_of(std::span<const SampleId> ids) const {
  std::vector<int> group(ids.size(), -1);
  if (options.group_of) {
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (ids[i] < options.group_of->size()) group[i] = (*options.group_of)[ids[i]];
  } else if (options.duplicate_block >= 0 && std::size_t(options.duplicate_block) < rows->blocks().size() &&
             ids.size() <= kMostGrouped) {
    group = near_duplicate_groups(*rows, ids, std::size_t(options.duplicate_block));
  }
  return group;
}

// On at most as many labels as the exact head takes, spread by a hash: more would not change the choice, but cost it.
void InstantModel::Impl::choose_weights(std::span<const Labelled> labelled, int classes) {
  if (options.block_weights.size() < 2) return;
  std::vector<Labelled> use;
  for (const Labelled& l : labelled)
    if (rows->usable(l.id)) use.push_back(l);
  const std::size_t l = use.size(), every = std::size_t(std::max(options.choose_every, 1));
  if (l < std::size_t(options.choose_from)) {
    if (weights_of == 0) return;
  } else if (weights_of > 0) {
    // On large pools other weights cost a second, so they are reconsidered when the labels have grown by half.
    const std::size_t away = l > weights_of ? l - weights_of : weights_of - l;
    if (away < every || (rows->n() > kSmallPool && away < weights_of / 2)) return;
    if (l > std::size_t(options.exact_labels) && weights_of > std::size_t(options.exact_labels)) return;
  }
  std::size_t best = 0;
  if (l >= std::size_t(options.choose_from)) {
    const auto key = [&](const Labelled& a) { return hash_combine(options.seed, a.id); };
    if (l > std::size_t(options.exact_labels)) {
      std::sort(use.begin(), use.end(), [&](const Labelled& a, const Labelled& b) { return key(a) < key(b); });
      use.resize(std::size_t(options.exact_labels));
    }
    std::sort(use.begin(), use.end(), [](const Labelled& a, const Labelled& b) { return a.id < b.id; });
    std::vector<SampleId> ids;
    std::vector<int> cls, index(std::size_t(classes), -1);
    int present = 0;
    for (const Labelled& a : use) {
      int& k = index[std::size_t(a.cls)];
      if (k < 0) k = present++;
      ids.push_back(a.id);
      cls.push_back(k);
    }
    if (present < 2) return;
    best = choose_block_weights(*rows, ids, cls, present, groups_of(ids), options.gamma, double(options.ridge),
                                options.block_weights);
    weights_of = l;
  } else {
    weights_of = 0;  // labels were taken away again
  }
  if (best == weights) return;
  weights = best;
  rows->set_weights(options.block_weights[best]);
  columns->clear();
  landmarks_chosen = false;
  landmarks = {};
  phi = {};
  degraded_keys.clear();
}

// Mean squared differences keep their meaning: the rows are turned, cut and scaled by the root of the share of the
// dimensions.
FeaturesPtr InstantModel::Impl::reduce() const {
  const std::size_t n = rows->n(), d = rows->d();
  std::vector<SampleId> ids;
  for (SampleId i = 0; i < n; ++i)
    if (rows->usable(i)) ids.push_back(i);
  Rng rng(hash_combine(options.seed, 0x72656475636564ull));
  const std::size_t s = std::min(ids.size(), kReducedFrom);
  for (std::size_t i = 0; i < s; ++i) std::swap(ids[i], ids[i + rng.below(std::uint32_t(ids.size() - i))]);
  ids.resize(s);
  std::vector<float> some(s * d), axes(d * kReducedDims, 0.f);
  std::vector<double> mean(d, 0);
  for (std::size_t i = 0; i < s; ++i) {
    rows->copy_row(ids[i], some.data() + i * d);
    for (std::size_t k = 0; k < d; ++k) mean[k] += double(some[i * d + k]) / double(s);
  }
  for (std::size_t i = 0; i < s; ++i)
    for (std::size_t k = 0; k < d; ++k) some[i * d + k] -= float(mean[k]);
  if (s > 0) axes = principal_axes(some.data(), s, d, kReducedDims);
  const float scale = std::sqrt(float(kReducedDims) / float(d));
  std::vector<float> values(n * kReducedDims, 0.f);
  std::vector<std::vector<float>> raw(std::size_t(std::max(options.threads, 1)));
  parallel_blocks(n, kColumnBlock, options.threads, [&](std::size_t begin, std::size_t end, std::size_t w) {
    raw[w].resize(kColumnBlock * d);
    const float* x = rows->block(begin, end, raw[w].data());
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, int(end - begin), int(kReducedDims), int(d), scale, x, int(d),
                axes.data(), int(d), 0.f, values.data() + begin * kReducedDims, int(kReducedDims));
  });
  auto table = make_features(rows->raw().extractor + " reduced", n, kReducedDims, std::move(values));
  table->valid = rows->usable();
  return table;
}

Result<FitRows> InstantModel::Impl::gather(std::span<const Labelled> labelled, int classes,
                                           const DegradedRows* degraded) const {
  FitRows fit;
  const std::size_t d = rows->d(), n = rows->n();
  const auto class_error = [classes](ClassId c) {
    return fail("a label has an unknown class", {}, "a class from 0 to " + std::to_string(classes - 1),
                std::to_string(c), "this is an error of the program; please report it");
  };
  std::vector<std::uint8_t> has(std::size_t(classes), 0);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < labelled.size(); ++i) {
    if (labelled[i].id >= n)
      return fail("a labelled sample is not in the feature table", {}, "an id below " + std::to_string(n),
                  std::to_string(labelled[i].id), "wait until its features are computed");
    if (labelled[i].cls < 0 || labelled[i].cls >= classes) return class_error(labelled[i].cls);
    if (!rows->usable(labelled[i].id)) continue;
    has[std::size_t(labelled[i].cls)] = 1;
    order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return labelled[a].id < labelled[b].id; });
  std::vector<int> index(std::size_t(classes), -1);
  for (int k = 0; k < classes; ++k)
    if (has[std::size_t(k)]) {
      index[std::size_t(k)] = int(fit.present.size());
      fit.present.push_back(k);
    }

  fit.given.assign(labelled.size(), -1);
  fit.x.resize(order.size() * d);
  std::map<SampleId, int> row_of;
  for (std::size_t i : order) {
    const std::size_t row = fit.size();
    fit.given[i] = std::ptrdiff_t(row);
    rows->copy_row(labelled[i].id, fit.x.data() + row * d);
    fit.norms.push_back(rows->norms()[labelled[i].id]);
    fit.keys.push_back(labelled[i].id);
    fit.ids.push_back(labelled[i].id);
    fit.cls.push_back(index[std::size_t(labelled[i].cls)]);
    fit.group.push_back(-1);
    row_of[labelled[i].id] = int(row);
  }
  // A group is named by its first member's row, so that its copies join it below.
  const std::vector<int> groups = groups_of(fit.ids);
  std::map<int, int> first, members;
  for (int g : groups) members[g] += g >= 0;
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (groups[i] >= 0 && members[groups[i]] > 1) fit.group[i] = first.emplace(groups[i], int(i)).first->second;
  const std::size_t raw_d = rows->standardiser().raw_d();
  if (!degraded || d == 0) return fit;

  if (degraded->features.size() != degraded->cls.size() * raw_d ||
      (!degraded->of.empty() && degraded->of.size() != degraded->cls.size()))
    return fail("the degraded copies do not fit the feature table", {},
                std::to_string(degraded->cls.size()) + " rows of " + std::to_string(raw_d) + " values",
                std::to_string(degraded->features.size()) + " values",
                "this is an error of the program; please report it");
  std::vector<float> row(d);
  for (std::size_t i = 0; i < degraded->cls.size(); ++i) {
    const ClassId cls = degraded->cls[i];
    if (cls < 0 || cls >= classes) return class_error(cls);
    const float norm = rows->standardiser().apply(degraded->features.data() + i * raw_d, row.data());
    if (!std::isfinite(norm) || index[std::size_t(cls)] < 0) continue;
    const auto original = degraded->of.empty() ? row_of.end() : row_of.find(degraded->of[i]);
    int group = -1;
    if (original != row_of.end()) {
      int& of_original = fit.group[std::size_t(original->second)];
      if (of_original < 0) of_original = original->second;
      group = of_original;
    }
    fit.x.insert(fit.x.end(), row.begin(), row.end());
    fit.norms.push_back(norm);
    fit.keys.push_back(hash_row(degraded->features.data() + i * raw_d, raw_d));
    fit.cls.push_back(index[std::size_t(cls)]);
    fit.group.push_back(group);
  }
  return fit;
}

bool InstantModel::Impl::fit_exact(const FitRows& fit, FittedModel& model, RidgeFit& ridge, std::vector<int>& slots,
                                   const CancelToken& cancel) {
  const std::size_t d = rows->d(), n = rows->n(), l = fit.size();
  if (n > kSmallPool) phi = {};  // the columns take its memory
  std::vector<std::size_t> fresh;
  slots = columns->acquire(fit.keys, fresh);
  const std::size_t k = fresh.size();
  // BLAS picks its inner loops by shape, which moves the last bit. Whole vectors of columns, whole blocks of rows and
  // enough work to stay clear of its loops for small matrices keep a column the same bits whichever refit computed it.
  const std::size_t least = 1'200'000 / (kColumnBlock * std::max<std::size_t>(d, 1)) + 1;
  const std::size_t padded = k == 0 ? 0 : (std::max(k, least) + 15) / 16 * 16;
  std::vector<float> centres(padded * d), norms(padded);
  std::vector<std::uint64_t> keys(k);
  for (std::size_t j = 0; j < k; ++j) {
    std::copy_n(fit.x.begin() + std::ptrdiff_t(fresh[j] * d), d, centres.begin() + std::ptrdiff_t(j * d));
    norms[j] = fit.norms[fresh[j]];
    keys[j] = fit.keys[fresh[j]];
  }
  const auto workers = std::size_t(std::max(options.threads, 1));
  std::vector<std::vector<float>> raw(workers), tile(workers), row_norms(workers);
  if (k > 0) {
    for (std::size_t w = 0; w < workers; ++w) {
      raw[w].resize(kColumnBlock * d);
      tile[w].resize(kColumnBlock * padded);
      row_norms[w].resize(kColumnBlock);
    }
    parallel_blocks(n, kColumnBlock, options.threads, [&](std::size_t begin, std::size_t end, std::size_t w) {
      if (cancel.cancelled()) return;
      const std::size_t m = end - begin;
      const float* x = rows->block(begin, end, raw[w].data());
      if (m < kColumnBlock && x != raw[w].data()) {
        std::copy_n(x, m * d, raw[w].data());
        x = raw[w].data();
      }
      std::copy_n(rows->norms().data() + begin, m, row_norms[w].data());
      rbf_block(centres.data(), norms.data(), padded, x, row_norms[w].data(), kColumnBlock, d, gamma(), tile[w].data(),
                kColumnBlock);
      for (std::size_t j = 0; j < k; ++j)
        std::copy_n(tile[w].begin() + std::ptrdiff_t(j * kColumnBlock), m, columns->column(slots[fresh[j]]) + begin);
    });
  }
  if (cancel.cancelled()) {
    columns->forget(keys);
    return false;
  }

  std::vector<float> k32(l * l);
  rbf_block(fit.x.data(), fit.norms.data(), l, fit.x.data(), fit.norms.data(), l, d, gamma(), k32.data(), l);
  std::vector<double> k64(l * l);
  for (std::size_t i = 0; i < l; ++i)
    for (std::size_t j = 0; j < l; ++j)
      k64[i * l + j] = i == j ? 1 : (double(k32[i * l + j]) + double(k32[j * l + i])) / 2;
  ridge = ridge_in_kernel(k64, {fit.cls, fit.group, int(fit.present.size()), double(options.ridge)});
  model.centres = fit.x;
  model.weights.assign(ridge.coef.begin(), ridge.coef.end());
  return true;
}

bool InstantModel::Impl::fit_landmarks(const FitRows& fit, FittedModel& model, RidgeFit& ridge,
                                       const CancelToken& cancel) {
  if (rows->n() > kSmallPool) columns->clear();  // the landmark table takes its memory
  choose_landmarks(cancel);
  if (cancel.cancelled()) return false;
  const std::size_t m = landmarks.count(), l = fit.size(), clean = fit.ids.size(), d = rows->d();
  if (phi.empty()) phi = landmarks.table(*rows, options.threads, cancel);
  if (cancel.cancelled()) return false;

  const std::vector<std::uint64_t> keys(fit.keys.begin() + std::ptrdiff_t(clean), fit.keys.end());
  if (keys != degraded_keys) {
    degraded_keys = keys;
    degraded_phi.resize(keys.size() * m);
    std::vector<float> scratch(keys.size() * m);
    landmarks.features(fit.x.data() + clean * d, fit.norms.data() + clean, keys.size(), degraded_phi.data(),
                       scratch.data());
  }
  std::vector<float> features(l * m);
  for (std::size_t i = 0; i < clean; ++i)
    std::copy_n(phi.begin() + std::ptrdiff_t(fit.ids[i] * m), m, features.begin() + std::ptrdiff_t(i * m));
  std::copy(degraded_phi.begin(), degraded_phi.end(), features.begin() + std::ptrdiff_t(clean * m));
  if (cancel.cancelled()) return false;
  std::vector<float> unexplained(l);
  for (std::size_t i = 0; i < l; ++i)
    unexplained[i] = 1 - cblas_sdot(int(m), features.data() + i * m, 1, features.data() + i * m, 1);
  ridge = ridge_in_features(features.data(), m, unexplained,
                            {fit.cls, fit.group, int(fit.present.size()), double(options.ridge)}, options.threads);
  model.centres = landmarks.centres();
  model.weights = landmarks.kernel_weights(ridge.coef, fit.present.size());
  return !cancel.cancelled();
}

/// product(begin, end, worker, scores): scores of a block, class k at scores + k * kScoreBlock.
template <class Product>
bool InstantModel::Impl::score(const FittedModel& model, Predictions& out, const CancelToken& cancel, Product product) {
  const std::size_t c = model.present.size();
  const auto workers = std::size_t(std::max(options.threads, 1));
  std::vector<std::vector<float>> scores(workers, std::vector<float>(c * kScoreBlock)),
      scratch(workers, std::vector<float>(2 * kScoreBlock));
  const float uniform = 1.f / float(model.classes);
  parallel_blocks(out.n, kScoreBlock, options.threads, [&](std::size_t begin, std::size_t end, std::size_t w) {
    if (cancel.cancelled()) return;
    float* s = scores[w].data();
    product(begin, end, w, s);
    softmax_columns(s, kScoreBlock, end - begin, int(c), model.temperature, scratch[w].data());
    for (std::size_t i = begin; i < end; ++i) {
      float* p = out.probability.data() + i * std::size_t(model.classes);
      if (rows->usable(SampleId(i)))
        spread_probabilities(s + (i - begin), kScoreBlock, model.present, model.classes, p);
      else
        std::fill_n(p, model.classes, uniform);
    }
  });
  return !cancel.cancelled();
}

bool InstantModel::Impl::score_columns(const FittedModel& model, const FitRows& fit, const std::vector<int>& slots,
                                       Predictions& out, const CancelToken& cancel) {
  const std::size_t c = model.present.size(), l = fit.size();
  std::vector<const float*> column(l);
  for (std::size_t i = 0; i < l; ++i) column[i] = columns->column(slots[i]);
  std::vector<std::vector<float>> packed(std::size_t(std::max(options.threads, 1)),
                                         std::vector<float>(l * kScoreBlock));
  return score(model, out, cancel, [&](std::size_t begin, std::size_t end, std::size_t w, float* s) {
    const std::size_t m = end - begin;
    for (std::size_t i = 0; i < l; ++i)
      std::copy_n(column[i] + begin, m, packed[w].begin() + std::ptrdiff_t(i * kScoreBlock));
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, int(c), int(m), int(l), 1.f, model.weights.data(), int(c),
                packed[w].data(), int(kScoreBlock), 0.f, s, int(kScoreBlock));
  });
}

bool InstantModel::Impl::score_landmarks(const FittedModel& model, const RidgeFit& ridge, Predictions& out,
                                         const CancelToken& cancel) {
  const std::size_t c = model.present.size(), m = landmarks.count();
  const std::vector<float> dual(ridge.coef.begin(), ridge.coef.end());
  return score(model, out, cancel, [&](std::size_t begin, std::size_t end, std::size_t, float* s) {
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasTrans, int(c), int(end - begin), int(m), 1.f, dual.data(), int(c),
                phi.data() + begin * m, int(m), 0.f, s, int(kScoreBlock));
  });
}

Result<PredictionsPtr> InstantModel::refit(std::span<const Labelled> labelled, int classes,
                                           std::uint64_t label_revision, const DegradedRows* degraded,
                                           const CancelToken& cancel) {
  Stopwatch watch;
  if (!impl_->rows)
    return fail("the model was read from a file and has no pool to refit on", {}, {}, {},
                "open its project to train it further");
  if (classes < 1 || classes > kMaxClasses)
    return fail("the model needs classes", {}, "1 to " + std::to_string(kMaxClasses) + " classes",
                std::to_string(classes), "add a class first");
  use_single_threaded_blas();
  if (!degraded && std::all_of(labelled.begin(), labelled.end(), [&](const Labelled& l) {
        return l.id < impl_->rows->n() && l.cls >= 0 && l.cls < classes;
      }))
    impl_->choose_weights(labelled, classes);
  auto gathered = impl_->gather(labelled, classes, degraded);
  if (!gathered) return tl::make_unexpected(gathered.error());
  const FitRows& fit = *gathered;
  const std::size_t n = impl_->rows->n(), c = fit.present.size(), all = std::size_t(classes);

  std::map<int, int> members;
  for (std::size_t i = 0; i < fit.ids.size(); ++i)
    if (fit.group[i] >= 0) ++members[fit.group[i]];
  int grouped = 0;
  for (const auto& [group, count] : members) grouped += count > 1 ? count : 0;

  FittedModel model;
  model.extractor = impl_->rows->raw().extractor;
  model.standardiser = impl_->rows->standardiser();
  model.gamma = impl_->gamma();
  model.classes = classes;
  model.present = fit.present;
  auto out = std::make_shared<Predictions>();
  out->model = "instant";
  out->label_revision = label_revision;
  out->n = n;
  out->classes = classes;
  out->labelled = int(fit.ids.size());
  out->landmarks = c > 1 && fit.size() > std::size_t(impl_->options.exact_labels);
  out->probability.assign(n * all, 1.f / float(classes));

  std::vector<float> loo(labelled.size() * all, 1.f / float(classes));
  bool done = !cancel.cancelled();
  if (done && c == 1) {
    for (std::size_t i = 0; i < n; ++i)
      if (impl_->rows->usable(SampleId(i)))
        for (std::size_t k = 0; k < all; ++k) out->probability[i * all + k] = int(k) == fit.present[0];
    for (std::size_t i = 0; i < labelled.size(); ++i)
      if (fit.given[i] >= 0)
        for (std::size_t k = 0; k < all; ++k) loo[i * all + k] = int(k) == fit.present[0];
  } else if (done && c > 1) {
    RidgeFit ridge;
    std::vector<int> slots;
    done = out->landmarks ? impl_->fit_landmarks(fit, model, ridge, cancel)
                          : impl_->fit_exact(fit, model, ridge, slots, cancel);
    if (done) {
      model.temperature = choose_temperature(ridge.loo, fit.cls, int(c), impl_->options.threads);
      done = out->landmarks ? impl_->score_landmarks(model, ridge, *out, cancel)
                            : impl_->score_columns(model, fit, slots, *out, cancel);
      std::vector<float> scores(c), scratch(2);
      for (std::size_t i = 0; i < labelled.size(); ++i) {
        if (fit.given[i] < 0) continue;
        for (std::size_t k = 0; k < c; ++k) scores[k] = float(ridge.loo[std::size_t(fit.given[i]) * c + k]);
        softmax_columns(scores.data(), 1, 1, int(c), model.temperature, scratch.data());
        spread_probabilities(scores.data(), 1, fit.present, classes, loo.data() + i * all);
      }
    }
  }
  if (!done) return tl::make_unexpected(cancelled());

  summarise(*out);
  for (std::size_t i = 0; i < n; ++i)
    if (c == 0 || !impl_->rows->usable(SampleId(i))) out->predicted[i] = kNoClass;
  impl_->fitted = std::move(model);
  impl_->grouped = grouped;
  impl_->loo = std::move(loo);
  out->compute_ms = watch.ms();
  return out;
}

void InstantModel::prepare_landmarks(const CancelToken& cancel) {
  if (!impl_->rows) return;
  use_single_threaded_blas();
  impl_->choose_landmarks(cancel);
  if (cancel.cancelled() || !impl_->phi.empty()) return;
  const std::size_t in_use = impl_->columns->chunks() * ColumnCache::kChunk;
  if (in_use + impl_->landmarks.count() <= kLargeColumns || impl_->rows->n() <= kSmallPool)
    impl_->phi = impl_->landmarks.table(*impl_->rows, impl_->options.threads, cancel);
}

std::span<const float> InstantModel::leave_one_out() const {
  return impl_->loo;
}

std::vector<float> InstantModel::predict(std::span<const float> raw_rows) const {
  return impl_->fitted.predict(raw_rows);
}

std::vector<std::uint8_t> InstantModel::serialise() const {
  return impl_->fitted.to_bytes();
}

Result<std::unique_ptr<InstantModel>> InstantModel::deserialise(std::span<const std::uint8_t> bytes) {
  auto fitted = FittedModel::from_bytes(bytes);
  if (!fitted) return tl::make_unexpected(fitted.error());
  std::unique_ptr<InstantModel> model(new InstantModel());
  model->impl_->fitted = std::move(*fitted);
  return model;
}

std::span<const float> InstantModel::block_weights() const {
  if (impl_->options.block_weights.empty()) return {};
  return impl_->options.block_weights[impl_->weights];
}
int InstantModel::grouped_labels() const { return impl_->grouped; }

FeaturesPtr InstantModel::standardised() const {
  if (!impl_->rows) return nullptr;
  if (impl_->rows->n() <= kSmallPool || impl_->rows->d() <= kReducedDims)
    return impl_->rows->table(impl_->options.threads);
  if (!impl_->reduced) impl_->reduced = impl_->reduce();
  return impl_->reduced;
}

}  // namespace mp::ml
