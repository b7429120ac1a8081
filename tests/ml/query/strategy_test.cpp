#include "ml/query/bald.h"
#include "ml/query/strategy.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "engine/base/hash.h"

using namespace mp;
using namespace mp::ml;

namespace {

using Ids = std::vector<SampleId>;

Predictions predict(int classes, std::vector<float> p) {
  Predictions r;
  r.classes = classes;
  r.n = p.size() / std::size_t(classes);
  r.probability = std::move(p);
  r.labelled = 2;
  summarise(r);
  return r;
}

struct Case {
  Ids candidates, labelled;
  std::vector<ClassId> labelled_class;
  Predictions predictions;
  FeaturesPtr features;
  std::vector<float> disagreement;
  int k = 2;
  std::uint64_t seed = 1;

  QueryInput input() const {
    return {candidates, labelled, labelled_class, predictions.n ? &predictions : nullptr, features.get(), disagreement,
            k,          seed};
  }
  Ids operator()(std::string_view strategy) const {
    auto r = query(strategy, input());
    INFO((r ? std::string() : r.error().message()));
    REQUIRE(r);
    return *r;
  }
};

FeaturesPtr line(const std::vector<float>& x) {
  return make_features("line", x.size(), 1, x);
}

/// n points around `groups` centres on a circle of radius 10, group i % groups.
FeaturesPtr circle(std::size_t n, std::size_t groups, float spread, std::size_t d = 2) {
  Rng rng(4);
  std::vector<float> v(n * d);
  for (std::size_t i = 0; i < n; ++i) {
    const double angle = 6.283185307 * double(i % groups) / double(groups);
    for (std::size_t k = 0; k < d; ++k) v[i * d + k] = rng.normal() * spread;
    v[i * d] += float(10 * std::cos(angle));
    v[i * d + 1] += float(10 * std::sin(angle));
  }
  return make_features("circle", n, d, std::move(v));
}

Ids range(std::size_t from, std::size_t to) {
  Ids r;
  for (std::size_t i = from; i < to; ++i) r.push_back(SampleId(i));
  return r;
}

}  // namespace

TEST_CASE("least confidence, margin and entropy order three-class distributions as by hand") {
  Case q;
  q.candidates = {0, 1, 2, 3};
  // confidence .40 .50 .45 .90; margin .10 .02 .15 .85; entropy in nats 1.055 .762 1.060 .385
  q.predictions = predict(3, {.40f, .30f, .30f, .50f, .48f, .02f, .45f, .30f, .25f, .90f, .05f, .05f});
  q.k = 4;
  CHECK(q("least-confidence") == Ids{0, 2, 1, 3});
  CHECK(q("margin") == Ids{1, 0, 2, 3});
  CHECK(q("entropy") == Ids{0, 2, 1, 3});
  q.k = 2;
  q.candidates = {3, 2, 1};
  CHECK(q("margin") == Ids{1, 2});
}

TEST_CASE("ties go to the lower id and no id comes twice") {
  Case q;
  q.candidates = {5, 3, 3, 1, 5, 0};
  q.predictions = predict(2, {.9f, .1f, .5f, .5f, .5f, .5f, .5f, .5f, .5f, .5f, .5f, .5f});
  q.k = 10;
  CHECK(q("margin") == Ids{1, 3, 5, 0});
}

TEST_CASE("random depends on seed and id only") {
  Case q;
  q.candidates = range(0, 1000);
  q.k = 20;
  const auto first = q("random");
  CHECK(q("random") == first);
  CHECK(std::set<SampleId>(first.begin(), first.end()).size() == 20);
  q.candidates.erase(std::find(q.candidates.begin(), q.candidates.end(), first[0]));
  auto rest = q("random");
  rest.pop_back();
  CHECK(rest == Ids(first.begin() + 1, first.end()));  // the others keep their turn
  q.seed = 2;
  CHECK(q("random") != first);
}

TEST_CASE("medoids: one sample from the middle of each cluster, none where labels are") {
  Case q;
  q.features = circle(200, 4, .5f);
  q.candidates = range(0, 200);
  q.k = 4;
  auto groups = [](const Ids& ids) {
    std::set<SampleId> g;
    for (auto id : ids) g.insert(id % 4);
    return g;
  };
  const auto picks = q("medoids");
  CHECK(groups(picks).size() == 4);
  CHECK(q("medoids") == picks);
  for (auto id : picks) {
    const auto row = q.features->row(id);
    CHECK(std::hypot(row[0], row[1]) == Approx(10).margin(1));
  }
  q.labelled = {0, 2};  // groups 0 and 2
  q.candidates = range(4, 200);
  q.k = 2;
  CHECK(groups(q("medoids")) == std::set<SampleId>{1, 3});
  // By hand: 0, 1, 2 and 10, 11, 12, 13: the larger cluster first; 11 and 12 are equally near 11.5.
  q.features = line({0, 1, 2, 10, 11, 12, 13});
  q.labelled = {};
  q.candidates = range(0, 7);
  CHECK(q("medoids") == Ids{4, 1});
  q.features = line({7, 7, 7, 7});
  q.candidates = range(0, 4);
  q.k = 3;
  const auto same = q("medoids");
  CHECK(std::set<SampleId>(same.begin(), same.end()).size() == 3);
}

TEST_CASE("medoids of many dimensions: principal components keep the clusters apart") {
  Case q;
  q.features = circle(600, 6, 1.f, 200);
  q.candidates = range(0, 600);
  q.k = 6;
  std::set<SampleId> groups;
  for (auto id : q("medoids")) groups.insert(id % 6);
  CHECK(groups.size() == 6);
}

TEST_CASE("without predictions, or with predictions that say the same of all, medoids answer") {
  Case q;
  q.features = circle(90, 3, .3f);
  q.candidates = range(3, 90);
  q.k = 3;
  const auto cold = q("medoids");
  for (auto name : {"margin", "entropy", "least-confidence", "msd", "kls", "badge", "bald"}) CHECK(q(name) == cold);
  std::vector<float> p;
  for (int i = 0; i < 90; ++i) p.insert(p.end(), {0.f, 1.f});
  q.predictions = predict(2, p);
  CHECK(q("margin") == cold);
}

TEST_CASE("msd picks what the Python reference picks") {
  // texture_head.py, msd() on the stored case of tests/ml/head/reference_test.cpp: pool without every fourth sample,
  // features standardised on it.
  constexpr std::size_t n = 36, d = 12;
  std::vector<double> z(n * d);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < d; ++k)
      z[i * d + k] = double((i * 37 + k * 101 + i * k * 13) % 89) / 89 + double((i % 3) * ((k * 7) % 5)) / 9;
  std::vector<float> x(n * d);
  for (std::size_t k = 0; k < d; ++k) {
    double mean = 0, var = 0;
    for (std::size_t i = 0; i < n; ++i) mean += i % 4 ? z[i * d + k] / 27 : 0;
    for (std::size_t i = 0; i < n; ++i) var += i % 4 ? (z[i * d + k] - mean) * (z[i * d + k] - mean) / 27 : 0;
    for (std::size_t i = 0; i < n; ++i) x[i * d + k] = float((z[i * d + k] - mean) / (std::sqrt(var) + 1e-6));
  }
  Case q;
  q.features = make_features("reference", n, d, x);
  q.labelled = {1, 2, 3, 5, 7, 9, 10, 13, 18, 21};
  for (SampleId i = 0; i < n; ++i)
    if (i % 4 && std::find(q.labelled.begin(), q.labelled.end(), i) == q.labelled.end()) q.candidates.push_back(i);
  // Its probabilities of the candidates, in their order.
  const float p[] = {0.6541174f, 0.2529295f, 0.0929531f, 0.1407002f, 0.4441190f, 0.4151809f, 0.0193865f, 0.8583562f,
                     0.1222573f, 0.6381154f, 0.3118528f, 0.0500318f, 0.0911057f, 0.1217527f, 0.7871416f, 0.2827615f,
                     0.2282799f, 0.4889586f, 0.0899424f, 0.8640252f, 0.0460324f, 0.0387662f, 0.8739435f, 0.0872903f,
                     0.1617843f, 0.6606465f, 0.1775692f, 0.1023255f, 0.2215946f, 0.6760800f, 0.4399210f, 0.4990093f,
                     0.0610698f, 0.2057465f, 0.1301965f, 0.6640570f, 0.8964045f, 0.0395389f, 0.0640566f, 0.2114961f,
                     0.3340259f, 0.4544780f, 0.7848248f, 0.0904634f, 0.1247118f, 0.1701447f, 0.7514035f, 0.0784518f,
                     0.1549705f, 0.4512114f, 0.3938180f};
  std::vector<float> all(n * 3, 1.f / 3);
  for (std::size_t i = 0; i < q.candidates.size(); ++i)
    std::copy_n(p + i * 3, 3, all.begin() + long(q.candidates[i] * 3));
  q.predictions = predict(3, all);
  q.k = 4;
  CHECK(q("msd") == Ids{27, 19, 31, 15});
  q.k = 2;
  CHECK(q("msd") == Ids{27, 19});
}

TEST_CASE("msd never picks a sample twice, duplicates included") {
  Case q;
  q.features = line(std::vector<float>(20, 1.f));
  q.candidates = range(1, 20);
  q.labelled = {0};
  std::vector<float> p;
  for (int i = 0; i < 20; ++i) p.insert(p.end(), {.5f + float(i) / 100, .5f - float(i) / 100});
  q.predictions = predict(2, p);
  q.k = 5;
  const auto picks = q("msd");
  CHECK(std::set<SampleId>(picks.begin(), picks.end()).size() == 5);
}

TEST_CASE("kls by hand: divergence from the mean labelled distribution, class by class") {
  Case q;
  q.labelled = {0, 1, 2};
  q.labelled_class = {0, 0, 1};
  q.candidates = {3, 4, 5, 6};
  // Predicted 0: labelled 0 and 1, mean (.85, .15). Predicted 1: labelled 2, (.2, .8).
  // 3: (.9, .1)  KL .85 ln(.85/.9) + .15 ln(.15/.1) = .0122     4: (.6, .4)   .85 ln(.85/.6) + .15 ln(.15/.4) = .1490
  // 5: (.99, .01)                                    .2766      6: (.45, .55) .2 ln(.2/.45) + .8 ln(.8/.55)  = .1376
  q.predictions = predict(2, {.9f, .1f, .8f, .2f, .2f, .8f, .9f, .1f, .6f, .4f, .99f, .01f, .45f, .55f});
  q.k = 2;
  CHECK(q("kls") == Ids{5, 6});  // the best of each class, the larger divergence first
  q.k = 3;
  CHECK(q("kls") == Ids{5, 6, 4});  // class 1 has no more: class 0 tops up
  q.k = 9;
  CHECK(q("kls") == Ids{5, 6, 4, 3});
}

TEST_CASE("kls of a class that no labelled sample is predicted as uses the samples labelled so, then certainty") {
  Case q;
  q.labelled = {0, 1};
  q.labelled_class = {0, 1};
  q.candidates = {2, 3, 4};
  // Both labelled are predicted 0. Candidates 2 and 3 are predicted 1: reference (.6, .4) from the label.
  // 2: (.4, .6) .6 ln 1.5 + .4 ln(2/3) = .0811   3: (.1, .9) .6 ln 6 + .4 ln(4/9) = .7507; 4 predicted 0 like (.75,
  // .25)
  q.predictions = predict(2, {.9f, .1f, .6f, .4f, .4f, .6f, .1f, .9f, .75f, .25f});
  q.k = 1;
  CHECK(q("kls") == Ids{3});
  q.labelled_class = {0, 0};  // class 1 has no label at all: certainty (0, 1): 2: ln(1/.6) = .511, 3: ln(1/.9) = .105
  CHECK(q("kls") == Ids{2});
}

TEST_CASE("k-center by hand: farthest first from labels and picks") {
  Case q;
  q.features = line({0, 1, 5, 9, 10, 4.5f});
  q.labelled = {0};
  q.candidates = {1, 2, 3, 4, 5};
  q.k = 3;
  CHECK(q("k-center") == Ids{4, 2, 1});  // 10; then 5 (5 from both ends); then 1 and 9 are 1 away, 4.5 only .5
  q.labelled = {};
  q.k = 2;
  CHECK(q("k-center") == Ids{2, 4});  // nothing labelled: nearest the mean 5.9 first, then 10 (5 away; 1 is 4 away)
}

TEST_CASE("badge by hand: the largest gradient first, a copy of it never second") {
  Case q;
  // Embedding (p - one-hot) x feature. 0: (-.5, .5) x 2; 1 the same; 2: (.4, -.4) x 2; 3: certain, gradient 0.
  q.features = line({2, 2, 2, 3});
  q.predictions = predict(2, {.5f, .5f, .5f, .5f, .4f, .6f, 1.f, 0.f});
  q.candidates = {0, 1, 2, 3};
  int opposite = 0, zero = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    q.seed = seed;
    const auto picks = q("badge");
    REQUIRE(picks[0] == 0);
    REQUIRE(picks[1] != 1);
    (picks[1] == 2 ? opposite : zero) += 1;
  }
  // Squared distances to 0: 2: (.9^2 + .9^2) 4 = 6.48; 3: .5 x 4 = 2, so 2 is drawn with probability .764.
  CHECK(opposite == Approx(400 * .764).margin(45));
  CHECK(zero == 400 - opposite);
  q.k = 4;
  const auto all = q("badge");
  CHECK(std::set<SampleId>(all.begin(), all.end()).size() == 4);
}

TEST_CASE("typiclust: the densest sample of the largest cluster without a label") {
  Case q;
  // Two clusters on a line; the label sits in the left one.
  std::vector<float> x;
  for (int i = 0; i < 30; ++i) x.push_back(float(i) * .1f);
  for (int i = 0; i < 31; ++i) x.push_back(100 + float((i - 15) * std::abs(i - 15)) * .1f);  // dense at 100: id 45
  q.features = line(x);
  q.labelled = {3};
  q.candidates = range(4, 61);
  q.k = 1;
  const auto first = q("typiclust");
  CHECK(first[0] >= 43);
  CHECK(first[0] <= 47);
  q.k = 6;
  const auto six = q("typiclust");
  CHECK(std::set<SampleId>(six.begin(), six.end()).size() == 6);
  CHECK(q("typiclust") == six);
}

TEST_CASE("bald by hand: passes that disagree before passes that agree on a doubt") {
  Case q;
  q.candidates = {0, 1, 2};
  q.predictions = predict(2, {.5f, .5f, .5f, .5f, .9f, .1f});
  q.k = 3;
  // Two passes. 0: both (.5, .5): 0. 1: (1, 0) and (0, 1): ln 2. 2: (.9, .1) and (.7, .3): .5004 - .4680 = .0324.
  q.disagreement = disagreement(std::vector<float>{.5f, .5f, 1, 0, .9f, .1f, .5f, .5f, 0, 1, .7f, .3f}, 3, 2);
  CHECK(q.disagreement[0] == Approx(0).margin(1e-6));
  CHECK(q.disagreement[1] == Approx(std::log(2)));
  CHECK(q.disagreement[2] == Approx(.0324).margin(1e-4));
  CHECK(q("bald") == Ids{1, 2, 0});
  q.disagreement.resize(2);
  auto error = query("bald", q.input());
  REQUIRE_FALSE(error);
  CHECK(error.error().message().find("dropout") != std::string::npos);
}

TEST_CASE("errors say what is missing") {
  Case q;
  q.candidates = {0, 1};
  q.predictions = predict(2, {.5f, .5f, .6f, .4f});
  const auto unknown = query("margins", q.input());
  REQUIRE_FALSE(unknown);
  for (const auto& s : strategies()) CHECK(unknown.error().expected.find(std::string(s.name)) != std::string::npos);
  q.k = 0;
  CHECK_FALSE(query("margin", q.input()));
  q.k = 1;
  CHECK_FALSE(query("k-center", q.input()));  // no features
  CHECK_FALSE(query("msd", q.input()));
  q.candidates = {0, 7};
  CHECK_FALSE(query("margin", q.input()));
  q.candidates = {};
  CHECK(query("margin", q.input()).value().empty());
}

TEST_CASE("every strategy returns at most k distinct candidates, the same again") {
  Case q;
  const std::size_t n = 500;
  q.features = circle(n, 5, 2.f, 12);
  Rng rng(9);
  std::vector<float> p;
  for (std::size_t i = 0; i < n; ++i) {
    const float a = rng.unit(), b = (1 - a) * rng.unit();
    p.insert(p.end(), {a, b, 1 - a - b});
  }
  q.predictions = predict(3, p);
  for (SampleId i = 0; i < n; ++i) {
    if (i % 25 == 0) {
      q.labelled.push_back(i);
      q.labelled_class.push_back(ClassId(i / 25 % 3));
    } else {
      q.candidates.push_back(i);
    }
  }
  for (std::size_t i = 0; i < n; ++i) q.disagreement.push_back(rng.unit());
  for (const auto& s : strategies())
    for (int k : {1, 17, 2000}) {
      q.k = k;
      const auto picks = q(s.name);
      INFO(s.name << ", k " << k);
      CHECK(picks.size() == std::min<std::size_t>(std::size_t(k), q.candidates.size()));
      CHECK(std::set<SampleId>(picks.begin(), picks.end()).size() == picks.size());
      for (SampleId id : picks) REQUIRE(std::binary_search(q.candidates.begin(), q.candidates.end(), id));
      CHECK(q(s.name) == picks);
    }
}
