// Values of the shared Python reference (texture_head.py: fit_predict, rbf), stored, and the head on real images where
// they are here.
#include <catch2/catch.hpp>

#include "ml/head/instant_model.h"

using namespace mp;
using namespace mp::ml;

TEST_CASE("the head gives the probabilities of the Python reference") {
  constexpr std::size_t n = 36, d = 12;
  const float expected[n * 3] = {
      0.8544598f, 0.0405732f, 0.1049670f, 0.1110439f, 0.7785061f, 0.1104500f, 0.1064213f, 0.1111932f, 0.7823855f,
      0.7838118f, 0.1096610f, 0.1065271f, 0.2585635f, 0.4517505f, 0.2896860f, 0.1065896f, 0.1082753f, 0.7851350f,
      0.6541174f, 0.2529295f, 0.0929531f, 0.1123719f, 0.7772683f, 0.1103598f, 0.0591285f, 0.7446473f, 0.1962242f,
      0.7814673f, 0.1106981f, 0.1078346f, 0.1062327f, 0.7871294f, 0.1066379f, 0.1407002f, 0.4441190f, 0.4151809f,
      0.6586789f, 0.1112102f, 0.2301109f, 0.1099189f, 0.7800901f, 0.1099910f, 0.0193865f, 0.8583562f, 0.1222573f,
      0.6381154f, 0.3118528f, 0.0500318f, 0.1798582f, 0.5424250f, 0.2777168f, 0.0911057f, 0.1217527f, 0.7871416f,
      0.7873216f, 0.1065429f, 0.1061354f, 0.2827615f, 0.2282799f, 0.4889586f, 0.0265760f, 0.8275305f, 0.1458935f,
      0.7839665f, 0.1090693f, 0.1069642f, 0.0899424f, 0.8640252f, 0.0460324f, 0.0387662f, 0.8739435f, 0.0872903f,
      0.6483655f, 0.1032975f, 0.2483369f, 0.1617843f, 0.6606465f, 0.1775692f, 0.1023255f, 0.2215946f, 0.6760800f,
      0.4399210f, 0.4990093f, 0.0610698f, 0.3964049f, 0.3800941f, 0.2235009f, 0.2057465f, 0.1301965f, 0.6640570f,
      0.8964045f, 0.0395389f, 0.0640566f, 0.2114961f, 0.3340259f, 0.4544780f, 0.0378072f, 0.7442427f, 0.2179501f,
      0.7848248f, 0.0904634f, 0.1247118f, 0.1701447f, 0.7514035f, 0.0784518f, 0.1549705f, 0.4512114f, 0.3938180f};
  std::vector<float> z;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < d; ++k)
      z.push_back(float(double((i * 37 + k * 101 + i * k * 13) % 89) / 89 + double((i % 3) * ((k * 7) % 5)) / 9));
  std::vector<SampleId> pool;
  for (SampleId i = 0; i < n; ++i)
    if (i % 4) pool.push_back(i);
  std::vector<Labelled> labelled;
  for (SampleId i : {1, 2, 3, 5, 7, 9, 10, 13, 18, 21}) labelled.push_back({i, ClassId(i % 3)});
  InstantModel model(make_features("reference", n, d, z), pool);
  const auto p = model.refit(labelled, 3, 1).value();
  for (std::size_t i = 0; i < n * 3; ++i) CHECK(p->probability[i] == Approx(expected[i]).margin(1e-4));
}
