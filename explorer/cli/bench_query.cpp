// bench query: how long each strategy takes on a large pool.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "explorer/cli/bench_row.h"
#include "explorer/cli/benches.h"
#include "explorer/cli/cli.h"
#include "ml/query/bald.h"
#include "ml/query/strategy.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::size_t points = 1'000'000, dims = 64, labelled = 500;
  int k = 12, repeats = 3;
  bool json = false;
};

constexpr int kClasses = 6, kPasses = 4;

/// Rows about one centre a class, and probabilities by the distances to them.
std::shared_ptr<ml::FeatureTable> mixture(const Options& o, ml::Predictions& p) {
  Rng rng(7);
  std::vector<float> centres(kClasses * o.dims), rows(o.points * o.dims);
  for (float& v : centres) v = 2 * rng.unit() - 1;
  p.model = "bench";
  p.n = o.points;
  p.classes = kClasses;
  p.labelled = int(o.labelled);
  p.probability.resize(o.points * kClasses);
  for (std::size_t i = 0; i < o.points; ++i) {
    const float* centre = centres.data() + rng.below(kClasses) * o.dims;
    float* row = rows.data() + i * o.dims;
    for (std::size_t k = 0; k < o.dims; ++k) row[k] = centre[k] + 2 * rng.unit() - 1;
    float sum = 0;
    float* q = p.probability.data() + i * kClasses;
    for (int c = 0; c < kClasses; ++c) {
      float d = 0;
      for (std::size_t k = 0; k < o.dims; ++k) d += (row[k] - centres[std::size_t(c) * o.dims + k]) * (row[k] - centres[std::size_t(c) * o.dims + k]);
      sum += q[c] = std::exp(-8 * d / float(o.dims));
    }
    for (int c = 0; c < kClasses; ++c) q[c] /= sum;
  }
  ml::summarise(p);
  return ml::make_features("bench", o.points, o.dims, std::move(rows));
}

int run_query_bench(const Options& o) {
  ml::Predictions predictions;
  const auto features = mixture(o, predictions);
  std::vector<ml::SampleId> candidates, labelled;
  std::vector<ml::ClassId> cls;
  const std::size_t every = std::max<std::size_t>(2, o.points / std::max<std::size_t>(o.labelled, 1));
  for (ml::SampleId i = 0; i < o.points; ++i)
    if (i % every == 0 && labelled.size() < o.labelled) {
      labelled.push_back(i);
      cls.push_back(predictions.predicted[i]);
    } else {
      candidates.push_back(i);
    }
  ml::QueryInput in;
  in.candidates = candidates;
  in.labelled = labelled;
  in.labelled_class = cls;
  in.predictions = &predictions;
  in.features = features.get();
  in.k = o.k;
  std::vector<float> passes, disagreement;
  for (const auto& s : ml::strategies()) {
    if (s.name == "bald") {   // passes with dropout: the probabilities, each pass bent another way
      Rng rng(9);
      for (int t = 0; t < kPasses; ++t)
        for (std::size_t id = 0; id < o.points; ++id) {
          float sum = 0, q[kClasses];
          for (int c = 0; c < kClasses; ++c) sum += q[c] = predictions.probability[id * kClasses + std::size_t(c)] * (.5f + rng.unit()) + 1e-6f;
          for (float v : q) passes.push_back(v / sum);
        }
    }
    std::vector<double> ms;
    for (int r = 0; r < o.repeats; ++r) {
      in.seed = std::uint64_t(r + 1);
      Stopwatch watch;
      if (s.name == "bald") disagreement = ml::disagreement(passes, o.points, kClasses);
      in.disagreement = disagreement;
      if (auto picks = ml::query(s.name, in); !picks) return report(picks.error());
      ms.push_back(watch.ms());
    }
    std::sort(ms.begin(), ms.end());
    print_row(o.json, "query.ms", ms[ms.size() / 2], "ms", ms.size(), cpu_name(), {{"strategy", s.name}, {"max_ms", ms.back()}, {"points", o.points}, {"dims", o.dims}, {"labels", labelled.size()}, {"k", o.k}});
  }
  return kDone;
}

}  // namespace

void add_bench_query(CLI::App& bench, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = bench.add_subcommand("query", "Every query strategy on a synthetic pool");
  c->add_option("--points", o->points, "Samples")->check(CLI::Range(100, 10'000'000))->capture_default_str();
  c->add_option("--dims", o->dims, "Features a sample")->check(CLI::Range(1, 4096))->capture_default_str();
  c->add_option("--labels", o->labelled, "Of which labelled")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  c->add_option("-k", o->k, "Picks")->check(CLI::Range(1, 10'000))->capture_default_str();
  c->add_option("--repeats", o->repeats, "Repetitions; the median counts")->check(CLI::Range(1, 100))->capture_default_str();
  c->add_flag("--json", o->json, "One JSON object a row");
  c->callback([o, &exit] { exit = run_query_bench(*o); });
}

}  // namespace mp::explorer::cli
