// Lines of equal density over the cloud, worked out beside the frames when the map or the filters change. Main thread.
#pragma once
#include <functional>
#include <vector>

#include "engine/base/later.h"
#include "explorer/model/state.h"
#include "explorer/views/flow.h"

namespace mp::explorer {

class ContourOverlay {
 public:
  /// Once a frame while it is shown.
  void follow(const State& state, const Flow& flow);
  /// Into the current ImGui window.
  void draw(Rect view, const std::function<Vec2(Vec2)>& px_from_world) const;
  bool busy() const { return later_.busy(); }

 private:
  struct Line {
    std::vector<Vec2> points;   // world
    Rect bounds;
    int level;                  // 0: around the most points
  };
  using Lines = std::vector<Line>;
  static Lines lines_of(std::span<const float> xy, const Bitset& visible);
  Later<Lines> later_;
  Lines lines_;
  std::uint64_t projection_ = ~0ull, pool_ = ~0ull, filter_ = ~0ull;
};

}  // namespace mp::explorer
