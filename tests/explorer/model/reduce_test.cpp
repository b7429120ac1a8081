// What the workers' news does to the state.
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/explorer/model/fixture.h"

namespace mp::explorer::test {

TEST_CASE("saved is what the database says, failed saves stay on the screen until they are made good") {
  State s = state();
  Effects e;
  reduce(s, ml::Event{ml::LabelsSaved{3, 12.5}}, e);
  reduce(s, ml::Event{ml::LabelsSaved{2, 4}}, e);      // never goes back
  CHECK(s.saved_revision == 3);
  reduce(s, ml::Event{ml::SaveFailed{"disk full", true}}, e);
  reduce(s, ml::Event{ml::SaveFailed{"disk full", true}}, e);
  REQUIRE(s.banners.size() == 1);
  CHECK(s.banners[0].action == "Retry now");
  CHECK(s.save_error == "disk full");
  reduce(s, ml::Event{ml::SaveRecovered{}}, e);
  CHECK(s.banners.empty());
  CHECK(s.save_error.empty());
}

TEST_CASE("rescoring makes one point of the history a revision") {
  State s = state();
  Effects e;
  ml::Evaluation v;
  v.n = 3;
  v.accuracy = .5;
  reduce(s, ml::Event{ml::Rescored{1, 10, false, false, 4, v}}, e);
  v.accuracy = .75;
  reduce(s, ml::Event{ml::Rescored{1, 11, false, true, 4, v}}, e);   // the same labels with degraded copies
  REQUIRE(s.instant_history.size() == 1);
  CHECK(s.instant_history[0].accuracy == .75f);
  reduce(s, ml::Event{ml::Rescored{2, 9, false, false, 5, v}}, e);
  CHECK(s.instant_history.size() == 2);
  reduce(s, ml::Event{ml::Rescored{3, 9, false, false, 0, {}}}, e);
  CHECK_FALSE(s.instant_evaluation);
}

TEST_CASE("training streams into columns of equal length") {
  State s = state();
  Effects e;
  ml::TrainSettings settings;
  reduce(s, ml::Event{ml::TrainingStarted{1, settings, 12, 3}}, e);
  CHECK(s.training.running);
  reduce(s, ml::Event{ml::TrainingStep{1, {1, 1, 2, .9f, .001f, 100}}}, e);
  reduce(s, ml::Event{ml::TrainingStep{1, {2, 1, 2, .8f, .001f, 100}}}, e);
  CHECK(s.training.loss == std::vector<float>{.9f, .8f});
  CHECK(s.training.step_x.size() == s.training.learning_rate.size());
  ml::EpochReport epoch;
  epoch.epoch = 1, epoch.step = 2, epoch.train_accuracy = .6;
  reduce(s, ml::Event{ml::TrainingEpoch{1, epoch}}, e);
  CHECK(std::isnan(s.training.validation_accuracy[0]));
  epoch.validation.emplace();
  epoch.validation->n = 3, epoch.validation->accuracy = .7;
  reduce(s, ml::Event{ml::TrainingEpoch{1, epoch}}, e);
  CHECK(s.training.epoch_x.size() == 2);
  CHECK(s.training.auc.size() == 2);
  reduce(s, ml::Event{ml::TrainingEnded{1, true, 2, {}, {}}}, e);    // stopped: no round
  CHECK(s.training.rounds_done == 0);
  reduce(s, ml::Event{ml::TrainingEnded{2, false, 2, *epoch.validation, {}}}, e);
  CHECK(s.training.rounds_done == 1);
  CHECK(s.network_history.size() == 1);
  s.training.on = true;
  reduce(s, ml::Event{ml::TrainingEnded{3, false, 2, {}, "loss is not a number at step 9"}}, e);
  CHECK_FALSE(s.training.on);
  CHECK(s.banners.back().text.find("step 9") != std::string::npos);
}

TEST_CASE("a longer pool keeps labels and selection") {
  Run run;
  run(cmd::Select{SelectOp::replace, {1, 2}});
  run(cmd::Assign{0});
  auto longer = std::make_shared<ml::Pool>(*run.s.pool);
  longer->images.push_back(longer->images[0]);
  longer->image_of.push_back(12);
  longer->region.push_back({0, 0, 20, 20});
  longer->layer_of.push_back(-1);
  longer->split.push_back(ml::Split::pool);
  longer->source_class.push_back(kNoClass);
  take_pool(run.s, longer);
  CHECK(run.s.samples() == 13);
  CHECK(run.labelled_as(0) == Ids{1, 2});
  CHECK(run.selected() == Ids{1, 2});
  CHECK(run.s.n_visible == 13);
  predict(run.s, 4);
  take_pool(run.s, nullptr);
  take_predictions(run.s, nullptr, false);
  take_projection(run.s, nullptr);
  CHECK(run.s.samples() == 13);
}

TEST_CASE("workers that fail say so and end what waited for them") {
  State s = state();
  Effects e;
  s.import.running = true;
  s.query.waiting = true;
  reduce(s, ml::Event{ml::WorkerFailed{"import", "no such folder"}}, e);
  reduce(s, ml::Event{ml::WorkerFailed{"query", "out of memory"}}, e);
  CHECK_FALSE(s.import.running);
  CHECK_FALSE(s.query.waiting);
  CHECK(s.banners.size() == 2);
  reduce(s, ml::Event{ml::BadFiles{{{"a.png", "text"}, {"b.png", "empty"}}}}, e);
  CHECK(s.bad.size() == 2);
  for (int i = 0; i < 9; ++i) toast(s, Banner::Kind::info, std::to_string(i));
  CHECK(s.toasts.size() == 5);
  CHECK(s.toasts.back().text == "8");
}

}  // namespace mp::explorer::test
