#include "explorer/app/state_report.h"

#include <cmath>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/base/hash.h"
#include "explorer/model/box_state.h"
#include "explorer/model/heat_state.h"

namespace mp::explorer {

template <class T>
Quantiles quantiles(std::vector<T> v) {
  if (v.empty()) return {};
  std::sort(v.begin(), v.end());
  return {double(v[v.size() / 2]), double(v[std::min(v.size() - 1, v.size() * 95 / 100)])};
}
template Quantiles quantiles(std::vector<float>);
template Quantiles quantiles(std::vector<double>);

/// Tells two maps apart, whatever their size.
static std::string places_checksum(const State& s) {
  if (!s.projection) return {};
  const auto& xy = s.projection->xy;
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash_bytes({reinterpret_cast<const char*>(xy.data()), xy.size() * sizeof(float)})));
  return text;
}

std::string state_report(const State& s, int validation_messages) {
  using nlohmann::json;
  json labels = json::object();
  for (std::size_t c = 0; c < s.classes.size(); ++c) labels[s.classes[c].name] = c < s.labels_per_class.size() ? s.labels_per_class[c] : 0;
  json bad = json::array();
  for (const auto& b : s.bad) bad.push_back({{"path", b.path}, {"reason", b.reason}});
  json sources = json::object(), compared = json::object();
  for (SampleId i = 0; i < s.labels.cls.size(); ++i)
    if (s.labels.labelled(i)) {
      auto& n = sources[std::string(ml::name_of(s.labels.source[i]))];
      n = n.is_null() ? 1 : n.get<int>() + 1;
    }
  for (const auto& other : s.query.compared) compared[other.strategy] = other.picks;
  const auto frame = quantiles(s.frame_ms);
  const auto rescored = quantiles(s.latency.all_ms);
  json j = {
      {"samples", s.samples()},
      {"layers", s.pool->layers.size()},
      {"device_losses", s.device_losses},
      {"bad", bad},
      {"labels", labels},
      {"labelled", s.labels.count()},
      {"label_revision", s.labels.revision},
      {"saved_revision", s.saved_revision},
      {"selected", s.n_selected},
      {"visible", s.n_visible},
      {"boxes", {{"proposed", s.boxes->count[0]}, {"accepted", s.boxes->count[1]}, {"deleted", s.boxes->count[2]}, {"complete_images", s.boxes->store.checked.size()},
                 {"current", s.boxes->current ? json(*s.boxes->current) : json(nullptr)}, {"image", s.boxes->image ? json(*s.boxes->image) : json(nullptr)},
                 {"selected", s.boxes->n_selected},
                 {"map", {{"on", s.boxes->map.on}, {"places", s.boxes->map.places ? s.boxes->map.places->xy.size() / 2 : 0}, {"error", s.boxes->map.news ? s.boxes->map.news->error : std::string()}}},
                 {"actions", s.boxes->actions.total()}, {"actions_saved", s.boxes->actions.saved()}, {"unsaved", s.boxes->revision - s.boxes->saved_revision},
                 {"detector", s.boxes->detector ? json{{"threshold", s.boxes->detector->threshold}, {"saved", s.boxes->detector->saved}, {"boxes", s.boxes->detector->boxes}} : json(nullptr)}}},
      {"picks", s.query.picks},
      {"current_pick", s.current_pick() ? json(*s.current_pick()) : json(nullptr)},
      {"rounds", s.training.rounds_done},
      {"labelling_round", s.loop.round},
      {"label_sources", sources},
      {"suspects", s.loop.suspects},
      {"compared", compared},
      {"accuracy", s.instant_evaluation ? json(s.instant_evaluation->accuracy) : json(nullptr)},
      {"accuracy_biased", s.instant_evaluation ? json(s.instant_evaluation->biased) : json(nullptr)},
      {"network_accuracy", s.training.validation ? json(s.training.validation->accuracy) : json(nullptr)},
      {"training", {{"on", s.training.on}, {"step", s.training.step}, {"epoch", s.training.epoch}, {"error", s.training.error}, {"images_per_s", s.training.images_per_s}}},
      {"camera", {{"centre", {s.scatter_camera.centre.x, s.scatter_camera.centre.y}}, {"scale_px", s.scatter_camera.scale_px}}},
      {"screen", name_of(s.screen)},
      {"colour_by", name_of(s.colour_by)},
      {"layer", s.mosaic.layer},
      {"map", {{"method", s.projection ? s.projection->method : std::string()}, {"follows", s.map.settings.follow}, {"supervised", s.projection && s.projection->supervised}, {"left_out", s.map.left_out}, {"rounds", s.timeline.rounds()}, {"shown_round", s.timeline.shown ? int(s.timeline.shown->index) : -1}, {"checksum", places_checksum(s)}}},
      {"read_only", s.read_only},
      {"save_error", s.save_error},
      {"frame_ms", {{"median", frame.median}, {"p95", frame.p95}, {"n", s.frame_ms.size()}}},
      {"label_to_rescored_ms", {{"median", rescored.median}, {"p95", rescored.p95}, {"n", s.latency.all_ms.size()}}},
      {"label_saved_ms", s.latency.last_saved_ms},
      {"device", s.device},
      {"validation_messages", validation_messages},
  };
  const auto& h = *s.heat;
  j["heat"] = {{"on", h.on}, {"method", h.method}, {"network", h.network}, {"error", h.error}, {"shown", h.shown.size()}, {"first_ms", h.first_ms}};
  if (h.check && h.check->finished) {
    const auto& f = h.check->all;
    j["heat"]["check"] = {{"n", f.n}, {"pointing", f.pointing}, {"energy", f.energy}, {"chance", f.chance}, {"deviation_energy", f.deviation_energy}, {"background", h.check->background.size()}, {"any_box", h.check->any_box}, {"error", h.check->error}};
    if (std::isfinite(h.check->ig_error)) j["heat"]["check"]["ig_error"] = h.check->ig_error;
  }
  json banners = json::array();
  for (const auto& b : s.banners) banners.push_back(b.text);
  j["banners"] = banners;
  json marks = json::object();
  for (const auto& [name, ms] : s.marked_frame_ms) {
    const auto q = quantiles(ms);
    marks[name] = {{"median", q.median}, {"p95", q.p95}, {"n", ms.size()}};
  }
  j["marks"] = marks;
  return j.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<void> write_text(const std::string& file, const std::string& text) {
  std::error_code ec;
  if (const auto parent = std::filesystem::path(file).parent_path(); !parent.empty()) std::filesystem::create_directories(parent, ec);
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.flush();
  if (!out) return fail("cannot write", file, {}, {}, "Check the folder and the free space");
  return {};
}

std::string metrics_csv(const State& s) {
  std::string text = "model,labels,accuracy,biased\n";
  auto add = [&](const char* model, const std::vector<AccuracyPoint>& points) {
    for (const auto& p : points)
      text += std::string(model) + "," + std::to_string(p.labels) + "," + std::to_string(p.accuracy) + "," + (p.biased ? "1" : "0") + "\n";
  };
  add("instant", s.instant_history);
  add("network", s.network_history);
  return text;
}

}  // namespace mp::explorer
