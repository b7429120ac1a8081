// The project's detector: its jobs, their news, and what it proposes. Proposals are a batch for the database without an
// Edit: a person decides on each.
#include <algorithm>
#include <cmath>

#include "engine/base/counted.h"
#include "explorer/model/apply_parts.h"
#include "explorer/model/box_state.h"
#include "explorer/model/reduce.h"
#include "ml/detect/box_project.h"
#include "ml/service/box_worker.h"

namespace mp::explorer {

namespace {

void start_job(State& s, Effects& effects, ml::BoxJob job) {
  auto& b = *s.boxes;
  job.boxes = std::make_shared<const ml::BoxStore>(b.store);
  job.classes = s.classes;
  b.job.running = true;
  b.job.training = false;
  b.job.what = "starting";
  b.job.share = 0;
  b.job.eta_s = -1;
  b.job.error.clear();
  set_banner(s, Banner::Kind::info, "boxes", "");
  if (job.train) b.job.step_x = b.job.loss = b.job.map_x = b.job.map50 = {};
  effects.box_job = std::make_shared<const ml::BoxJob>(std::move(job));
}

}  // namespace

void apply(State& s, const cmd::TrainBoxes& c, Effects& effects) {
  if (!s.has_project() || !writable_boxes(s)) return;
  s.boxes->minutes = std::clamp(c.minutes, .01f, 1000.f);
  ml::BoxJob job;
  job.train = true;
  job.go_on = c.go_on;
  job.epochs = std::max(c.epochs, 0);
  job.minutes = job.epochs ? 0 : s.boxes->minutes;
  start_job(s, effects, std::move(job));
}

void apply(State& s, const cmd::ProposeBoxes& c, Effects& effects) {
  if (!s.has_project() || !writable_boxes(s)) return;
  auto& b = *s.boxes;
  if (!b.detector) {
    toast(s, Banner::Kind::info, "No detector yet: train one on some accepted boxes");
    return;
  }
  if (c.min_score < 0 && b.detector->threshold > 1) {
    toast(s, Banner::Kind::info, "Not offered: correcting this detector's boxes would cost more than drawing them");
    return;
  }
  ml::BoxJob job;
  job.min_score = std::min(double(c.min_score), 1.);
  start_job(s, effects, std::move(job));
}

void apply(State& s, const cmd::CancelBoxes&, Effects& effects) {
  if (s.boxes->job.running) effects.cancel_boxes = true;
}

void reduce(State& s, const ml::BoxesSaved& e) { s.boxes->saved_revision = std::max(s.boxes->saved_revision, e.revision); }

void reduce(State& s, const ml::BoxJobNews& e) {
  auto& j = s.boxes->job;
  if (!j.running) return;
  j.what = e.what;
  j.share = e.share;
  j.eta_s = e.eta_s;
  j.training = e.training;
  if (!e.training || e.step == 0) return;
  j.epoch = e.epoch;
  if (j.step_x.empty() || j.step_x.back() < float(e.step)) {
    j.step_x.push_back(float(e.step));
    j.loss.push_back(e.loss);
  }
  if (!std::isnan(e.map50)) {
    j.map_x.push_back(float(e.step));
    j.map50.push_back(float(e.map50));
  }
}

void reduce(State& s, const ml::BoxJobDone& e, Effects& effects) {
  auto& b = *s.boxes;
  b.job.running = b.job.training = false;
  ++b.jobs_done;
  b.job.error = e.error;
  if (e.detector) b.detector = *e.detector;
  if (e.cancelled) {
    toast(s, Banner::Kind::info, e.detector ? "The detector is kept; no boxes were proposed" : "Stopped: the detector is as it was");
    return;
  }
  if (!e.error.empty()) {
    set_banner(s, Banner::Kind::error, "boxes", e.error);
    return;
  }
  if (e.unread) set_banner(s, Banner::Kind::warning, "boxes", std::to_string(e.unread) + " pictures could not be read and were left out");
  if (!e.proposals) {
    if (b.detector && b.detector->threshold > 1)
      set_banner(s, Banner::Kind::info, "boxes", "Trained. No boxes are offered: correcting them would still cost more than drawing. Draw some more, then train again.");
    return;
  }
  const auto& p = *e.proposals;
  // Against the boxes of now: the person went on while the detector looked.
  std::vector<std::uint32_t> images;
  std::vector<std::vector<ml::Detection>> found;
  for (std::size_t i = 0; i < p.images.size(); ++i)
    if (!b.complete(p.images[i])) {
      images.push_back(p.images[i]);
      found.push_back(p.found[i]);
    }
  auto changes = ml::propose(b.store, images, found, p.class_of);
  std::erase_if(changes, [](const auto& c) { return c.id >= ml::kMaxBoxes; });
  change_boxes(b, changes);
  // Their ids may mean other boxes now: nobody has chosen those.
  for (const auto& c : changes) {
    b.selected.set(c.id, false);
    if (b.current == c.id) b.current.reset();
  }
  b.n_selected = b.selected.count();
  const auto n = b.count[std::size_t(ml::BoxStatus::proposed)];
  if (!changes.empty()) post_boxes(s, effects, std::move(changes));
  toast(s, Banner::Kind::good, n ? counted(n, "box", "boxes") + " proposed: Tab shows the most doubtful" : "The detector found nothing new");
}

}  // namespace mp::explorer
