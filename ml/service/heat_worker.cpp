// See heat_worker.h.
#include "ml/service/heat_worker.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "engine/base/clock.h"
#include "ml/explain/smooth.h"
#include "ml/service/worker_thread.h"
#include "ml/train/guide_boxes.h"

namespace mp::ml {
namespace {

constexpr double kPublish_ms = 100;

/// What is drawn: nothing below 0, not finer than the screen needs.
HeatMap shown(HeatMap map) {
  for (auto& v : map.values) v = std::max(0.f, v);
  if (map.width <= kShownSide) return map;
  return resized(gaussian_smooth(map, float(map.width) / kShownSide / 2), kShownSide, kShownSide);
}

void add(HeatFigures& f, const HeatScore& heat, const HeatScore& deviation) {
  ++f.n;
  f.pointing += heat.pointed;
  f.energy += heat.energy;
  f.chance += heat.chance;
  f.deviation_pointing += deviation.pointed;
  f.deviation_energy += deviation.energy;
}

HeatFigures mean(HeatFigures f) {
  for (auto* v : {&f.pointing, &f.energy, &f.chance, &f.deviation_pointing, &f.deviation_energy})
    *v /= double(std::max<std::size_t>(1, f.n));
  return f;
}

double median(std::vector<double> v) {
  if (v.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::sort(v);
  return v[v.size() / 2];
}

}  // namespace

HeatWorker::HeatWorker(HeatBackend backend, Outbox& out, Activity& activity)
    : backend_(std::move(backend)), out_(out), activity_(activity) {
  thread_ = start_worker("mp-heat", 5, [this] { run(); });
}

HeatWorker::~HeatWorker() { stop(); }

void HeatWorker::stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    running_request_.cancel();
    running_check_.cancel();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void HeatWorker::set_pool(PoolPtr pool) {
  std::lock_guard lock(mutex_);
  pool_ = std::move(pool);
}

void HeatWorker::network_changed() {
  std::lock_guard lock(mutex_);
  stale_ = true;
}

void HeatWorker::request(HeatRequest how) { ask(std::move(how), false); }
void HeatWorker::check(HeatRequest how) { ask(std::move(how), true); }

void HeatWorker::ask(HeatRequest how, bool check) {
  std::optional<Work> replaced{Work{std::move(how), check, activity_.begin(), {}}};
  {
    std::lock_guard lock(mutex_);
    (check ? running_check_ : running_request_).cancel();
    std::swap(check ? check_ : request_, replaced);
  }
  wake_.notify_all();
}

/// What a person looks at now goes before a check that runs.
std::optional<HeatWorker::Work> HeatWorker::next_request() {
  std::lock_guard lock(mutex_);
  auto work = std::exchange(request_, std::nullopt);
  if (work) running_request_ = work->cancel;
  return work;
}

void HeatWorker::run() {
  while (true) {
    std::optional<Work> work;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stop_ || request_ || check_; });
      if (stop_) break;
      if (shown_pool_ != pool_) {
        shown_pool_ = pool_;
        inputs_.reset();
      }
      if (std::exchange(stale_, false)) {
        network_.reset();
        detector_.reset();
      }
      if (!request_) {
        work = std::exchange(check_, std::nullopt);
        running_check_ = work->cancel;
      }
    }
    if (!work) work = next_request();
    if (work) guarded(out_, "heat", [&] { work->check ? check_boxes(*work) : answer(*work); });
  }
  std::lock_guard lock(mutex_);
  request_.reset();
  check_.reset();
}

/// Why there is nothing to look into; empty: it is there.
std::string HeatWorker::load(const HeatRequest& how) {
  if (!shown_pool_ || shown_pool_->size() == 0) return "there are no samples yet";
  if (!inputs_) inputs_ = backend_.make_inputs(shown_pool_);
  if (how.detector) {
    if (detector_) return {};
    auto stored = backend_.load_detector();
    if (!stored) return stored.error().what == kNoDetector ? kNoDetector : stored.error().message();
    auto made = DetectorHeat::make(std::move(*stored), 1);
    if (!made) return made.error().message();
    detector_ = std::move(*made);
    return {};
  }
  if (network_) return {};
  auto loaded = backend_.load();
  if (!loaded) return loaded.error().what == kNoNetwork ? kNoNetwork : loaded.error().message();
  network_ = std::move(*loaded);
  return {};
}

std::size_t HeatWorker::classes(const HeatRequest& how) const {
  if (!how.detector) return std::size_t(network_->network->spec().classes);
  return std::size_t(std::ranges::max(detector_->stored().class_of) + 1);
}

int HeatWorker::input_px(const HeatRequest& how) const {
  return how.detector ? detector_->stored().model.input_px : network_->network->spec().input_px;
}

std::string HeatWorker::name(const HeatRequest& how) const { return how.detector ? "detector" : network_->name; }

/// The highest score of a class in the sample is its probability here.
Result<SampleHeat> HeatWorker::detected(SampleId id, const HeatRequest& how, const CancelToken& cancel, HeatMap* whole) {
  auto seen = detector_->of_sample(*shown_pool_, id, how.cls, kShownSide, cancel);
  if (!seen) return tl::make_unexpected(seen.error());
  if (!*seen) return SampleHeat{id};
  SampleHeat heat{id, (*seen)->cls, (*seen)->probability, std::move((*seen)->map)};
  heat.error = std::numeric_limits<double>::quiet_NaN();
  if (whole) *whole = heat.map;
  return heat;
}

Result<SampleHeat> HeatWorker::heat_of(SampleId id, const HeatRequest& how, const CancelToken& cancel, HeatMap* whole) {
  if (how.detector) return detected(id, how, cancel, whole);
  const int px = input_px(how);
  std::vector<std::uint8_t> image(std::size_t(px) * std::size_t(px)), ok(1);
  inputs_->load({&id, 1}, px, image, ok);
  if (!ok[0]) return SampleHeat{id};  // cannot be read: the window says so elsewhere
  const auto p = network_->network->predict(image, 1, nullptr);
  if (p.empty()) return fail(network_->network->last_error());
  SampleHeat heat{id, how.cls == kNoClass ? ClassId(std::ranges::max_element(p) - p.begin()) : how.cls};
  if (std::size_t(heat.cls) >= p.size()) return fail("the network was trained before this class was made: train again");
  heat.probability = p[std::size_t(heat.cls)];
  auto e = explain(*network_->network, how.method, image, heat.cls, {how.baseline, kDefaultSteps, cancel});
  if (!e) return tl::make_unexpected(e.error());
  heat.error = e->error;
  if (whole) *whole = e->map;
  heat.map = shown(std::move(e->map));
  return heat;
}

void HeatWorker::answer(const Work& work) {
  Stopwatch watch;
  HeatAnswer a{work.how.request, {}, {}, false, {}, 0};
  a.error = load(work.how);
  if (a.error.empty()) a.network = name(work.how);
  const double loaded = watch.ms();
  double published = 0;
  for (std::size_t i = 0; a.error.empty() && i < work.how.ids.size(); ++i) {
    auto heat = work.how.ids[i] < shown_pool_->size() ? heat_of(work.how.ids[i], work.how, work.cancel)
                                                     : Result<SampleHeat>(fail("no such sample"));
    if (work.cancel.cancelled()) return;
    if (!heat) {
      a.error = heat.error().message();
      break;
    }
    if (!heat->map.values.empty()) heat->peak = std::ranges::max(heat->map.values);
    a.samples.push_back(std::make_shared<const SampleHeat>(std::move(*heat)));
    if (i == 0) a.first_ms = watch.ms() - loaded;
    if (i + 1 == work.how.ids.size() || (i > 0 && watch.ms() - published < kPublish_ms)) continue;
    published = watch.ms();
    out_.post(out_.heat, std::make_shared<const HeatAnswer>(a));
  }
  a.finished = true;
  out_.post(out_.heat, std::make_shared<const HeatAnswer>(std::move(a)));
}

void HeatWorker::check_boxes(const Work& work) {
  HeatCheck c{.request = work.how.request};
  c.error = load(work.how);
  std::vector<double> errors;
  std::vector<HeatFigures> sums;
  const auto post = [&](bool finished) {
    c.classes.clear();
    c.all = {};
    for (auto& f : sums) {
      if (f.n == 0) continue;
      c.classes.push_back(mean(f));
      for (auto [to, from] : {std::pair{&c.all.pointing, f.pointing}, {&c.all.energy, f.energy}, {&c.all.chance, f.chance},
                              {&c.all.deviation_pointing, f.deviation_pointing}, {&c.all.deviation_energy, f.deviation_energy}})
        *to += from;
      c.all.n += f.n;
    }
    c.all = mean(c.all);
    c.ig_error = median(errors);
    c.finished = finished;
    out_.post(out_.heat_check, std::make_shared<const HeatCheck>(c));
  };
  if (!c.error.empty()) return post(true);
  c.network = name(work.how);
  const auto store = backend_.boxes();
  if (!store) {
    c.error = store.error().message();
    return post(true);
  }
  const BoxIndex index(*shown_pool_, *store);
  const auto known = classes(work.how);
  const auto wanted = work.how.cls;
  c.any_box = !work.how.detector && index.any_box_is(wanted);
  std::vector<std::pair<SampleId, ClassId>> asked;
  for (SampleId id = 0; id < shown_pool_->size(); ++id) {
    if (c.any_box) {
      if (!index.classes(id).empty()) asked.emplace_back(id, wanted);
      continue;
    }
    for (auto cls : index.classes(id))
      if (std::size_t(cls) < known && (wanted == kNoClass || cls == wanted) && (!work.how.detector || std::ranges::count(detector_->stored().class_of, cls))) asked.emplace_back(id, cls);
  }
  const auto unlearned = [&](ClassId cls) { return !work.how.detector && std::size_t(cls) < network_->learned.size() && !network_->learned[std::size_t(cls)]; };
  for (const auto& [id, cls] : asked)
    if (unlearned(cls) && !std::ranges::count(c.unlearned, cls)) c.unlearned.push_back(cls);
  std::erase_if(asked, [&](const auto& a) { return unlearned(a.second); });
  // A network that was shown a sample, perhaps with its boxes, knows where to look in it.
  const auto held = [&](const auto& a) { return shown_pool_->split[a.first] == Split::held_out; };
  c.held_out = std::ranges::any_of(asked, held);
  if (c.held_out) std::erase_if(asked, std::not_fn(held));
  // Every k-th of them: the same ones each time.
  const double step = std::max(1., double(asked.size()) / double(kMostChecked));
  for (double at = 0; at < double(asked.size()); at += step) asked[c.total++] = asked[std::size_t(at)];
  asked.resize(c.total);
  sums.resize(std::max(known, std::size_t(wanted + 1)));
  const int px = input_px(work.how);
  std::vector<std::uint8_t> image(std::size_t(px) * std::size_t(px)), ok(1);
  Stopwatch watch;
  double published = 0;
  for (const auto& [id, cls] : asked) {
    if (auto first = next_request()) answer(*first);
    if (work.cancel.cancelled()) return;
    ++c.done;
    auto how = work.how;
    how.cls = cls;
    HeatMap whole;
    const auto heat = heat_of(id, how, work.cancel, &whole);
    if (work.cancel.cancelled()) return;
    if (!heat) {
      c.error = heat.error().message();
      break;
    }
    if (heat->map.values.empty()) continue;
    inputs_->load({&id, 1}, px, image, ok);
    if (!ok[0]) continue;
    const auto boxes = index.boxes(id, c.any_box ? kNoClass : cls);
    const auto score = score_heat(whole, boxes, 1, 1);
    sums[std::size_t(cls)].cls = cls;
    add(sums[std::size_t(cls)], score, score_heat(local_deviation(image, px), boxes, 1, 1));
    if (score.energy < score.chance) c.background.push_back(id);
    if (!std::isnan(heat->error)) errors.push_back(heat->error);
    if (watch.ms() - published < kPublish_ms) continue;
    published = watch.ms();
    post(false);
  }
  post(true);
}

}  // namespace mp::ml
