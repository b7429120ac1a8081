// Where the samples are drawn: at the map's places, or on the way to them from where they were. Holds on to the map
// instead of copying it; copies exist only while something moves. Main thread.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "explorer/model/state.h"

namespace mp::explorer {

class Flow {
 public:
  /// Takes in a new map or pool and moves on by dt. True if xy() changed.
  bool follow(const State& state, float dt_s);
  /// The same for points that are no samples: to these places (n x 2, kept by `owner`), in one way or in many short ones
  /// while a map is on its way; then move() each frame.
  void go_to(std::shared_ptr<const void> owner, std::span<const float> places, bool on_its_way);
  bool move(float dt_s);
  /// n x 2; not finite for samples without a place.
  std::span<const float> xy() const { return moving() ? std::span<const float>(now_) : target_; }
  Vec2 at(SampleId id) const { return {xy()[id * 2], xy()[id * 2 + 1]}; }
  bool moving() const { return share_ < 1; }
  /// Keeps what xy() shows at rest, for other threads.
  std::shared_ptr<const void> owner() const { return owner_; }
  /// Ends the way at once. True if xy() changed.
  bool arrive();

 private:
  void take(const State& state);
  std::shared_ptr<const void> owner_;   // of what target_ shows: the map, or places of our own where it lacks samples
  std::span<const float> target_;
  std::vector<float> from_, now_;       // while moving
  float share_ = 1, way_s_ = 0, since_news_s_ = 1;
  bool ease_ = true;
  std::uint64_t projection_revision_ = ~0ull, pool_revision_ = ~0ull;
};

}  // namespace mp::explorer
