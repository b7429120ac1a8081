#include "explorer/app/recorder.h"

#include "explorer/model/box_state.h"
#include "explorer/model/command_json.h"
#include "explorer/model/script.h"

namespace mp::explorer {

namespace {

constexpr double kCameraInterval_s = 0.1;   // a drag is kept as ten positions a second; the replay moves between them

bool coalesces(const Command& c) {
  return std::holds_alternative<cmd::SetScatterCamera>(c) || std::holds_alternative<cmd::SetMosaic>(c) ||
         std::holds_alternative<cmd::SetLayer>(c) || std::holds_alternative<cmd::SetBoxMapCamera>(c) || std::holds_alternative<cmd::SetFilters>(c);
}

/// Commands whose effect depends on what the model said when the person gave them.
bool depends_on_predictions(const Command& c) {
  return std::holds_alternative<cmd::Query>(c) || std::holds_alternative<cmd::NextPick>(c) ||
         std::holds_alternative<cmd::AcceptPrediction>(c) || std::holds_alternative<cmd::SelectClass>(c) ||
         std::holds_alternative<cmd::SelectCell>(c) || std::holds_alternative<cmd::SelectAll>(c) ||
         std::holds_alternative<cmd::Lasso>(c);
}

/// Cameras with the height of their view, so that a replay of another size shows the same part.
Command sized(const State& s, Command c) {
  if (auto* camera = std::get_if<cmd::SetScatterCamera>(&c)) camera->view_px = s.scatter_size_px.y;
  if (auto* mosaic = std::get_if<cmd::SetMosaic>(&c)) mosaic->view_px = s.mosaic_size_px.y;
  if (auto* build = std::get_if<cmd::SetBuild>(&c)) build->view_px = s.build_size_px.y;
  return c;
}

/// Labels that the shown predictions know, and whether degraded copies have joined them.
std::pair<std::uint64_t, bool> shown_fit(const State& s) {
  return s.instant ? std::pair(s.instant->label_revision, s.instant_degraded) : std::pair<std::uint64_t, bool>{};
}

std::vector<SampleId> selected_after(const State& s, const cmd::Select& c) {
  Bitset picked(s.samples()), after = s.selected;   // hidden samples are never selected
  for (auto id : c.ids)
    if (id < s.samples()) picked.set(id);
  if (c.op == SelectOp::replace) after = picked;
  if (c.op == SelectOp::add) after |= picked;
  if (c.op == SelectOp::remove) after.subtract(picked);
  if (c.op == SelectOp::intersect) after &= picked;
  std::vector<SampleId> ids;
  after.for_each([&](std::size_t id) { ids.push_back(SampleId(id)); });
  return ids;
}

}  // namespace

Result<Recorder> Recorder::start(const std::string& file, const State& state, bool framed, int width_px, int height_px) {
  Recorder r;
  r.file_ = file;
  r.out_.open(file, std::ios::binary | std::ios::trunc);
  if (!r.out_) return fail("cannot write the recording", file, {}, {}, "Choose a folder that can be written");
  r.start_s_ = state.time_s;
  r.waited_ = shown_fit(state);
  r.first_rounds_ = r.waited_rounds_ = state.training.rounds_done;
  r.answered_request_ = state.query.request;
  r.answered_similar_ = state.similar.request;
  r.boxes_done_ = state.boxes->jobs_done + state.boxes->files_done;
  // Without a camera of its own the replay frames the map when it comes, as the window did.
  std::vector<Command> look{cmd::SetScreen{state.screen}, cmd::SetColourBy{state.colour_by}, cmd::SetTool{state.tool}, cmd::ShowPictures{state.show_pictures},
                            cmd::SetStrategy{state.query.strategy, state.query.request}, cmd::SetQuerySize{state.query.k}, cmd::SetTraining{state.training.settings},
                            cmd::SetMap{state.map.settings}, cmd::ShowBoxes{state.boxes->on_pictures},
                            cmd::SetBoxFilters{state.boxes->filters.class_off, state.boxes->filters.score_min, state.boxes->filters.proposed, state.boxes->filters.accepted, state.boxes->filters.deleted}, cmd::SetFilters{state.filters}, sized(state, cmd::SetMosaic{state.mosaic}),
                            sized(state, cmd::SetBuild{state.build}), cmd::ShowContours{state.show_contours}};
  if (state.boxes->map.on) look.push_back(cmd::ShowBoxMap{});
  look.push_back(cmd::ColourBoxes{std::string(kBoxColours[std::size_t(state.boxes->map.colour)])});
  if (state.boxes->image) look.push_back(cmd::ShowImage{*state.boxes->image});
  if (state.boxes->current) look.push_back(cmd::SelectBox{state.boxes->current});
  if (state.boxes->n_selected) {
    cmd::SelectBoxes boxes;
    state.boxes->selected.for_each([&](std::size_t id) { boxes.ids.push_back(BoxId(id)); });
    look.push_back(std::move(boxes));
  }
  if (framed) look.push_back(sized(state, cmd::SetScatterCamera{state.scatter_camera}));
  if (state.n_selected) {
    cmd::Select selection;
    state.selected.for_each([&](std::size_t id) { selection.ids.push_back(SampleId(id)); });
    look.push_back(std::move(selection));
  }
  r.out_ << script_header(state.seed, data_hash(*state.pool), width_px, height_px) << '\n';
  r.out_ << script_line(0, step::Wait{step::Wait::For::idle, 1, 300}) << '\n';   // a replay begins with the map there
  for (const auto& c : look) r.out_ << script_line(0, c) << '\n';
  return r;
}

void Recorder::write_held() {
  if (held_) out_ << script_line(held_s_, *held_) << '\n';
  held_.reset();
}

/// The replay comes to the predictions that the person saw, however fast its machine is.
void Recorder::write_prediction_waits(const State& s, double t) {
  if (s.training.rounds_done > waited_rounds_) {
    out_ << script_line(t, step::Wait{step::Wait::For::round, double(s.training.rounds_done - first_rounds_), 600}) << '\n';
    waited_rounds_ = s.training.rounds_done;
  }
  if (const auto shown = shown_fit(s); shown > waited_ && shown.first == s.labels.revision) {
    // The second fit of a label change (with degraded copies) is shown when all workers are done.
    out_ << script_line(t, step::Wait{shown.second ? step::Wait::For::idle : step::Wait::For::rescored, 1, 120}) << '\n';
    waited_ = shown;
  }
}

void Recorder::add(const State& s, const Command& c) {
  if (!is_recorded(c)) return;
  // A scatter lasso is kept as the hand drew it. In the mosaic what lies under an outline depends on how many columns the
  // view has room for, so the samples are kept.
  if (auto* lasso = std::get_if<cmd::Lasso>(&c)) {
    in_mosaic_ = lasso->view == "mosaic";
    if (in_mosaic_) return;
  }
  if (auto* select = std::get_if<cmd::Select>(&c); select && select->from_gesture && !std::exchange(in_mosaic_, false)) {
    // A map that follows the model lies otherwise in a replay that came there in other steps: the outline is drawn
    // again, the samples are those of the recording.
    if (!s.map.settings.follow || s.labels.count() == 0) return;
    write_held();
    out_ << script_line(s.time_s - start_s_, cmd::Select{SelectOp::replace, selected_after(s, *select)}) << '\n';
    out_.flush();
    return;
  }
  const double t = s.time_s - start_s_;
  if (coalesces(c)) {
    if (held_ && held_->index() != c.index()) write_held();
    held_ = sized(s, c);
    held_s_ = t;
    if (t - written_s_ >= kCameraInterval_s) {
      write_held();
      written_s_ = t;
    }
    return;
  }
  write_held();
  // Picks and similar samples come from a worker: what follows their coming was done to them.
  const bool picks = s.query.request > answered_request_ && !s.query.waiting, similar = s.similar.request > answered_similar_ && !s.similar.waiting;
  if (picks || similar) out_ << script_line(t, step::Wait{step::Wait::For::idle, 1, 120}) << '\n';
  if (const auto done = s.boxes->jobs_done + s.boxes->files_done; done > boxes_done_) {   // a training may take its time
    out_ << script_line(t, step::Wait{step::Wait::For::idle, 1, 7200}) << '\n';
    boxes_done_ = done;
  }
  if (picks) answered_request_ = s.query.request;
  if (similar) answered_similar_ = s.similar.request;
  if (depends_on_predictions(c)) write_prediction_waits(s, t);
  out_ << script_line(t, c) << '\n';
  out_.flush();   // a crash leaves what was done so far
}

bool Recorder::finish(const State& s) {
  write_held();
  const double t = s.time_s - start_s_;
  write_prediction_waits(s, t);
  out_ << script_line(t, step::Wait{step::Wait::For::seconds, 0}) << '\n';   // a film is as long as the session
  out_.flush();
  return bool(out_);
}

}  // namespace mp::explorer
