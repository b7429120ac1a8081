// Project, import and the background training.
#include "explorer/model/apply_parts.h"
#include <algorithm>

#include "explorer/model/reduce.h"

namespace mp::explorer {

void apply(State&, const cmd::OpenProject& c, Effects& effects) { effects.open = c; }
void apply(State&, const cmd::CloseProject&, Effects& effects) { effects.close = true; }
void apply(State&, const cmd::OpenDemo&, Effects& effects) { effects.demo = true; }

void apply(State& s, const cmd::Import& c, Effects& effects) {
  if (s.import.running) {
    toast(s, Banner::Kind::warning, "An import is running: wait for it or cancel it first");
    return;
  }
  effects.import = c;
}

void apply(State& s, const cmd::ImportSeries& c, Effects& effects) {
  if (!s.has_project() || !s.pool->layered())
    set_banner(s, Banner::Kind::warning, "series", "Values by layer belong to a project of layers: open one first, then add " + c.file);
  else
    effects.import_series = c.file;
}

void apply(State& s, const cmd::CancelImport&, Effects& effects) {
  s.import.cancelled = true;
  effects.cancel_import = true;
}

void apply(State&, const cmd::RetrySave&, Effects& effects) { effects.retry_save = true; }

void apply(State& s, const cmd::Train&, Effects& effects) {
  int classes = 0;
  for (auto n : s.labels_per_class) classes += n > 0;
  if (classes < 2) {
    toast(s, Banner::Kind::warning, classes == 0 ? "Label some samples first: training needs two classes"
                                                 : "One class only: label samples of a second class before training");
    return;
  }
  s.training.on = true;
  s.training.paused = false;
  s.training.error.clear();
  s.training.settings.seed = s.seed;
  effects.train = s.training.settings;
}

void apply(State& s, const cmd::PauseTraining& c, Effects& effects) {
  if (!s.training.on) return;
  s.training.paused = c.paused;
  effects.pause = c.paused;
}

void apply(State& s, const cmd::StopTraining&, Effects& effects) {
  s.training.on = s.training.paused = false;
  effects.stop_training = true;
}

void apply(State& s, const cmd::SetTraining& c, Effects&) {
  auto checked = c.settings;
  checked.epochs = std::clamp(checked.epochs, 1, 10'000);
  checked.batch = std::clamp(checked.batch, 1, 1024);
  if (auto ok = ml::check_settings(checked); !ok) return toast(s, Banner::Kind::warning, ok.error().message());
  s.training.settings = std::move(checked);
}

}  // namespace mp::explorer
