#include "explorer/app/session.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "engine/base/hash.h"
#include "explorer/app/box_session.h"
#include "explorer/app/heat_session.h"
#include "explorer/app/user_folders.h"
#include "explorer/model/box_state.h"
#include "explorer/model/heat_state.h"
#include "explorer/model/reduce.h"
#include "ml/data/layer_series.h"
#include "ml/data/project.h"
#include "ml/service/box_worker.h"

namespace mp::explorer {

namespace fs = std::filesystem;

namespace {

std::string user_name() {
  const char* name = std::getenv("USER");
  return name && *name ? name : "person";
}

/// The look of the session that the project remembers (colour, strategy, network settings).
void load_settings(State& s, ml::Project& project) {
  auto text = project.setting("explorer");
  if (!text || !*text) return;
  const auto j = nlohmann::json::parse(**text, nullptr, false);
  if (!j.is_object()) return;
  try {
    s.query.strategy = j.value("strategy", s.query.strategy);
    s.query.k = std::clamp(j.value("k", s.query.k), 1, 10'000);
    s.colour_by = ColourBy(std::clamp(j.value("colour_by", 0), 0, int(ColourBy::flips)));
    auto settings = s.training.settings;
    const auto training = j.value("training", nlohmann::json::object());
    ml::for_each_setting(settings, [&]<class T>(const char* name, T& value, const char*) {
      if (training.contains(name)) value = training[name].get<T>();
    });
    settings.trust = false;  // a project from elsewhere must not run code
    if (ml::check_settings(settings)) s.training.settings = settings;
    if (const auto method = j.value("map", s.map.settings.method); ml::is_map_method(method)) s.map.settings.method = method;
    s.map.settings.follow = j.value("map_follows", s.map.settings.follow);
    s.map.settings.supervised = j.value("map_supervised", s.map.settings.supervised);
    s.mosaic.strength = j.value("overlay_strength", s.mosaic.strength);
    s.heat->strength = std::clamp(j.value("heat_strength", s.heat->strength), 0.f, 1.f);
    s.heat->prior = std::clamp(j.value("layer_prior", s.heat->prior), 0.f, .95f);
    s.boxes->map.on = j.value("box_map", s.boxes->map.on);
    if (const auto by = std::ranges::find(kBoxColours, j.value("box_colour", std::string())); by != std::end(kBoxColours)) s.boxes->map.colour = BoxColour(by - std::begin(kBoxColours));
    if (const auto method = j.value("heat_method", s.heat->method); heat_choice(method) < std::size(kHeatChoices)) s.heat->method = method;
  } catch (const nlohmann::json::exception&) {
    // A setting of the wrong type: the defaults serve.
  }
}

std::string settings_text(const State& s) {
  auto training = nlohmann::json::object();
  ml::for_each_setting(s.training.settings, [&](const char* name, const auto& value, const char*) { training[name] = value; });
  return nlohmann::json{{"strategy", s.query.strategy}, {"k", s.query.k}, {"colour_by", int(s.colour_by)},
                        {"training", training},
                        {"map", s.map.settings.method}, {"map_follows", s.map.settings.follow}, {"map_supervised", s.map.settings.supervised},
                        {"overlay_strength", s.mosaic.strength}, {"heat_strength", s.heat->strength}, {"layer_prior", s.heat->prior}, {"heat_method", s.heat->method},
                        {"box_map", s.boxes->map.on}, {"box_colour", kBoxColours[std::size_t(s.boxes->map.colour)]}}
      .dump();
}

std::string absolute_path(const std::string& path) {
  std::error_code ec;
  const auto absolute = fs::absolute(path, ec).string();
  return ec ? path : absolute;
}

/// What outlives a project: the clock, the measurements, the look; revisions grow, so that views see the change.
State without_project(const State& s) {
  State fresh;
  fresh.time_s = s.time_s;
  fresh.frame = s.frame;
  fresh.seed = s.seed;
  fresh.device = s.device;
  fresh.device_error = s.device_error;
  fresh.headless = s.headless;
  fresh.ui_scale = s.ui_scale;
  fresh.recording = s.recording;
  fresh.record_started_s = s.record_started_s;
  fresh.frame_ms = s.frame_ms;
  fresh.mark = s.mark;
  fresh.marked_frame_ms = s.marked_frame_ms;
  fresh.recent_projects = s.recent_projects;
  fresh.scatter_size_px = s.scatter_size_px;
  fresh.boxes->look = s.boxes->look + 1;
  fresh.boxes->map.revision = s.boxes->map.revision + 1;
  fresh.pool_revision = s.pool_revision + 1;
  fresh.colour_revision = s.colour_revision + 1;
  fresh.projection_revision = s.projection_revision + 1;
  fresh.selection_revision = s.selection_revision + 1;
  fresh.filter_revision = s.filter_revision + 1;
  return fresh;
}

void import_series(State& s, const std::string& file) {
  if (s.read_only) return set_banner(s, Banner::Kind::error, "series", "Values by layer cannot be added: " + s.why_read_only);
  auto read = ml::import_layer_series(file, s.project_dir, *s.pool);
  if (!read) return set_banner(s, Banner::Kind::error, "series", read.error().message());
  if (!read->all.empty()) s.mosaic.series = read->all.front().name;
  s.series = std::make_shared<const ml::LayerSeriesList>(ml::stored_layer_series(s.project_dir, *s.pool));
  if (!read->problems.empty())
    set_banner(s, Banner::Kind::warning, "series",
               read->problems.front() + (read->problems.size() > 1 ? " (and " + std::to_string(read->problems.size() - 1) + " more); the rest is used" : "; the rest is used"));
  else
    toast(s, Banner::Kind::good, std::to_string(read->all.size()) + " series by layer added");
}

}  // namespace

Session::Session(std::function<void()> wake) : wake_(std::move(wake)) {}
Session::~Session() = default;

bool Session::busy(bool training_counts) const { return service_ && (service_->busy(training_counts) || heat_->busy() || boxes_->busy()); }

Result<void> Session::open(State& s, const std::string& dir, bool create) {
  std::error_code ec;
  const auto absolute = fs::weakly_canonical(dir, ec).string();
  if (service_ && service_->project_dir() == absolute) return {};
  auto project = create && !ml::Project::is_project(absolute) ? ml::Project::create(absolute)
                                                             : ml::Project::open(absolute, ml::OpenMode::write_or_read);
  if (!project) return tl::make_unexpected(project.error());
  auto classes = (*project)->load_classes();
  if (!classes) return tl::make_unexpected(classes.error());
  auto labels = (*project)->load_labels();
  if (!labels) return tl::make_unexpected(labels.error());
  auto history = (*project)->load_label_history();
  if (!history) return tl::make_unexpected(history.error());
  auto bad = (*project)->load_bad();
  auto boxes = (*project)->load_boxes();
  if (!boxes) return tl::make_unexpected(boxes.error());
  const auto detector = ml::load_box_model(**project);
  const auto actions = (*project)->setting("box_actions");

  close(s);
  auto fresh = without_project(s);
  if (!unsaved_.empty()) set_banner(fresh, Banner::Kind::error, "unsaved", unsaved_);
  fresh.recent_projects = remember_project(absolute);
  fresh.author = user_name();
  fresh.project_dir = absolute;
  fresh.project_name = fs::path(absolute).filename().string();
  fresh.read_only = (*project)->read_only();
  fresh.why_read_only = (*project)->why_read_only();
  fresh.classes = std::move(*classes);
  fresh.labels = std::move(*labels);
  fresh.saved_revision = fresh.labels.revision;
  fresh.trace = LabelTrace::of(*history, fresh.labels.cls.size());
  fresh.loop.round = fresh.trace.rounds;
  set_boxes(*fresh.boxes, std::move(*boxes));
  if (detector && *detector) fresh.boxes->detector = ml::summary_of(**detector);
  if (actions && *actions) fresh.boxes->actions = actions_from(**actions);
  load_settings(fresh, **project);
  recount_labels(fresh);
  s = std::move(fresh);
  if (bad && !bad->empty()) {
    Effects none;
    reduce(s, ml::Event{ml::BadFiles{*bad}}, none);
  }
  if (s.read_only)
    set_banner(s, Banner::Kind::warning, "read-only", "Read-only: " + s.why_read_only + ". Labels cannot be changed here.");

  ml::ServiceOptions options;
  options.seed = s.seed;
  options.map = s.map.settings;
  options.wake = wake_;
  service_ = std::make_unique<ml::Service>(std::move(*project), options);
  heat_ = std::make_unique<HeatSession>(wake_);
  boxes_ = std::make_unique<BoxSession>(wake_);
  return {};
}

void Session::close(State& s) {
  if (service_ && !s.read_only) service_->save_setting("explorer", settings_text(s));
  if (service_) {
    if (const auto rescued = service_->close(); !rescued.empty()) unsaved_ = "Some labels or boxes could not be saved; they are kept in " + rescued;
  }
  heat_.reset();
  boxes_.reset();
  service_.reset();
  held_.reset();
  held_event_.reset();
  said_ = false;
  s.project_dir.clear();
}

bool Session::drain(State& s, Effects& effects) {
  if (!service_) return false;
  bool any = false;
  for (auto& e : service_->drain()) {
    if (auto* r = std::get_if<ml::Rescored>(&e); r && hold_refits_) {
      held_event_.reset();
      if (r->degraded) {
        held_event_ = *r;
        continue;
      }
    }
    // The map follows the first fit of a label change, not the one with degraded copies.
    if (auto* r = std::get_if<ml::Rescored>(&e); r && !r->degraded && !s.show_network) said_ = true;
    reduce(s, e, effects);
    any = true;
  }
  any = heat_->drain(s, *service_) || any;
  any = boxes_->drain(s, *service_, effects) || any;
  if (auto p = service_->take_pool()) {
    take_pool(s, std::move(p));
    if (s.pool->layered()) s.series = std::make_shared<const ml::LayerSeriesList>(ml::stored_layer_series(s.project_dir, *s.pool));
    any = true;
  }
  if (auto f = service_->take_features()) {
    take_features(s, std::move(f));
    any = true;
  }
  if (auto p = service_->take_predictions()) {
    if (hold_refits_ && s.instant && p->label_revision == s.instant->label_revision && p->n == s.instant->n && p->labelled > 0) {
      held_ = std::move(p);
    } else {
      held_.reset();
      take_predictions(s, std::move(p), false);
    }
    any = true;
  }
  if (auto p = service_->take_network_predictions()) {
    take_predictions(s, std::move(p), true);
    if (s.show_network) said_ = true;
    any = true;
  }
  if (auto p = service_->take_projection()) {
    take_projection(s, std::move(p));
    any = true;
  }
  if (auto r = service_->take_rounds()) {
    take_rounds(s, std::move(r));
    if (s.timeline.trail_on) effects.load_trail = s.inspected;
    any = true;
  }
  if (auto r = service_->take_round()) {
    take_round(s, std::move(r));
    any = true;
  }
  if (auto t = service_->take_trail()) {
    s.timeline.trail = std::move(t);
    any = true;
  }
  if (!hold_refits_) follow_model(s);
  if (any) s.thumbs = service_->thumbs();
  if (auto stored = service_->take_classes()) {
    // Classes that the import made from folder names come at the end; ours keep their ids and names.
    const auto ours = s.classes.size();
    for (std::size_t i = ours; i < stored->size(); ++i) s.classes.push_back((*stored)[i]);
    if (s.classes.size() != ours) {
      recount_labels(s);
      ++s.colour_revision;
    }
    any = true;
  }
  return any;
}

bool Session::follow_model(const State& s) {
  const auto& shown = s.show_network && s.network ? s.network : s.instant;
  if (!service_ || !shown || !std::exchange(said_, false)) return false;
  ml::RoundInfo round;
  round.label_revision = shown->label_revision;
  round.labels = shown->labelled;
  round.network = shown == s.network;
  if (round.network && s.training.validation) round.accuracy = float(s.training.validation->accuracy);
  if (!round.network && s.instant_evaluation) round.accuracy = float(s.instant_evaluation->accuracy);
  if (!s.training.loss.empty()) round.loss = s.training.loss.back();
  service_->follow_model(shown, std::move(round));
  return true;
}

bool Session::release_refit(State& s) {
  if (!held_ && !held_event_) return false;
  Effects none;
  if (held_event_) reduce(s, ml::Event{*held_event_}, none);
  if (held_) take_predictions(s, std::move(held_), false);
  held_event_.reset();
  held_.reset();
  return true;
}

void Session::perform(State& s, Effects& e) {
  // Labels first: they belong to the project that was open when they were given.
  if (service_) {
    if (e.classes_changed) service_->classes_changed(s.classes);
    for (auto& b : e.boxes) service_->boxes_changed(std::move(b));
    if (!e.batches.empty()) {
      const auto labels = std::make_shared<const ml::LabelStore>(s.labels);
      for (auto& b : e.batches) service_->labels_changed(labels, std::move(b));
    }
  }
  e.classes_changed = false;
  e.batches.clear();
  e.boxes.clear();
  if (e.close && service_) {
    close(s);
    s = without_project(s);   // the start screen shows nothing of it
    if (!unsaved_.empty()) set_banner(s, Banner::Kind::error, "unsaved", unsaved_);
  }
  if (e.open) {
    if (auto r = open(s, e.open->dir, false); !r) set_banner(s, Banner::Kind::error, "open", r.error().message());
  }
  if (e.import) {
    const auto dir = !e.import->project_dir.empty() ? e.import->project_dir
                     : s.has_project()              ? s.project_dir
                                                    : default_project_dir(e.import->root);
    if (auto r = open(s, dir, true); !r) {
      set_banner(s, Banner::Kind::error, "open", r.error().message());
    } else {
      s.import = {};
      s.import.running = true;
      s.import.progress.root = e.import->root;
      service_->import({absolute_path(e.import->root), e.import->layers, e.import->patch_px, e.import->hide_labels, false});
    }
  }
  if (!service_) {
    e = {};
    return;
  }
  if (!e.import_series.empty()) import_series(s, e.import_series);
  if (e.cancel_import) service_->cancel_import();
  if (e.query) service_->query(e.query->strategy, e.query->k, e.query->request);
  for (const auto& q : e.compared) service_->query(q.strategy, q.k, q.request);
  if (e.hold_out) service_->hold_out(*e.hold_out);
  if (!e.list.empty()) service_->list(e.list);
  if (e.similar) service_->similar(e.similar->to, e.similar->k, e.similar->request);
  if (e.cancel_boxes) service_->cancel_boxes();
  if (e.box_job) service_->start_boxes(*e.box_job);
  if (e.train) service_->train(*e.train);
  if (e.pause) service_->pause_training(*e.pause);
  if (e.stop_training) service_->stop_training();
  if (e.set_map) service_->set_map(s.map.settings, e.map_again);
  if (e.cancel_map) service_->cancel_map();
  if (e.load_round) service_->load_round(*e.load_round);
  if (e.load_trail) service_->load_trail(*e.load_trail);
  heat_->perform(s, e, *service_);
  boxes_->perform(s, e, *service_);
  if (e.show_model) said_ = true;
  if (e.retry_save) service_->retry_save();
  for (auto& [key, value] : e.settings) service_->save_setting(key, value);
  e = {};
}

std::string default_project_dir(const std::string& source_root) {
  std::error_code ec;
  auto root = fs::weakly_canonical(source_root, ec).string();
  if (ec || root.empty()) root = source_root;
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  const auto name = fs::path(root).filename().string();
  // The folder's own path tells two folders of one name apart; the same folder finds its project again.
  char tag[8];
  std::snprintf(tag, sizeof tag, "%06llx", static_cast<unsigned long long>(hash_bytes(root) & 0xffffff));
  return data_folder() + "/projects/" + (name.empty() ? "pool" : name) + "-" + tag + ".meltpool";
}

}  // namespace mp::explorer
