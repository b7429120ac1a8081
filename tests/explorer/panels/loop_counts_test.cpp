#include "explorer/panels/loop_counts.h"

#include <catch2/catch.hpp>

#include "../views/views_fixture.h"

using namespace mp;
using namespace mp::explorer;

TEST_CASE("the loop's counts equal a plain count after every kind of change") {
  auto s = random_state(1000, 3, 5);
  auto pool = std::make_shared<ml::Pool>(*s.pool);
  for (std::size_t i = 0; i < 1000; i += 9) pool->split[i] = ml::Split::held_out;
  s.pool = pool;
  auto check = [&] {
    std::size_t sure = 0, doubtful = 0, pseudo = 0;
    std::vector<float> bins(kLoopBins, 0.f);
    for (SampleId i = 0; i < s.samples(); ++i) {
      pseudo += s.labels.labelled(i) && s.labels.source[i] == ml::LabelSource::pseudo;
      if (!s.visible.test(i) || s.labels.labelled(i) || s.pool->split[i] != ml::Split::pool) continue;
      const float c = s.instant->confidence[i];
      sure += c >= s.loop.accept_above;
      doubtful += c < s.loop.ask_below;
      ++bins[std::size_t(std::min(kLoopBins - 1, int(c * kLoopBins)))];
    }
    const auto& n = loop_counts(s);
    CHECK(n.sure == sure);
    CHECK(n.doubtful == doubtful);
    CHECK(n.pseudo == pseudo);
    CHECK(n.bins == bins);
  };
  check();
  s.loop.accept_above = .5f, s.loop.ask_below = .4f;
  check();
  for (SampleId i = 0; i < 1000; i += 3) s.visible.set(i, false);
  ++s.filter_revision;
  check();
  for (SampleId i = 1; i < 1000; i += 5) s.labels.cls[i] = 0, s.labels.source[i] = i % 2 ? ml::LabelSource::pseudo : ml::LabelSource::person;
  ++s.labels.revision;
  check();
  auto other = std::make_shared<ml::Predictions>(*random_state(1000, 3, 6).instant);
  take_predictions(s, other, false);
  check();
}
