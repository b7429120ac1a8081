#include "explorer/model/reduce.h"

#include <utility>
#include <algorithm>

#include "engine/base/clock.h"
#include "explorer/model/apply_parts.h"

namespace mp::explorer {

namespace {

constexpr double kToastSeconds = 4;
constexpr std::size_t kMaxToasts = 5;

void reduce(State& s, const ml::ImportProgress& e) {
  s.import.progress = e;
  s.import.running = !e.finished && !e.cancelled && !e.failed;
  if (e.failed) return;   // WorkerFailed says why
  if (e.finished && !e.cancelled && e.samples) {
    toast(s, Banner::Kind::good, std::to_string(e.samples) + " samples imported" + (e.bad ? ", " + std::to_string(e.bad) + " files left out" : ""));
  } else if (e.cancelled) {
    toast(s, Banner::Kind::info, "Import stopped at " + std::to_string(e.files_done) + " of " + std::to_string(e.files_total) + " files; import the same folder again to continue");
  }
}

void reduce(State& s, const ml::BadFiles& e) {
  // A file that is reported again replaces its earlier line.
  for (const auto& f : e.files) std::erase_if(s.bad, [&](const ml::BadFile& b) { return b.path == f.path; });
  s.bad.insert(s.bad.end(), e.files.begin(), e.files.end());
  const auto n = s.bad.size();
  set_banner(s, Banner::Kind::warning, "bad", std::to_string(n) + (n == 1 ? " file was" : " files were") + " left out or changed", "Show");
}

void reduce(State& s, const ml::LabelsSaved& e) {
  s.saved_revision = std::max(s.saved_revision, e.revision);
  s.latency.last_saved_ms = e.ms;
}

void reduce(State& s, const ml::SaveFailed& e) {
  if (!e.retrying) {   // refused for good: its labels are in a rescue file that the message names; the rest is saved
    set_banner(s, Banner::Kind::error, "refused", e.message);
    return;
  }
  s.save_error = e.message;
  set_banner(s, Banner::Kind::error, "save", "Labels are not saved yet: " + e.message, "Retry now");
}

void reduce(State& s, const ml::SaveRecovered&) {
  s.save_error.clear();
  set_banner(s, Banner::Kind::info, "save", "");
  toast(s, Banner::Kind::good, "Labels are saved again");
}

namespace {
/// Of so many labels those that the model did not give itself: what labelling costs is what accuracy is held against.
int given_labels(const State& s, int labels) {
  int by_model = 0;
  for (SampleId i = 0; i < s.labels.cls.size(); ++i) by_model += s.labels.labelled(i) && s.labels.source[i] == ml::LabelSource::pseudo;
  return std::max(0, labels - by_model);
}
}  // namespace

void reduce(State& s, const ml::Rescored& e) {
  s.instant_ms = e.compute_ms;
  s.instant_degraded = e.degraded;
  s.instant_landmarks = e.landmarks;
  s.loop.suspects = e.suspects;
  if (e.evaluation.n == 0) {
    s.instant_evaluation.reset();
    return;
  }
  s.instant_evaluation = e.evaluation;
  const AccuracyPoint p{given_labels(s, e.labels), float(e.evaluation.accuracy), e.evaluation.biased, e.label_revision};
  if (!s.instant_history.empty() && s.instant_history.back().revision == p.revision)
    s.instant_history.back() = p;
  else
    s.instant_history.push_back(p);
}

void reduce(State& s, const ml::QueryAnswered& e, Effects& effects) {
  if (e.request != s.query.request) return;
  for (auto& other : s.query.compared)
    if (other.strategy == e.strategy && other.request == e.request) {
      other.picks = e.ids;
      if (!e.error.empty()) toast(s, Banner::Kind::warning, e.strategy + ": " + e.error);
      ++s.colour_revision;
      return;
    }
  s.query.waiting = false;
  if (!e.error.empty()) {
    toast(s, Banner::Kind::warning, e.error);
    return;
  }
  show_picks(s, e.ids);
  if (e.ids.empty()) {
    toast(s, Banner::Kind::info, "Nothing left to query: every sample of the pool is labelled");
    return;
  }
  ++s.loop.round;
  if (s.query.oracle) apply(s, cmd::LabelFromSource{}, effects);
}

void reduce(State& s, const ml::SampleListed& e) {
  if (s.loop.listing == e.name) s.loop.listing.clear();
  if (!e.error.empty()) {
    toast(s, Banner::Kind::warning, e.error);
    return;
  }
  select_ids(s, e.ids);
  if (e.straddling)
    set_banner(s, Banner::Kind::warning, "leak", std::to_string(e.straddling) + " of " + std::to_string(e.groups) + " groups of " + (e.name == "exact-duplicates" ? "duplicates" : "near duplicates") + " lie on both sides of the held-out split: its figures are too good");
  const auto groups = e.groups ? " in " + std::to_string(e.groups) + " groups" : std::string();
  toast(s, Banner::Kind::info, e.ids.empty() ? "Nothing on this list" : std::to_string(e.ids.size()) + " samples" + groups + " selected");
}

void reduce(State& s, const ml::SplitChosen& e) {
  toast(s, Banner::Kind::info, std::to_string(e.held_out) + " of " + std::to_string(e.samples) + " samples are held out now");
  // What was measured on the part before is no measure of this one.
  s.instant_history.clear();
  s.network_history.clear();
  std::string all;
  for (const auto& w : e.warnings) all += (all.empty() ? "" : ". ") + w;
  if (!all.empty()) set_banner(s, Banner::Kind::warning, "leak", all);
}

void reduce(State& s, const ml::TrainingStarted& e) {
  auto& t = s.training;
  t.running = true;
  t.round = e.round;
  t.epoch = 0;
  t.epochs = e.settings.epochs;
  t.round_labels = given_labels(s, e.labels);
  t.round_revision = e.label_revision;
  t.error.clear();
  t.round_start_x.push_back(float(t.step));
}

void reduce(State& s, const ml::TrainingStep& e) {
  auto& t = s.training;
  if (std::exchange(t.pretraining, e.report.pretraining) != e.report.pretraining) {   // another loss, another curve
    t.step_x.clear();
    t.loss.clear();
    t.learning_rate.clear();
  }
  t.step = e.report.step;
  t.epoch = e.report.epoch;
  t.epochs = e.report.epochs;
  t.images_per_s = e.report.images_per_s;
  t.step_x.push_back(float(e.report.step));
  t.loss.push_back(e.report.loss);
  t.learning_rate.push_back(e.report.learning_rate);
}

void reduce(State& s, const ml::TrainingEpoch& e) {
  auto& t = s.training;
  const auto nan = std::numeric_limits<float>::quiet_NaN();
  const auto& v = e.report.validation;
  t.epoch = e.report.epoch;
  t.epoch_x.push_back(float(e.report.step));
  t.train_accuracy.push_back(float(e.report.train_accuracy));
  t.validation_accuracy.push_back(v ? float(v->accuracy) : nan);
  t.macro_f1.push_back(v ? float(v->macro_f1) : nan);
  t.auc.push_back(v ? float(v->auc) : nan);
  if (v) t.validation = v;
}

void reduce(State& s, const ml::TrainingEnded& e) {
  auto& t = s.training;
  t.running = false;
  if (!e.stopped && e.error.empty()) ++t.rounds_done;
  t.round_seconds = e.seconds;
  t.error = e.error;
  if (!e.error.empty()) {
    t.on = false;
    set_banner(s, Banner::Kind::error, "training", (e.error.starts_with("training stopped") ? "T" + e.error.substr(1) : "Training stopped: " + e.error));
    return;
  }
  if (e.validation.n && !e.stopped) {
    t.validation = e.validation;
    s.network_history.push_back({t.round_labels, float(e.validation.accuracy), e.validation.biased, t.round_revision});
  }
}

void reduce(State& s, const ml::MapProgress& e) {
  auto& m = s.map;
  m.running = !e.finished;
  m.what = e.what;
  m.share = e.share;
  m.eta_s = e.eta_s;
  if (!e.finished) return;
  m.left_out = e.left_out;
  if (e.kept) {   // the panel says what is shown
    m.settings.method = e.kept->method;
    m.settings.supervised = e.kept->supervised;
  }
  if (e.cancelled) toast(s, Banner::Kind::info, "The map stays as it was");
}

void reduce(State& s, const ml::WorkerFailed& e) {
  set_banner(s, Banner::Kind::error, "worker:" + e.who, e.who + ": " + e.message);
  if (e.who == "import") s.import.running = false;
  if (e.who == "query") s.query.waiting = false;
  if (e.who == "lists") s.loop.listing.clear();
  s.similar.waiting = false;
}

}  // namespace

void reduce(State& state, const ml::Event& event, Effects& effects) {
  std::visit(
      [&](const auto& e) {
        if constexpr (std::is_same_v<std::decay_t<decltype(e)>, ml::QueryAnswered> || std::is_same_v<std::decay_t<decltype(e)>, ml::BoxJobDone>)
          reduce(state, e, effects);
        else
          reduce(state, e);
      },
      event);
}

void take_pool(State& s, ml::PoolPtr pool) {
  if (!pool) return;
  const bool first = s.pool->size() == 0;
  s.pool = std::move(pool);
  s.source_labels = s.pool->has_source_labels();
  s.labels.resize(s.pool->size());
  s.trace.resize(s.pool->size());
  if (first) s.mosaic.layer = int(s.pool->layers.size()) / 2;
  ++s.pool_revision;
  ++s.colour_revision;
  refresh_visible(s);
}

void take_features(State& s, ml::FeaturesPtr features) {
  if (features) s.features = std::move(features);
}

void take_predictions(State& s, ml::PredictionsPtr p, bool network) {
  if (!p) return;
  (network ? s.network : s.instant) = std::move(p);
  ++s.colour_revision;
  const auto& f = s.filters;
  if (f.any()) refresh_visible(s);
}

void take_projection(State& s, ml::ProjectionPtr p) {
  if (!p) return;
  s.projection = std::move(p);
  if (!s.timeline.shown) ++s.projection_revision;
}

void take_rounds(State& s, std::shared_ptr<const ml::RoundList> rounds) {
  if (rounds) s.timeline.list = std::move(rounds);
}

void take_round(State& s, std::shared_ptr<const ml::Round> round) {
  if (!round || s.timeline.asked < 0) return;   // the person is back in the present
  s.timeline.shown = std::move(round);
  ++s.projection_revision;
  ++s.colour_revision;
}

void play_rounds(State& s, Effects& effects) {
  auto& t = s.timeline;
  if (!t.playing || s.time_s < t.next_s) return;
  t.next_s = s.time_s + kRoundSeconds;
  if (t.asked + 1 < int(t.rounds()))
    apply(s, cmd::ShowRound{t.asked + 1}, effects);
  else
    apply(s, cmd::ShowRound{-1}, effects);
}

void toast(State& s, Banner::Kind kind, std::string text) {
  std::erase_if(s.toasts, [&](const Toast& t) { return t.text == text || t.until_s < s.time_s; });
  s.toasts.push_back({kind, std::move(text), s.time_s + kToastSeconds});
  if (s.toasts.size() > kMaxToasts) s.toasts.erase(s.toasts.begin());
}

void set_banner(State& s, Banner::Kind kind, std::string key, std::string text, std::string action) {
  std::erase_if(s.banners, [&](const Banner& b) { return b.key == key; });
  if (!text.empty()) s.banners.push_back({kind, std::move(text), std::move(action), std::move(key)});
}

}  // namespace mp::explorer
