// A small state as the program has it after opening a project: 12 samples, two classes, predictions. Test code only.
#pragma once
#include "explorer/model/apply.h"
#include "explorer/model/reduce.h"

namespace mp::explorer::test {

constexpr std::size_t kSamples = 12;

/// Samples 0..5 are of source class 0, 6..10 of class 1, 11 has none; 4, 5 and 10 are held out.
inline State state() {
  State s;
  s.project_dir = "/p";
  auto pool = std::make_shared<ml::Pool>();
  pool->revision = 1;
  pool->roots = {"/images"};
  for (std::size_t i = 0; i < kSamples; ++i) {
    pool->images.push_back({0, (i < 6 ? "A/img" : "B/Img") + std::to_string(i) + ".png", 20, 20, 100, 7, {}});
    pool->image_of.push_back(std::uint32_t(i));
    pool->region.push_back({0, 0, 20, 20});
    pool->layer_of.push_back(-1);
    pool->split.push_back(i == 4 || i == 5 || i == 10 ? ml::Split::held_out : ml::Split::pool);
    pool->source_class.push_back(i == 11 ? kNoClass : ClassId(i >= 6));
  }
  s.classes = {ml::default_class(0, "A"), ml::default_class(1, "B")};
  take_pool(s, pool);
  recount_labels(s);
  return s;
}

/// Predicts class 1 from sample `from` on, with confidences that rise with the id.
inline void predict(State& s, std::size_t from, int labelled = 2) {
  auto p = std::make_shared<ml::Predictions>();
  p->model = "instant";
  p->n = s.samples();
  p->classes = 2;
  p->labelled = labelled;
  p->label_revision = s.labels.revision;
  for (std::size_t i = 0; i < p->n; ++i) {
    const float q = .55f + .03f * float(i);
    const bool second = i >= from;
    p->probability.push_back(second ? 1 - q : q);
    p->probability.push_back(second ? q : 1 - q);
  }
  ml::summarise(*p);
  take_predictions(s, p, false);
}

struct Run {
  State s = state();
  Effects e;
  template <class C>
  void operator()(C c) {
    e = {};
    apply(s, Command{std::move(c)}, e);
  }
  std::vector<SampleId> selected() const {
    std::vector<SampleId> r;
    s.selected.for_each([&](std::size_t i) { r.push_back(SampleId(i)); });
    return r;
  }
  std::vector<SampleId> labelled_as(ClassId c) const {
    std::vector<SampleId> r;
    for (SampleId i = 0; i < s.labels.cls.size(); ++i)
      if (s.labels.cls[i] == c) r.push_back(i);
    return r;
  }
};

using Ids = std::vector<SampleId>;

}  // namespace mp::explorer::test
