// What commands do to the state: selection, labels, undo, classes, queries, filters.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "engine/base/hash.h"
#include "tests/explorer/model/fixture.h"

namespace mp::explorer::test {

TEST_CASE("selection operations equal set arithmetic on random input") {
  Run run;
  Rng rng(3);
  std::vector<bool> slow(kSamples);
  for (int round = 0; round < 200; ++round) {
    const auto op = SelectOp(rng.below(4));
    std::vector<bool> given(kSamples);
    Ids ids;
    for (SampleId i = 0; i < kSamples; ++i)
      if (rng.below(2)) given[i] = true, ids.push_back(i);
    run(cmd::Select{op, ids});
    for (std::size_t i = 0; i < kSamples; ++i)
      slow[i] = op == SelectOp::replace ? given[i] : op == SelectOp::add ? slow[i] || given[i] : op == SelectOp::remove ? slow[i] && !given[i] : slow[i] && given[i];
    Ids expected;
    for (SampleId i = 0; i < kSamples; ++i)
      if (slow[i]) expected.push_back(i);
    REQUIRE(run.selected() == expected);
    REQUIRE(run.s.n_selected == expected.size());
  }
}

TEST_CASE("selecting all, none and the rest") {
  Run run;
  run(cmd::SelectAll{});
  CHECK(run.s.n_selected == kSamples);
  run(cmd::SelectNone{});
  CHECK(run.s.n_selected == 0);
  run(cmd::Select{SelectOp::replace, {1, 2, 999}});   // ids beyond the pool are no samples
  run(cmd::SelectInvert{});
  CHECK(run.selected() == Ids{0, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  predict(run.s, 8);
  run(cmd::SelectClass{1});
  CHECK(run.selected() == Ids{8, 9, 10, 11});
  run(cmd::SelectCell{1, 1});                          // true class 1, predicted 1, of the held-out ones
  CHECK(run.selected() == Ids{10});
}

TEST_CASE("labelling a selection is one batch, one revision and one undo") {
  Run run;
  run(cmd::Select{SelectOp::replace, {0, 1, 2}});
  run(cmd::Assign{1});
  CHECK(run.labelled_as(1) == Ids{0, 1, 2});
  CHECK(run.s.labels.revision == 1);
  CHECK(run.s.labels_per_class == std::vector<int>{0, 3});
  REQUIRE(run.e.batches.size() == 1);
  CHECK(run.e.batches[0].revision == 1);
  CHECK(run.e.batches[0].changes.size() == 3);
  CHECK(run.e.batches[0].time_ms > 1'700'000'000'000);
  CHECK(run.s.latency.waiting_revision == 1);

  run(cmd::Assign{1});                                 // nothing new: no batch, no undo entry
  CHECK(run.e.batches.empty());
  CHECK(run.s.undo.size() == 1);

  run(cmd::Select{SelectOp::replace, {2, 3}});
  run(cmd::Assign{0});
  CHECK(run.labelled_as(0) == Ids{2, 3});
  run(cmd::Undo{});
  CHECK(run.labelled_as(1) == Ids{0, 1, 2});
  CHECK(run.labelled_as(0).empty());
  REQUIRE(run.e.batches.size() == 1);
  CHECK(run.e.batches[0].revision == 3);               // an undo is a change of its own, durable like any other
  run(cmd::Undo{});
  CHECK(run.s.labels.count() == 0);
  run(cmd::Undo{});                                    // nothing left
  CHECK(run.e.batches.empty());
  run(cmd::Redo{});
  run(cmd::Redo{});
  run(cmd::Redo{});
  CHECK(run.labelled_as(0) == Ids{2, 3});
  CHECK(run.labelled_as(1) == Ids{0, 1});
  run(cmd::Unlabel{});
  CHECK(run.labelled_as(0).empty());
  run(cmd::Undo{});
  CHECK(run.labelled_as(0) == Ids{2, 3});
  run(cmd::Select{SelectOp::replace, {9}});
  run(cmd::Assign{0});                                 // a new edit ends what could be done again
  CHECK(run.s.redo.empty());
}

TEST_CASE("random edits, all undone and all done again") {
  Run run;
  Rng rng(11);
  std::vector<std::vector<ClassId>> past{run.s.labels.cls};
  for (int i = 0; i < 60; ++i) {
    run(cmd::Select{SelectOp::replace, {SampleId(rng.below(kSamples)), SampleId(rng.below(kSamples))}});
    const auto edits = run.s.undo.size();
    if (rng.below(4) == 0)
      run(cmd::Unlabel{});
    else
      run(cmd::Assign{ClassId(rng.below(2))});
    if (run.s.undo.size() > edits) past.push_back(run.s.labels.cls);
  }
  for (std::size_t k = past.size() - 1; k-- > 0;) {
    run(cmd::Undo{});
    REQUIRE(run.s.labels.cls == past[k]);
  }
  for (std::size_t k = 1; k < past.size(); ++k) {
    run(cmd::Redo{});
    REQUIRE(run.s.labels.cls == past[k]);
  }
}

TEST_CASE("a key without a class makes one with a free name") {
  Run run;
  run(cmd::AddClass{"class 4"});
  REQUIRE(run.s.classes.size() == 3);
  run(cmd::AssignKey{9});                              // nothing to label: no class is made
  CHECK(run.s.classes.size() == 3);
  run(cmd::Select{SelectOp::replace, {7}});
  run(cmd::AssignKey{9});
  REQUIRE(run.s.classes.size() == 4);
  CHECK(ml::check_classes(run.s.classes).has_value());
  CHECK(run.labelled_as(3) == Ids{7});
  CHECK(run.e.classes_changed);
  run(cmd::AssignKey{2});
  CHECK(run.labelled_as(1) == Ids{7});
  run(cmd::AssignKey{-1});
  run(cmd::AssignKey{10});
  CHECK(run.labelled_as(1) == Ids{7});
  for (int i = 0; i < 2; ++i) run(cmd::Undo{});         // the class goes with the key press that made it
  CHECK(run.s.classes.size() == 3);
  CHECK(run.s.labels.count() == 0);
}

TEST_CASE("a class key says what is missing, also before there is any class") {
  Run run;
  run.s.classes.clear();
  run(cmd::AssignKey{1});
  REQUIRE(run.s.toasts.size() == 1);
  CHECK(run.s.toasts[0].text.find("Nothing to label") == 0);
}

TEST_CASE("class names are kept storable and unique") {
  Run run;
  run(cmd::AddClass{"  pit  "});
  CHECK(run.s.classes.back().name == "pit");
  run(cmd::AddClass{"pit"});
  CHECK(run.s.classes.size() == 3);
  run(cmd::AddClass{" \t"});
  CHECK(run.s.classes.size() == 4);
  run(cmd::AddClass{"a\x01" "b\xff"});
  run(cmd::RenameClass{0, " new\nline "});
  CHECK(ml::check_classes(run.s.classes).has_value());
  run(cmd::RenameClass{0, "B"});                       // taken
  CHECK(run.s.classes[0].name != "B");
  run(cmd::RenameClass{0, "   "});
  run(cmd::RenameClass{77, "x"});
  run(cmd::RenameClass{-1, "x"});
  CHECK(ml::check_classes(run.s.classes).has_value());
  run(cmd::RecolourClass{1, 0xff112233});
  CHECK(run.s.classes[1].colour == 0xff112233);
  run(cmd::Undo{});
  CHECK(run.s.classes[1].colour == ml::default_class(1, "B").colour);
}

TEST_CASE("undoing a class keeps those that an import added since") {
  Run run;
  run(cmd::AddClass{"mine"});
  run.s.classes.push_back(ml::default_class(3, "folder"));   // what Session does with an import's classes
  run(cmd::Undo{});
  REQUIRE(run.s.classes.size() == 4);
  CHECK(run.s.classes[3].name == "folder");
}

TEST_CASE("similar samples are asked for and selected when they come, in the way that was asked") {
  Run run;
  run(cmd::SelectSimilar{});
  CHECK_FALSE(run.e.similar);                          // nothing is "this"
  CHECK_FALSE(run.s.similar.waiting);
  run(cmd::Inspect{SampleId(4)});
  run(cmd::SelectSimilar{{}, 3});
  REQUIRE(run.e.similar);
  CHECK(run.e.similar->to == 4);
  CHECK(run.e.similar->k == 3);
  CHECK(run.s.similar.waiting);
  Effects e;
  reduce(run.s, ml::Event{ml::SimilarFound{4, {4, 1, 2, 9}, run.e.similar->request + 1}}, e);   // of another question
  CHECK(run.s.n_selected == 0);
  reduce(run.s, ml::Event{ml::SimilarFound{4, {4, 1, 2, 9}, run.e.similar->request}}, e);
  CHECK_FALSE(run.s.similar.waiting);
  CHECK(run.selected() == Ids{1, 2, 4, 9});
  run(cmd::SelectSimilar{SampleId(1), 2, SelectOp::remove});
  reduce(run.s, ml::Event{ml::SimilarFound{1, {1, 2, 3}, run.e.similar->request}}, e);
  CHECK(run.selected() == Ids{4, 9});
  run(cmd::SelectSimilar{SampleId(1), 2});
  reduce(run.s, ml::Event{ml::SimilarFound{1, {}, run.e.similar->request, "no features"}}, e);
  CHECK(run.selected() == Ids{4, 9});
  CHECK(run.s.toasts.back().text == "no features");
}

TEST_CASE("a whole cluster of the map is selected, added or taken away") {
  Run run;
  run(cmd::SelectCluster{SampleId(0)});
  CHECK(run.s.n_selected == 0);                        // no map yet
  auto map = std::make_shared<ml::Projection>();
  for (std::size_t i = 0; i < kSamples; ++i) map->xy.insert(map->xy.end(), {i < 5 ? 0.f : 10.f, float(i % 3) * .01f});
  take_projection(run.s, map);
  run(cmd::SelectCluster{SampleId(1)});
  CHECK(run.selected() == Ids{0, 1, 2, 3, 4});
  run(cmd::SelectCluster{SampleId(7), SelectOp::add});
  CHECK(run.s.n_selected == kSamples);
  run(cmd::SelectCluster{SampleId(2), SelectOp::remove});
  CHECK(run.selected() == Ids{5, 6, 7, 8, 9, 10, 11});
}

TEST_CASE("picks: assign labels one and goes to the next") {
  Run run;
  run(cmd::Query{});
  REQUIRE(run.e.query);
  CHECK(run.e.query->strategy == "margin");
  CHECK(run.s.query.waiting);
  Effects e;
  reduce(run.s, ml::Event{ml::QueryAnswered{"margin", {9}, run.e.query->request + 7}}, e);   // of another question
  CHECK(run.s.query.picks.empty());
  run(cmd::Select{SelectOp::replace, {0}});
  reduce(run.s, ml::Event{ml::QueryAnswered{"margin", {3, 7, 8}, run.s.query.request}}, e);
  CHECK_FALSE(run.s.query.waiting);
  CHECK(run.s.n_selected == 0);                        // the key labels the pick, not an old selection
  CHECK(run.s.current_pick() == SampleId(3));
  run(cmd::Assign{0});
  CHECK(run.labelled_as(0) == Ids{3});
  CHECK(run.s.current_pick() == SampleId(7));
  run(cmd::SkipPick{});
  CHECK(run.s.current_pick() == SampleId(8));
  run(cmd::AssignKey{2});
  CHECK(run.labelled_as(1) == Ids{8});
  CHECK(run.s.current_pick() == SampleId(7));
  run(cmd::NextPick{std::numeric_limits<int>::min()});
  run(cmd::NextPick{std::numeric_limits<int>::max()});
  REQUIRE(run.s.current_pick());
  run(cmd::SetCurrentPick{1});
  run(cmd::LabelFromSource{});
  CHECK(run.s.labels.labelled(7));
  run(cmd::SetCurrentPick{99});
  CHECK_FALSE(run.s.current_pick());
  run(cmd::NextPick{1});                               // all are labelled: asks for the next ones
  CHECK(run.e.query);
  run(cmd::ClearPicks{});
  CHECK(run.s.query.picks.empty());
  run(cmd::SetStrategy{"no such strategy"});
  CHECK(run.s.query.strategy == "margin");
  run(cmd::SetQuerySize{-5});
  CHECK(run.s.query.k == 1);
}

TEST_CASE("the oracle answers where there are source labels") {
  Run run;
  run(cmd::Query{true});
  REQUIRE(run.e.query);
  Effects e;
  reduce(run.s, ml::Event{ml::QueryAnswered{"margin", {0, 6, 11}, run.s.query.request}}, e);
  CHECK(run.labelled_as(0) == Ids{0});
  CHECK(run.labelled_as(1) == Ids{6});
  CHECK_FALSE(run.s.labels.labelled(11));
  REQUIRE(e.batches.size() == 1);
  CHECK(e.batches[0].changes[0].source == ml::LabelSource::oracle);
  run.s.query = {};
  run(cmd::Select{SelectOp::replace, {11}});
  run(cmd::LabelFromSource{});
  CHECK(run.e.batches.empty());
  CHECK(run.s.toasts.back().text == "These samples have no source label");

  auto without = std::make_shared<ml::Pool>(*run.s.pool);
  without->source_class.assign(kSamples, kNoClass);
  take_pool(run.s, without);
  run(cmd::Query{true});
  CHECK_FALSE(run.e.query);
}

TEST_CASE("accepting predictions needs predictions") {
  Run run;
  run(cmd::Select{SelectOp::replace, {7, 8}});
  run(cmd::AcceptPrediction{});
  CHECK(run.e.batches.empty());
  predict(run.s, 8, 0);                                // from no label: nothing to accept
  run(cmd::AcceptPrediction{});
  CHECK(run.e.batches.empty());
  predict(run.s, 8);
  run(cmd::AcceptPrediction{});
  CHECK(run.labelled_as(0) == Ids{7});
  CHECK(run.labelled_as(1) == Ids{8});
}

TEST_CASE("filters hide samples from view, selection and labels") {
  Run run;
  predict(run.s, 6);
  Filters f;
  f.split = 2;
  run(cmd::SetFilters{f});
  CHECK(run.s.n_visible == 3);
  run(cmd::SelectAll{});
  CHECK(run.selected() == Ids{4, 5, 10});
  f = {};
  f.text = "IMG1";
  run(cmd::SetFilters{f});
  CHECK(run.s.n_visible == 3);                         // 1, 10, 11, without case
  run(cmd::Assign{0});                                 // selected 4, 5, 10, of which 10 is visible
  CHECK(run.labelled_as(0) == Ids{10});
  f = {};
  f.labelled = 1;
  run(cmd::SetFilters{f});
  CHECK(run.s.n_visible == 1);
  run(cmd::Undo{});
  CHECK(run.s.n_visible == 0);                         // follows the labels
  f = {};
  f.confidence_min = .7f;
  run(cmd::SetFilters{f});
  CHECK(run.s.n_visible == 7);                         // from .55 + .03 i >= .7
  run(cmd::SetFilters{Filters{}});
  run(cmd::ToggleClassFilter{1});
  CHECK(run.s.n_visible == 6);
  run(cmd::ToggleClassFilter{1});
  CHECK(run.s.n_visible == kSamples);
  run(cmd::SoloClassFilter{1});
  CHECK(run.s.n_visible == 6);
  CHECK_FALSE(run.s.visible.test(0));
  run(cmd::SoloClassFilter{1});
  CHECK(run.s.n_visible == kSamples);
  run(cmd::ToggleClassFilter{-1});
  run(cmd::ToggleClassFilter{500});
  CHECK(run.s.n_visible == kSamples);
}

TEST_CASE("a read-only project refuses every change of labels and classes") {
  Run run;
  predict(run.s, 6);
  run.s.read_only = true;
  run.s.why_read_only = "open in another instance: pid 4711";
  run(cmd::Select{SelectOp::replace, {0, 7}});
  const auto classes = run.s.classes;
  auto refused = [&](Command c) {
    run.s.toasts.clear();
    run(c);
    INFO(c.index());
    CHECK(run.e.batches.empty());
    CHECK_FALSE(run.e.classes_changed);
    CHECK(run.s.labels.count() == 0);
    CHECK(run.s.classes == classes);
    REQUIRE(run.s.toasts.size() == 1);
    CHECK(run.s.toasts[0].text.find("pid 4711") != std::string::npos);
  };
  refused(cmd::Assign{0});
  refused(cmd::AssignKey{1});
  refused(cmd::AssignKey{9});
  refused(cmd::AcceptPrediction{});
  refused(cmd::LabelFromSource{});
  refused(cmd::AddClass{"x"});
  refused(cmd::RenameClass{0, "x"});
  refused(cmd::RecolourClass{0, 1});
}

TEST_CASE("training needs two classes, and says so") {
  Run run;
  run(cmd::Train{});
  CHECK_FALSE(run.e.train);
  CHECK(run.s.toasts.back().text.find("Label some samples first") == 0);
  run(cmd::Select{SelectOp::replace, {0}});
  run(cmd::Assign{0});
  run(cmd::Train{});
  CHECK_FALSE(run.e.train);
  CHECK(run.s.toasts.back().text.find("One class only") == 0);
  run(cmd::Select{SelectOp::replace, {6}});
  run(cmd::Assign{1});
  run(cmd::Train{});
  REQUIRE(run.e.train);
  CHECK(run.s.training.on);
  run(cmd::PauseTraining{true});
  CHECK(run.e.pause == true);
  run(cmd::StopTraining{});
  CHECK(run.e.stop_training);
  run(cmd::PauseTraining{true});
  CHECK_FALSE(run.e.pause);
}

TEST_CASE("cameras and scales that are no numbers are refused") {
  Run run;
  const float nan = std::nanf("");
  const auto before = run.s.scatter_camera;
  run(cmd::SetScatterCamera{{{nan, 0}, 1}});
  CHECK(run.s.scatter_camera == before);
  auto m = run.s.mosaic;
  m.strength = nan;
  run(cmd::SetMosaic{m});
  CHECK(run.s.mosaic.strength == run.s.mosaic.strength);
  run(cmd::SetScale{nan});
  CHECK(run.s.ui_scale == 1);
  run(cmd::SetScale{100});
  CHECK(run.s.ui_scale == 3);
  run(cmd::SetLayer{12});
  CHECK(run.s.mosaic.layer == 0);

  auto p = std::make_shared<ml::Projection>();
  p->xy.assign(2 * kSamples, nan);                     // samples without features have no place
  for (std::size_t i = 0; i < 4; ++i) p->xy[2 * i] = float(i), p->xy[2 * i + 1] = 2;
  take_projection(run.s, p);
  run(cmd::FrameAll{});
  // The cards at the view's upper edge push the middle of the points down a little.
  const auto shown = [&](Vec2 w) { return run.s.scatter_camera.px_from_world(w, run.s.scatter_size_px); };
  CHECK(shown({1.5f, 2}).x == Approx(run.s.scatter_size_px.x / 2));
  CHECK(shown({1.5f, 2}).y > run.s.scatter_size_px.y / 2 - 1);
  CHECK(shown({1.5f, 2}).y < run.s.scatter_size_px.y * .75f);
  CHECK(std::isfinite(run.s.scatter_camera.scale_px));
  run(cmd::Select{SelectOp::replace, {3}});
  run(cmd::FrameSelection{});
  CHECK(shown({3, 2}).x == Approx(run.s.scatter_size_px.x / 2));
}

TEST_CASE("commands without a project or a pool do nothing") {
  State s;
  Effects e;
  for (const Command& c : {Command{cmd::AssignKey{1}}, Command{cmd::Assign{0}}, Command{cmd::SelectAll{}}, Command{cmd::SelectInvert{}}, Command{cmd::Query{}}, Command{cmd::NextPick{}},
                           Command{cmd::Undo{}}, Command{cmd::Redo{}}, Command{cmd::AcceptPrediction{}}, Command{cmd::LabelFromSource{}}, Command{cmd::FrameAll{}}, Command{cmd::SetLayer{3}},
                           Command{cmd::AddClass{"x"}}, Command{cmd::Train{}}, Command{cmd::SelectCell{0, 0}}, Command{cmd::Hover{5}}, Command{cmd::Inspect{5}}, Command{cmd::Unlabel{}}})
    apply(s, c, e);
  CHECK(e.batches.empty());
  CHECK_FALSE(e.query);
  CHECK_FALSE(e.train);
  CHECK(s.classes.empty());
  CHECK_FALSE(s.hovered);
}

}  // namespace mp::explorer::test
