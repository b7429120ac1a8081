// The rows of `bench learn`: measures of each seed collected by strategy, test condition and number of labels; printed,
// and written as CSV and as curves with bands. Finished seeds can be kept in a file and left out by the next run.
// Command line only.
#pragma once
#include <array>
#include <map>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/metrics/classification.h"

namespace mp::explorer::cli {

/// Of one model on one test part.
struct Measures {
  static constexpr std::array<const char*, 7> kNames{"accuracy", "precision", "recall", "macro_f1", "auc", "pr_auc", "ece"};
  std::array<double, kNames.size()> value{};
};
Measures measures_of(const ml::Evaluation& e);
/// Precision, recall and F1 of class `positive` in place of the macro means, and its areas.
Measures measures_of_class(const ml::Evaluation& e, std::size_t positive);

struct LearnPoint {
  int labels = 0;
  std::string tested_on = "clean";   // or a corruption, or a part of the pseudo-label protocol
  Measures measures;
  std::map<std::string, double> more = {};   // what only some protocols have: "seconds", ...; their means are printed
};

class LearnRows {
 public:
  /// `identity`: everything that the figures depend on but strategy and seed. With `resume` (a file or empty) the seeds
  /// that an earlier run with the same identity finished are taken from there.
  static Result<LearnRows> open(std::string network, const std::string& identity, const std::string& resume);

  bool has(const std::string& strategy, std::uint64_t seed) const { return done_.contains({strategy, seed}); }
  /// Kept in the resume file at once.
  Result<void> add(const std::string& strategy, std::uint64_t seed, std::vector<LearnPoint> points);

  /// Mean and deviation over seeds of every strategy, condition and count, in the order they came. With `needed` above
  /// zero also how many labels each measure's mean needs to reach it (Table 3 of the steel plate study).
  void print(bool json, const std::vector<std::string>& strategies, double needed) const;
  Result<void> write_csv(const std::string& file, const std::vector<std::string>& strategies) const;
  /// Accuracy against labels with 95 % bands of the mean; .svg, .pdf or .png.
  Result<void> write_plot(const std::string& file, const std::vector<std::string>& strategies) const;

 private:
  struct Row {
    std::string tested_on;
    int labels = 0;
    std::vector<Measures> seeds;
    std::map<std::string, double> more;      // sums
    double mean(std::size_t k) const;
    double deviation(std::size_t k) const;   // population
    double half_band(std::size_t k) const;   // of the mean, 95 % by Student's t
  };
  std::vector<Row> rows(const std::string& strategy) const;

  std::string network_, identity_, resume_;
  std::map<std::pair<std::string, std::uint64_t>, std::vector<LearnPoint>> done_;
};

}  // namespace mp::explorer::cli
