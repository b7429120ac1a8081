// Where the network looks: what is asked, what is checked, layer maps.
#include <algorithm>

#include "explorer/model/apply_parts.h"
#include "explorer/model/heat_state.h"
#include "explorer/model/reduce.h"

namespace mp::explorer {

HeatVerdict verdict(const ml::HeatFigures& f) {
  constexpr double kNearChance = 1.1;
  if (f.energy < kNearChance * f.chance) return HeatVerdict::background;
  return f.energy < f.deviation_energy ? HeatVerdict::no_better_than_unevenness : HeatVerdict::believable;
}

std::size_t heat_choice(std::string_view name) { return std::size_t(std::ranges::find(kHeatChoices, name) - std::begin(kHeatChoices)); }

std::size_t most_in_view(const HeatState& h) { return h.method == "ig" || h.method == "occlusion" ? 60 : 4000; }

ml::HeatRequest heat_request(const HeatState& h) {
  ml::HeatRequest r;
  r.detector = h.method == kDetectorHeat;
  r.method = ml::find_heat_method(h.method).value_or(ml::HeatMethod::cam);
  r.baseline = ml::find_baseline(h.baseline).value_or(ml::kDefaultBaseline);
  r.cls = h.cls;
  r.request = h.request;
  return r;
}

std::vector<SampleId> samples_of_image(const ml::Pool& pool, std::uint32_t image) {
  std::vector<SampleId> ids;
  for (auto& layer : pool.layers)
    if (layer.image == image)
      for (SampleId k = 0; k < SampleId(layer.cols * layer.rows); ++k) ids.push_back(layer.first_sample + k);
  if (ids.empty())   // not a layer
    for (SampleId id = 0; id < pool.size(); ++id)
      if (pool.image_of[id] == image) ids.push_back(id);
  return ids;
}

void apply(State& s, const cmd::SetHeat& c, Effects&) {
  auto& h = *s.heat;
  const bool otherwise = h.method != c.method || h.baseline != c.baseline || h.cls != c.cls;
  if (otherwise) {
    h.shown.clear();
    h.check.reset();
    ++h.check_request;   // what runs is not waited for
    h.error.clear();
    h.network.clear();
  }
  h.on = c.on;
  h.method = c.method;
  h.baseline = c.baseline;
  h.cls = c.cls;
  h.strength = std::clamp(c.strength, 0.f, 1.f);
  ++h.revision;
}

void apply(State& s, const cmd::LookAt& c, Effects&) { s.heat->in_view = c.ids; }

void apply(State& s, const cmd::CheckHeat&, Effects& effects) {
  s.heat->check.reset();
  ++s.heat->check_request;
  effects.check_heat = true;
}

void apply(State& s, const cmd::ExportLayerMaps& c, Effects& effects) {
  if (!s.pool->layered() || !s.predictions() || !s.predictions()->labelled) {
    toast(s, Banner::Kind::warning, s.pool->layered() ? "Label some patches first: the maps show what the model says" : "Layer maps need images imported as layers");
    return;
  }
  s.heat->prior = std::clamp(c.prior, 0.f, .95f);
  effects.layer_maps = s.heat->prior;
}

void apply(State&, const cmd::CancelLayerMaps&, Effects& effects) { effects.cancel_layer_maps = true; }

}  // namespace mp::explorer
