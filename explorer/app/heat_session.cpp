#include "explorer/app/heat_session.h"

#include <algorithm>

#include "explorer/model/box_state.h"
#include "explorer/model/heat_state.h"
#include "explorer/model/reduce.h"

namespace mp::explorer {

namespace {

constexpr std::size_t kMostShown = 20'000;   // heat that is kept while the focus moves

std::vector<SampleId> sorted(std::vector<SampleId> ids) {
  std::ranges::sort(ids);
  return ids;
}

/// What is looked at, most needed first: the sample under the pointer, the clicked one, the pick, the current layer or the picture
/// with boxes, what else the mosaic shows.
std::vector<SampleId> looked_at(const State& s) {
  std::vector<SampleId> ids;
  for (const auto& id : {s.hovered, s.inspected, s.current_pick()})
    if (id && *id < s.samples() && std::ranges::find(ids, *id) == ids.end()) ids.push_back(*id);
  const auto add_image = [&](std::uint32_t image) {
    for (auto id : samples_of_image(*s.pool, image)) ids.push_back(id);
  };
  if (s.screen == Screen::boxes) {
    if (const auto image = shown_image(s)) add_image(image.value());
  } else if (s.screen == Screen::explore || s.screen == Screen::layers) {
    if (std::size_t(s.mosaic.layer) < s.pool->layers.size()) add_image(s.pool->layers[std::size_t(s.mosaic.layer)].image);
    const auto known = sorted(ids);
    for (auto id : s.heat->in_view)
      if (id < s.samples() && !std::ranges::binary_search(known, id)) ids.push_back(id);
  }
  return ids;
}

}  // namespace

HeatSession::~HeatSession() {
  cancel_.cancel();
  if (maps_.joinable()) maps_.join();
}

bool HeatSession::drain(State& s, ml::Service& service) {
  auto& h = *s.heat;
  bool any = false;
  if (auto a = service.take_heat(); a && a->request == request_ && how_ == How{h.method, h.baseline, h.cls}) {
    for (auto& heat : a->samples) h.shown.try_emplace(heat->id, heat);
    h.working = !a->finished;
    h.to_come = a->finished ? 0 : asked_.size() - std::min(asked_.size(), a->samples.size());
    h.network = a->network;
    h.error = a->error;
    if (!a->samples.empty()) h.first_ms = a->first_ms;
    any = true;
  }
  if (auto c = service.take_heat_check(); c && c->request == h.check_request) {
    h.check = std::move(c);
    any = true;
  }
  if (h.exporting) {
    h.layers_done = done_;
    h.layers_total = total_;
    if (!running_) {
      maps_.join();
      h.exporting = false;
      std::lock_guard lock(mutex_);
      if (failure_.empty())
        toast(s, Banner::Kind::good, result_);
      else
        set_banner(s, Banner::Kind::error, "layer-maps", failure_);
      any = true;
    }
  }
  if (any) ++h.revision;
  if (!h.error.empty()) revision_ = h.revision;   // not asked again until something changes
  return any;
}

void HeatSession::perform(State& s, const Effects& e, ml::Service& service) {
  auto& h = *s.heat;
  if (network_ != s.network.get() || (training_ && !s.training.on) || boxes_done_ != s.boxes->jobs_done) {   // trained again
    network_ = s.network.get();
    boxes_done_ = s.boxes->jobs_done;
    h.shown.clear();
    h.check.reset();
    h.error.clear();
    h.network.clear();
    asked_.clear();
    h.working = false;
    h.to_come = 0;
    ++h.revision;
    ++request_;   // what is on its way is of the old one
  }
  training_ = s.training.on;
  if (e.check_heat) {
    auto request = heat_request(h);
    request.request = h.check_request;
    service.check_heat(std::move(request));
  }
  if (e.layer_maps && !h.exporting) start_maps(s);
  if (e.cancel_layer_maps) cancel_.cancel();
  if (h.on) ask(s, service);
}

void HeatSession::ask(State& s, ml::Service& service) {
  auto& h = *s.heat;
  if (!h.error.empty() && revision_ == h.revision) return;   // would fail again
  const How how{h.method, h.baseline, h.cls};
  const bool other = !(how == how_);
  if (h.shown.empty() && !h.working) asked_.clear();
  auto ids = looked_at(s);
  std::erase_if(ids, [&](SampleId id) { return h.shown.contains(id); });
  const bool unknown = h.network.empty() && !h.working;   // whether there is a network at all
  // What stands first now waits for nothing that was asked before; the rest is on its way.
  const auto still = std::ranges::find_if(asked_, [&](SampleId id) { return !h.shown.contains(id); });
  const bool first = ids.empty() || (still != asked_.end() && *still == ids.front());
  if (!other && !unknown && first && std::ranges::includes(sorted(asked_), sorted(ids))) return;
  if (h.shown.size() > kMostShown) h.shown.clear();
  how_ = how;
  asked_ = ids;
  h.request = ++request_;
  h.working = true;
  h.to_come = asked_.size();
  revision_ = h.revision;
  auto request = heat_request(h);
  request.ids = std::move(ids);
  service.heat(std::move(request));
}

void HeatSession::start_maps(State& s) {
  auto& h = *s.heat;
  const auto predictions = s.show_network && s.network ? s.network : s.instant;
  if (!predictions || s.read_only) {
    toast(s, Banner::Kind::warning, s.read_only ? "Read-only: meltpool layer-maps writes elsewhere" : "Label some patches first");
    return;
  }
  LayerMapJob job;
  job.pool = s.pool;
  job.classes = s.classes;
  job.folder = s.project_dir + "/exports/layer-maps";
  job.prior = h.prior;
  job.patches = patches_of_samples(s.pool, predictions, int(s.classes.size()));
  cancel_ = job.cancel;
  done_ = 0;
  total_ = s.pool->layers.size();
  h.exporting = running_ = true;
  job.progress = [this](std::size_t done, std::size_t) {
    done_ = done;
    wake_();
  };
  maps_ = std::thread([this, job = std::move(job)] {
    std::string result, failure;
    try {
      if (auto files = write_layer_maps(job); !files)
        failure = files.error().message();
      else if (files->cancelled)
        result = "Layer maps stopped at " + std::to_string(files->layers) + " pictures; no tables were written";
      else
        result = std::to_string(files->layers) + " layer maps in " + job.folder + (files->problems.empty() ? "" : ", " + std::to_string(files->problems.size()) + " layers could not be read");
    } catch (const std::exception& e) {
      failure = std::string("layer maps: internal error: ") + e.what();
    }
    {
      std::lock_guard lock(mutex_);
      result_ = std::move(result);
      failure_ = std::move(failure);
    }
    running_ = false;
    wake_();
  });
}

}  // namespace mp::explorer
