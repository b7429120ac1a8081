#include "ml/service/projector.h"

#include <algorithm>
#include <chrono>

#include "engine/base/clock.h"
#include "ml/project/orient.h"
#include "ml/project/pca.h"
#include "ml/service/worker_thread.h"

namespace mp::ml {
namespace {

constexpr double kPublishEvery_ms = 80;               // of a map on its way
constexpr auto kKeepAfter = std::chrono::seconds(2);  // without requests
constexpr auto kSettleAfter = std::chrono::milliseconds(400);
constexpr auto kFitTakes = std::chrono::seconds(2);   // at most, as a rule, from a label to what the model says

}  // namespace

Projector::Projector(MapBackend backend, MapSettings settings, Outbox& out, Activity& activity, OnMap on_map,
                     std::string history_file, bool read_only)
    : on_map_(std::move(on_map)),
      out_(out),
      activity_(activity),
      wanted_(settings),
      map_(std::move(backend)),
      settings_(std::move(settings)),
      history_file_(std::move(history_file)),
      read_only_(read_only) {
  thread_ = start_worker("mp-projector", 5, [this] { run(); });
}

Projector::~Projector() { stop(); }

void Projector::stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    cancel_.cancel();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Projector::request(FeaturesPtr standardised, bool complete) {
  std::optional<Data> replaced{Data{std::move(standardised), complete, activity_.begin()}};
  {
    std::lock_guard lock(mutex_);
    if (complete || doing_ == Doing::settling) cancel_.cancel();  // a map of less is of no use any more
    std::swap(data_, replaced);
  }
  wake_.notify_all();
}

void Projector::follow(PredictionsPtr predictions, RoundInfo round) {
  std::optional<Said> replaced{Said{std::move(predictions), std::move(round), activity_.begin()}};
  {
    std::lock_guard lock(mutex_);
    if (doing_ == Doing::settling) cancel_.cancel();
    std::swap(said_, replaced);
  }
  wake_.notify_all();
}

void Projector::set(MapSettings settings, bool again) {
  std::optional<Wish> replaced{Wish{std::move(settings), again, activity_.begin()}};
  {
    std::lock_guard lock(mutex_);
    if (wish_) replaced->again |= wish_->again;
    const auto& s = replaced->settings;
    const bool anew = replaced->again || s.method != wanted_.method || s.supervised != wanted_.supervised;
    // Features that are being read are never cancelled for it, and a map that unfolds only for another one.
    const bool moves = doing_ == Doing::following || doing_ == Doing::settling;
    if ((doing_ == Doing::making && anew) || (moves && (anew || !s.follow))) cancel_.cancel();
    std::swap(wish_, replaced);
  }
  wake_.notify_all();
}

void Projector::cancel() {
  std::lock_guard lock(mutex_);
  if (doing_ == Doing::other) return;
  by_person_ = true;
  cancel_.cancel();
}

void Projector::set_labels(LabelsPtr labels) {
  {
    std::lock_guard lock(mutex_);
    labels_ = std::move(labels);
    if (doing_ == Doing::settling) cancel_.cancel();
    give_way_ = true;
  }
  wake_.notify_all();
}

LabelsPtr Projector::labels() {
  std::lock_guard lock(mutex_);
  return labels_;
}

void Projector::begin(Doing what) {
  std::lock_guard lock(mutex_);
  doing_ = what;
  wanted_ = settings_;
  by_person_ = false;
}

void Projector::remember(std::span<const std::uint8_t> bytes) {
  auto map = decode_stored_map(bytes);
  std::lock_guard lock(mutex_);
  stored_ = std::move(map);
}

void Projector::load_round(std::size_t index) {
  {
    std::lock_guard lock(mutex_);
    if (!asked_) asked_ = Asked{{}, {}, activity_.begin()};
    asked_->round = index;
  }
  wake_.notify_all();
}

void Projector::load_trail(SampleId id) {
  {
    std::lock_guard lock(mutex_);
    if (!asked_) asked_ = Asked{{}, {}, activity_.begin()};
    asked_->trail = id;
  }
  wake_.notify_all();
}

void Projector::run() {
  if (!history_file_.empty())
    guarded(out_, "history", [&] {
      if (auto h = RoundHistory::open(history_file_, read_only_))
        history_ = std::move(*h);
      else
        out_.post(WorkerFailed{"history", h.error().message()});
      if (history_ && !history_->notice().empty()) out_.post(WorkerFailed{"history", history_->notice()});
      if (history_ && !history_->rounds().empty())
        out_.post(out_.rounds, std::make_shared<const RoundList>(RoundList{history_->rounds()}));
    });
  while (true) {
    std::optional<Data> data;
    std::optional<Wish> wish;
    std::optional<Said> said;
    std::optional<Asked> asked;
    CancelToken cancel;
    {
      std::unique_lock lock(mutex_);
      const auto ready = [&] { return stop_ || data_ || wish_ || said_ || asked_; };
      if (map_.unsettled()) {
        const bool label = std::exchange(give_way_, false);
        if (!wake_.wait_for(lock, label ? kFitTakes : kSettleAfter, [&] { return ready() || give_way_; })) {
          cancel_ = cancel;
          lock.unlock();
          if (!guarded(out_, "projector", [&] { settle(cancel); })) map_.leave_unsettled();
          begin(Doing::other);
          if (!map_.unsettled()) settle_token_.release();
          continue;
        }
        if (!ready()) continue;
      } else if (!unkept_)
        wake_.wait(lock, ready);
      else if (!wake_.wait_for(lock, kKeepAfter, ready)) {
        lock.unlock();
        keep_map();
        continue;
      }
      if (stop_) break;
      // One at a time: pictures of the past do not wait, places before what changes them.
      if (asked_)
        asked.swap(asked_);
      else if (data_)
        data.swap(data_);
      else if (wish_)
        wish.swap(wish_);
      else {
        said.swap(said_);
        give_way_ = false;   // the fit is done
      }
      cancel_ = cancel;
    }
    const bool fine = guarded(out_, "projector", [&] {
      if (asked) perform(std::move(*asked));
      if (data) perform(std::move(*data), cancel);
      if (wish) perform(std::move(*wish), cancel);
      if (said) perform(std::move(*said), cancel);
    });
    if (!fine) {
      map_.leave_unsettled();
      ended("map", nullptr, cancel);
    }
    begin(Doing::other);
    if (!map_.unsettled()) settle_token_.release();
  }
  keep_map();
  settle_token_.release();
  std::lock_guard lock(mutex_);
  data_.reset();
  wish_.reset();
  said_.reset();
  asked_.reset();
}

void Projector::publish(Projection p, bool finished) {
  p.revision = ++revision_;
  p.finished = finished;
  last_ = std::make_shared<const Projection>(std::move(p));
  if (finished) finished_ = last_;
  out_.post(out_.projection, last_);
}

UmapProgress Projector::report(std::string what) {
  out_.post(MapProgress{what});
  return [this, what, started = now_ms(), published = now_ms()](const Projection& so_far, double share) mutable {
    const double now = now_ms();
    if (now - published < kPublishEvery_ms) return;
    published = now;
    MapProgress p{what, share};
    if (share > .05) p.eta_s = (now - started) / 1000 * (1 - share) / share;
    out_.post(p);
    publish(so_far, false);
  };
}

/// Says how it ended; after an error or a cancel the last finished map is shown again.
void Projector::ended(const std::string& what, const Error* error, const CancelToken& cancel) {
  MapProgress end{what, 1};
  end.finished = true;
  end.left_out = map_.left_out();
  {
    std::lock_guard lock(mutex_);
    end.cancelled = cancel.cancelled() && by_person_;
  }
  // What gave way to another wish says nothing of the settings: they are those of the wish.
  if (error && map_.has_map() && (end.cancelled || !cancel.cancelled())) end.kept = map_.made_by();
  if (error) {
    if (!cancel.cancelled()) out_.post(WorkerFailed{"projector", error->message()});
    if (finished_ && last_ != finished_) publish(*finished_, true);
  }
  out_.post(end);
}

/// A map was given up by the person, or could not be made: the settings are those of the one that is shown. Where there
/// is none yet, that is the components.
void Projector::keep_what_is_shown() {
  if (!map_.has_map()) {
    auto components = settings_;
    components.method = "pca";
    components.supervised = false;
    if (map_.make(components, nullptr, {}, CancelToken())) publish(map_.projection(), true);
  }
  if (!map_.has_map()) return;
  settings_.method = map_.made_by().method;
  settings_.supervised = map_.made_by().supervised;
}

void Projector::perform(Data data, const CancelToken& cancel) {
  if (!data.complete) {
    if (map_.has_map()) return;  // more samples come to a map that is there: placed when they are complete
    complete_ = false;
    // One thread: several would make OpenBLAS take its lock around every product, and the instant worker wait.
    auto grown = project_pca(*data.standardised, 1, cancel);
    if (cancel.cancelled()) return;
    if (!grown) {
      out_.post(WorkerFailed{"projector", grown.error().message()});
      return;
    }
    if (last_) orient_like(grown->xy, last_->xy);
    publish(std::move(*grown), true);
    return;
  }
  complete_ = true;
  std::optional<StoredMap> stored;
  {
    std::lock_guard lock(mutex_);
    stored.swap(stored_);
  }
  const auto extended = map_.set_features(data.standardised, cancel);
  if (!extended) {
    if (!cancel.cancelled()) out_.post(WorkerFailed{"projector", extended.error().message()});
    return;
  }
  data.standardised.reset();
  if (*extended) {
    publish(map_.projection(), true);
    unkept_ = true;
    return;
  }
  if (stored && stored->key == map_.features_key() && stored->projection.method == settings_.method &&
      stored->projection.supervised == settings_.supervised) {
    map_.adopt(*stored, labels());
    publish(std::move(stored->projection), true);
    return;
  }
  {
    std::lock_guard lock(mutex_);
    if (wish_) {   // it comes next, and makes the map as it is wanted
      wish_->again = true;
      return;
    }
  }
  make(cancel);
}

void Projector::make(const CancelToken& cancel) {
  if (auto first = map_.components(cancel)) {
    // What is there already stays on the screen until the new map begins to unfold.
    if (!finished_ || finished_->xy.size() != first->xy.size()) publish(std::move(*first), true);
  } else {
    if (!cancel.cancelled()) out_.post(WorkerFailed{"projector", first.error().message()});
    return;
  }
  begin(Doing::making);   // from here on: given up before its components, a map would have nothing to show
  const auto what = settings_.method == "tsne" ? "t-SNE map" : settings_.method == "pca" ? "principal components" : "map";
  const auto ok = map_.make(settings_, labels(), report(what), cancel);
  if (ok) {
    publish(map_.projection(), true);
    unkept_ = true;
  } else {
    std::unique_lock lock(mutex_);
    const bool given_up = by_person_ || !cancel.cancelled();
    lock.unlock();
    if (given_up) keep_what_is_shown();
  }
  ended(what, ok ? nullptr : &ok.error(), cancel);
}

void Projector::perform(Wish wish, const CancelToken& cancel) {
  const bool anew = wish.again || wish.settings.method != settings_.method || wish.settings.supervised != settings_.supervised;
  const bool thaws = wish.settings.follow && !settings_.follow;
  settings_ = wish.settings;
  if (!settings_.follow) map_.leave_unsettled();
  if (!complete_ || !map_.has_features()) return;
  if (anew)
    make(cancel);
  else if (thaws)
    follow_model(cancel);
}

void Projector::follow_model(const CancelToken& cancel) {
  if (!map_.has_map()) return;
  begin(Doing::following);
  const auto moved = map_.follow(report("following"), cancel);
  if (moved && *moved) {
    publish(map_.projection(), true);
    unkept_ = true;
    if (map_.unsettled() && !settle_token_) settle_token_ = activity_.begin();
  }
  ended("following", moved ? nullptr : &moved.error(), cancel);
}

void Projector::settle(const CancelToken& cancel) {
  begin(Doing::settling);
  const auto settled = map_.settle(report("following"), cancel);
  if (settled && *settled) {
    publish(map_.projection(), true);
    unkept_ = true;
  }
  {
    // Ended by the person, or by an error: it stays as it is. By a request or a label: later.
    std::lock_guard lock(mutex_);
    if (!settled && (by_person_ || !cancel.cancelled())) map_.leave_unsettled();
  }
  ended("following", settled ? nullptr : &settled.error(), cancel);
}

void Projector::perform(Said said, const CancelToken& cancel) {
  map_.set_model(said.predictions);
  if (!complete_) return;
  if (settings_.follow && model_key(said.predictions.get()) != 0) follow_model(cancel);
  if (!history_ || !finished_ || said.predictions->labelled == 0) return;
  // The same labels again, after opening: nothing new.
  if (const auto& r = history_->rounds();
      !r.empty() && r.back().label_revision == said.round.label_revision && r.back().network == said.round.network && !said.round.network)
    return;
  said.round.method = finished_->method;
  if (auto kept = history_->add(said.round, finished_->xy, *said.predictions); !kept) {
    out_.post(WorkerFailed{"history", kept.error().message()});
    history_.reset();  // once is enough
    return;
  }
  out_.post(out_.rounds, std::make_shared<const RoundList>(RoundList{history_->rounds()}));
}

void Projector::perform(Asked asked) {
  if (!history_) return;
  if (asked.round) {
    if (auto r = history_->load(*asked.round))
      out_.post(out_.round, std::make_shared<const Round>(std::move(*r)));
    else
      out_.post(WorkerFailed{"history", r.error().message()});
  }
  if (asked.trail) {
    if (auto t = history_->trail(*asked.trail))
      out_.post(out_.trail, std::make_shared<const Trail>(std::move(*t)));
    else
      out_.post(WorkerFailed{"history", t.error().message()});
  }
}

void Projector::keep_map() {
  if (!std::exchange(unkept_, false) || !on_map_ || !map_.has_map()) return;
  on_map_(encode_stored_map(map_.stored()));
}

}  // namespace mp::ml
