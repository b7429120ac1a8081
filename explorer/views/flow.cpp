#include "explorer/views/flow.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mp::explorer {

namespace {

constexpr float kWay_s = .7f;   // to a finished map

float smooth(float t) { return t * t * (3 - 2 * t); }

}  // namespace

bool Flow::follow(const State& s, float dt_s) {
  bool changed = false;
  if (s.projection_revision != projection_revision_ || s.pool_revision != pool_revision_) {
    projection_revision_ = s.projection_revision;
    pool_revision_ = s.pool_revision;
    take(s);
    changed = true;
  }
  return move(dt_s) || changed;
}

bool Flow::move(float dt_s) {
  since_news_s_ += dt_s;
  if (!moving()) return false;
  share_ = std::min(1.f, share_ + dt_s / way_s_);
  if (!moving()) return arrive(), true;
  const float t = ease_ ? smooth(share_) : share_;
  for (std::size_t i = 0; i < now_.size(); ++i) now_[i] = from_[i] + (target_[i] - from_[i]) * t;
  return true;
}

bool Flow::arrive() {
  const bool changed = !from_.empty();
  share_ = 1;
  std::vector<float>().swap(from_);
  std::vector<float>().swap(now_);
  return changed;
}

void Flow::take(const State& s) {
  std::shared_ptr<const void> owner;
  std::span<const float> next;
  if (const auto* xy = s.positions(); xy && xy->size() == s.samples() * 2) {
    if (s.timeline.shown)
      owner = s.timeline.shown;
    else
      owner = s.projection;
    next = *xy;
  } else {
    // A sample without a place (it came after the map) is not drawn; without any map all are in one place.
    auto own = std::make_shared<std::vector<float>>(s.samples() * 2, xy ? std::numeric_limits<float>::quiet_NaN() : 0.f);
    if (xy) std::copy_n(xy->begin(), std::min(own->size(), xy->size()), own->begin());
    next = *own;
    owner = std::move(own);
  }
  // A map on its way comes in many steps, each drawn until the next one is there; an arrival eases in and out.
  go_to(std::move(owner), next, s.projection && !s.projection->finished && !s.timeline.shown);
}

void Flow::go_to(std::shared_ptr<const void> owner, std::span<const float> next, bool on_its_way) {
  // Points that were there flow to their new places; new ones appear at theirs. No place is the same as no place.
  const auto old = xy();
  const auto both = std::min(old.size(), next.size());
  auto stays = [&](std::size_t i) { return !std::isfinite(old[i]) || old[i] == next[i]; };
  bool moved = false;
  for (std::size_t i = 0; i < both && !moved; ++i) moved = !stays(i);
  std::vector<float> from;
  if (moved) {
    from.assign(next.begin(), next.end());
    for (std::size_t i = 0; i < both; ++i)
      if (std::isfinite(old[i])) from[i] = old[i];
  }
  owner_ = std::move(owner);
  target_ = next;
  ease_ = !on_its_way;
  way_s_ = on_its_way ? std::clamp(since_news_s_, .05f, .5f) : kWay_s;
  since_news_s_ = 0;
  share_ = moved ? 0 : 1;
  now_ = from;
  from_ = std::move(from);
}

}  // namespace mp::explorer
