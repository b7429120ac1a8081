// bench learn with the instant tier: rounds of query, label and refit, also tested on changed images.
#include <map>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "explorer/cli/bench_learn.h"
#include "explorer/cli/cli.h"
#include "ml/features/augment.h"
#include "ml/features/texture.h"
#include "ml/service/head_options.h"
#include "ml/service/labelled_sets.h"

namespace mp::explorer::cli {

namespace {

/// Degraded copies of at most 200 labelled samples, as the window adds them when it is idle. Made once a sample.
class Copies {
 public:
  Copies(const OpenedProject& p, int threads) : p_(p), threads_(threads) {}
  ml::DegradedRows operator()(std::span<const ml::Labelled> labelled) {
    const auto chosen = ml::balanced_subset(labelled, kMostCopied, 1);
    const auto rounds = ml::copy_rounds(chosen, 2 * kMostCopied);
    const std::size_t d = p_.data.features->d;
    for (int k = 0; k < ml::kMostCopyRounds * ml::kDegradeVariants; ++k) {
      std::vector<ml::SampleId> fresh;
      for (const auto& l : chosen)
        if (k / ml::kDegradeVariants < rounds.at(l.cls) && rows_[l.id].size() == std::size_t(k) * d) fresh.push_back(l.id);
      if (fresh.empty()) continue;
      const auto made = changed_features(p_, fresh, threads_, [k](const ml::GreyImage& image, ml::SampleId id) { return ml::changed_copy(image, k / ml::kDegradeVariants, k % ml::kDegradeVariants, hash_combine(1, id)); });
      for (std::size_t i = 0; i < fresh.size(); ++i) rows_[fresh[i]].insert(rows_[fresh[i]].end(), made.begin() + std::ptrdiff_t(i * d), made.begin() + std::ptrdiff_t((i + 1) * d));
    }
    ml::DegradedRows out;
    for (const auto& l : chosen) {
      const auto n = std::size_t(rounds.at(l.cls)) * ml::kDegradeVariants;
      const auto& rows = rows_[l.id];
      out.features.insert(out.features.end(), rows.begin(), rows.begin() + std::ptrdiff_t(n * d));
      out.cls.insert(out.cls.end(), n, l.cls);
      out.of.insert(out.of.end(), n, l.id);
    }
    return out;
  }

 private:
  static constexpr std::size_t kMostCopied = 200;   // as the instant worker
  const OpenedProject& p_;
  int threads_;
  std::map<ml::SampleId, std::vector<float>> rows_;
};

}  // namespace

ml::CurveOptions split_options(const LearnOptions& o, const OpenedProject& p) {
  ml::CurveOptions c;
  c.blocks = o.blocks;
  c.test_fraction = o.test_share;
  c.pool_fraction = 1 - o.test_share;
  c.split_groups = o.boxes.empty() ? std::span<const int>() : std::span<const int>(p.data.pool->layer_of);
  return c;
}

ml::CurveOptions instant_options(const LearnOptions& o, const OpenedProject& p, const std::string& strategy, const std::vector<int>& counts) {
  auto c = split_options(o, p);
  c.strategy = strategy;
  static const std::map<std::string, ml::ColdStart> starts = {{"medoids", ml::ColdStart::medoids}, {"typiclust", ml::ColdStart::typiclust}, {"per-class", ml::ColdStart::per_class}, {"random", ml::ColdStart::random}};
  c.cold_start = starts.at(o.cold_start);
  c.cold_labels = c.cold_start == ml::ColdStart::per_class ? 3 : std::min(12, counts.front());
  c.batch = o.batch;
  c.label_counts = counts;
  c.seeds = o.seeds;
  c.wrong_labels = o.noise;
  c.head.threads = o.threads;
  c.all_at_end = o.all;
  ml::set_head_options(c.head, *p.data.features, *p.data.pool, o.groups.empty() ? ml::default_group_by(*p.data.pool) : *ml::group_by_name(o.groups));
  return c;
}

int run_instant(const LearnOptions& o, const OpenedProject& p, const std::string& strategy, const std::vector<int>& counts, const std::vector<Corruption>& corruptions, LearnOutput& out) {
  auto c = instant_options(o, p, strategy, counts);
  c.seeds = 1;
  Copies copies(p, o.threads);
  if (o.copies) c.degraded = [&](std::span<const ml::Labelled> labelled) { return copies(labelled); };
  const auto& truth = p.data.pool->source_class;
  const int classes = int(p.classes.size());
  // Every sample under every corruption, with noise of its own: what the fit may have seen is drawn from another seed.
  std::vector<ml::SampleId> all(p.data.pool->size());
  for (ml::SampleId i = 0; i < all.size(); ++i) all[i] = i;
  std::vector<std::vector<float>> corrupted;
  for (const auto& k : corruptions)
    corrupted.push_back(changed_features(p, all, o.threads, [&](const ml::GreyImage& image, ml::SampleId id) { return ml::degrade(image, k.variant, hash_combine(0x74657374ull, id)); }));

  ProgressBar bar(strategy);
  Stopwatch watch;
  double done = 0;
  const double total = double(counts.size()) * o.seeds;
  for (int i = 0; i < o.seeds; ++i) {
    c.first_seed = std::uint64_t(1 + i);
    if (out.rows.has(strategy, c.first_seed)) {
      done += double(counts.size());
      continue;
    }
    std::vector<LearnPoint> points;
    auto curve = ml::learning_curve(p.data.features, truth, classes, c,
                                    [&](const ml::CurvePoint& point) {
                                      std::vector<float> probability;
                                      std::vector<ml::ClassId> test_truth;
                                      for (auto id : point.test) {
                                        const auto* row = point.predictions->probability.data() + std::size_t(id) * std::size_t(classes);
                                        probability.insert(probability.end(), row, row + classes);
                                        test_truth.push_back(truth[id]);
                                      }
                                      points.push_back({point.labels, "clean", out.measured(ml::evaluate(probability, test_truth, classes))});
                                      const std::size_t d = p.data.features->d;
                                      for (std::size_t k = 0; k < corruptions.size(); ++k) {
                                        std::vector<float> rows;
                                        for (auto id : point.test) rows.insert(rows.end(), corrupted[k].begin() + std::ptrdiff_t(id * d), corrupted[k].begin() + std::ptrdiff_t((id + 1) * d));
                                        points.push_back({point.labels, corruptions[k].name, out.measured(ml::evaluate(point.model->predict(rows), test_truth, classes))});
                                      }
                                      ++done;
                                      bar.show(done, total, eta_s(watch.ms(), done, total), std::to_string(point.labels) + " labels");
                                    },
                                    cancel_on_interrupt());
    if (!curve) {
      bar.finish();
      return report(curve.error());
    }
    if (auto kept = out.rows.add(strategy, c.first_seed, std::move(points)); !kept) return report(kept.error());
    for (const auto& q : curve->predictions) put_prediction(out, p, strategy, q.seed, q.id, q.split, q.truth, q.predicted);
  }
  bar.finish();
  return kDone;
}

}  // namespace mp::explorer::cli
