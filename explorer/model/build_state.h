// What the build view shows: its orbit and its cut. Plain values, part of State; UI thread.
#pragma once
#include "engine/base/math.h"

namespace mp::explorer {

enum class BuildCut { none, height, across, along };   // across: the images' x, along: their y

struct BuildState {
  float yaw = .7f, pitch = .42f;   // radians; pitch 0: seen from the side, pi / 2: from above
  Camera2 camera;                  // of the turned build, in build units (geometry: build_geometry.h)
  bool camera_set = false;         // else the whole build is framed
  BuildCut cut = BuildCut::none;
  float cut_at = .5f;              // share of the build's extent
  bool flip = false;               // keeps what is beyond the cut instead
};

}  // namespace mp::explorer
