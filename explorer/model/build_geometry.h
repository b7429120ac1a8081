// Where the patches of a build lie in space, how an orbit turns them into a picture, and what a cut leaves. Units: the
// larger side of an image is 1, the build stands on 0 and is kBuildHeight high. Pure; any thread.
#pragma once
#include <array>
#include <vector>

#include "engine/base/bitset.h"
#include "explorer/model/build_state.h"
#include "ml/data/pool.h"

namespace mp::explorer {

constexpr float kBuildHeight = 1.15f;

struct BuildPlaces {
  std::vector<float> x, y, z;     // by SampleId; not finite for samples without a layer. y points away from the viewer
  float half_x = .5f, half_y = .5f;   // of the images
  float low_mm = 0, high_mm = 0;  // heights of the first and last layer; equal: the layers' numbers were taken
  std::size_t placed = 0;
};
BuildPlaces build_places(const ml::Pool& pool);

/// Seen along an orbit without perspective, so that equal lengths look equal: right and up lie in the picture, `near`
/// points to the viewer.
struct Orbit {
  Orbit(float yaw, float pitch);
  Vec2 place(float x, float y, float z) const { return {x * right[0] + y * right[1], x * up[0] + y * up[1] + (z - kBuildHeight / 2) * up[2]}; }
  float depth(float x, float y, float z) const { return x * near[0] + y * near[1] + (z - kBuildHeight / 2) * near[2]; }
  std::array<float, 3> right, up, near;
};

/// n x 2 places in the picture (not finite as above) and their depths scaled to 0 (farthest) .. 1.
void turn(const BuildPlaces& places, const Orbit& orbit, std::vector<float>& xy, std::vector<float>& nearness);

/// The eight corners: bit 0 high x, bit 1 high y, bit 2 high z.
std::array<std::array<float, 3>, 8> build_corners(const BuildPlaces& places);

/// Samples that the cut takes away.
Bitset cut_away(const BuildPlaces& places, const BuildState& build);

/// Shows the whole turned build in a view of this size; cards take `upper` of its height.
Camera2 frame_build(const BuildPlaces& places, const Orbit& orbit, Vec2 size_px, float upper_px, float lower_px);

}  // namespace mp::explorer
