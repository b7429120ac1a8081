#include "ml/metrics/classification.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>

#include "engine/base/hash.h"

using namespace mp::ml;

namespace {

double number(std::istream& in) {
  std::string word;  // strtod, not >>: it knows hexadecimal floats and nan
  in >> word;
  return std::strtod(word.c_str(), nullptr);
}
std::vector<double> numbers(std::istream& in, int n) {
  std::vector<double> out(n);
  for (double& v : out) v = number(in);
  return out;
}
bool near(double a, double b) {
  return std::isnan(b) ? std::isnan(a) : std::abs(a - b) < 1e-6;
}

}  // namespace

TEST_CASE("measures equal scikit-learn on stored cases") {
  std::ifstream in(std::string(MP_SOURCE_DIR) + "/tests/ml/metrics/reference/cases.txt");
  REQUIRE(in);
  std::string word, name;
  int cases = 0;
  for (int n, classes; in >> word >> name >> n >> classes; ++cases) {
    INFO(name);
    REQUIRE(word == "case");
    std::vector<float> probability;
    for (double v : numbers(in, n * classes)) probability.push_back(float(v));
    std::vector<ClassId> truth;
    for (double v : numbers(in, n)) truth.push_back(ClassId(v));
    const Evaluation e = evaluate(probability, truth, classes);
    CHECK(e.n == n);
    CHECK(e.classes == classes);
    CHECK(near(e.accuracy, number(in)));
    CHECK(near(e.macro_f1, number(in)));
    CHECK(near(e.auc, number(in)));
    CHECK(near(e.ece, number(in)));
    for (double v : {e.macro_precision, e.macro_recall, e.weighted_precision, e.weighted_recall, e.weighted_f1, e.pr_auc})
      CHECK(near(v, number(in)));
    for (const auto* column : {&e.precision, &e.recall, &e.f1}) {
      REQUIRE(int(column->size()) == classes);
      for (double v : *column) CHECK(near(v, number(in)));
    }
    for (int v : e.support) CHECK(v == int(number(in)));
    for (int v : e.confusion) CHECK(v == int(number(in)));
    REQUIRE(int(e.roc.size()) == classes);
    for (const RocCurve& r : e.roc) {
      REQUIRE(r.threshold.size() == std::size_t(number(in)));
      CHECK(near(r.auc, number(in)));
      for (std::size_t i = 0; i < r.threshold.size(); ++i) {
        CHECK(near(r.fpr[i], number(in)));
        CHECK(near(r.tpr[i], number(in)));
        CHECK(near(r.threshold[i], number(in)));
      }
    }
  }
  CHECK(cases == 12);
}

TEST_CASE("nothing to evaluate gives zeros") {
  const Evaluation e = evaluate({}, {}, 3);
  CHECK(e.n == 0);
  CHECK(e.accuracy == 0);
  CHECK(e.macro_f1 == 0);
  CHECK(e.auc == 0);
  CHECK(e.ece == 0);
  CHECK(e.confusion == std::vector<int>(9, 0));
  CHECK(e.roc.size() == 3);
  CHECK(evaluate({}, {}, 0).n == 0);
}

TEST_CASE("samples without a class are left out") {
  const std::vector<float> p{.9f, .1f, .2f, .8f, .7f, .3f};
  const std::vector<ClassId> with{0, kNoClass, 1}, without{0, 1};
  const std::vector<float> q{.9f, .1f, .7f, .3f};
  const Evaluation a = evaluate(p, with, 2), b = evaluate(q, without, 2);
  CHECK(a.n == 2);
  CHECK(a.accuracy == b.accuracy);
  CHECK(a.auc == b.auc);
  CHECK(a.confusion == b.confusion);
}

TEST_CASE("the area under a ROC curve is the share of pairs in the right order") {
  mp::Rng rng(5);
  for (int trial = 0; trial < 50; ++trial) {
    const int n = 2 + int(rng.below(60));
    std::vector<float> score(n);
    std::vector<std::uint8_t> positive(n);
    for (int i = 0; i < n; ++i) {
      score[i] = float(rng.below(12)) / 8;
      positive[i] = std::uint8_t(rng.below(2));
    }
    positive[0] = 0;
    positive[1] = 1;
    double right = 0, pairs = 0;
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j)
        if (positive[i] && !positive[j]) {
          pairs += 1;
          right += score[i] > score[j] ? 1 : score[i] == score[j] ? .5 : 0;
        }
    const RocCurve r = roc_curve(score, positive);
    CHECK(r.auc == Approx(right / pairs).margin(1e-12));
    CHECK(r.fpr.front() == 0);
    CHECK(r.tpr.front() == 0);
    CHECK(r.fpr.back() == 1);
    CHECK(r.tpr.back() == 1);
    for (std::size_t i = 1; i < r.threshold.size(); ++i) CHECK(r.threshold[i] < r.threshold[i - 1]);
  }
}

TEST_CASE("a ROC curve without one side is empty") {
  const std::vector<float> score{.1f, std::numeric_limits<float>::quiet_NaN(), .3f};
  for (std::uint8_t side : {0, 1}) {
    const RocCurve r = roc_curve(score, std::vector<std::uint8_t>(3, side));
    CHECK(r.fpr.empty());
    CHECK(std::isnan(r.auc));
  }
  CHECK(roc_curve(score, std::vector<std::uint8_t>{0, 0, 1}).auc == 1);  // NaN counts as the lowest score
}

TEST_CASE("a precision-recall curve by hand") {
  // Falling scores: + - + + - ; precision 1, 1/2, 2/3, 3/4, 3/5 at recall 1/3, 1/3, 2/3, 1, 1.
  const std::vector<float> score{.9f, .8f, .7f, .6f, .5f};
  const PrCurve c = pr_curve(score, std::vector<std::uint8_t>{1, 0, 1, 1, 0});
  CHECK(c.average_precision == Approx((1 + 2. / 3 + 3. / 4) / 3));
  CHECK(c.threshold == std::vector<float>{1.9f, .9f, .8f, .7f, .6f, .5f});
  CHECK(c.recall.front() == 0);
  CHECK(c.precision.front() == 1);
  CHECK(c.precision[4] == Approx(.75));
  CHECK(c.recall.back() == 1);
  CHECK(std::isnan(pr_curve(score, std::vector<std::uint8_t>(5, 0)).average_precision));
  CHECK(pr_curve(score, std::vector<std::uint8_t>(5, 1)).average_precision == 1);
}

TEST_CASE("bootstrap intervals hold the value and narrow with the number of samples") {
  mp::Rng rng(3);
  Interval last{0, 1};
  for (int n : {50, 5000}) {
    std::vector<float> p;
    std::vector<ClassId> truth;
    for (int i = 0; i < n; ++i) {
      const ClassId t = ClassId(i % 2);
      const float right = rng.unit() < .8f ? .6f + .4f * rng.unit() : .4f * rng.unit();  // accuracy about .8
      truth.push_back(t);
      p.push_back(t == 0 ? right : 1 - right);
      p.push_back(t == 0 ? 1 - right : right);
    }
    const Evaluation e = evaluate(p, truth, 2);
    const Intervals b = bootstrap(p, truth, 2);
    CHECK(b.resamples >= 200);
    CHECK(b.accuracy.low < e.accuracy);
    CHECK(e.accuracy < b.accuracy.high);
    CHECK(b.macro_f1.low < e.macro_f1);
    CHECK(e.macro_f1 < b.macro_f1.high);
    CHECK(b.auc.low < e.auc);
    CHECK(e.auc < b.auc.high);
    // A binomial share: 1.96 standard errors on either side.
    const double half = 1.96 * std::sqrt(e.accuracy * (1 - e.accuracy) / n);
    CHECK(b.accuracy.high - b.accuracy.low == Approx(2 * half).epsilon(.25));
    CHECK(b.accuracy.high - b.accuracy.low < last.high - last.low);
    last = b.accuracy;
    CHECK(bootstrap(p, truth, 2).auc.low == b.auc.low);  // repeatable
  }
  CHECK(bootstrap({}, {}, 3).resamples == 0);
  const std::vector<float> one{.3f, .7f};
  CHECK(bootstrap(one, std::vector<ClassId>{1}, 2).resamples == 0);
  const std::vector<float> same{1, 0, 1, 0};  // one class only: certain, and no AUC
  const Intervals certain = bootstrap(same, std::vector<ClassId>{0, 0}, 2);
  CHECK(certain.accuracy.low == 1);
  CHECK(certain.auc.high == 0);
}
