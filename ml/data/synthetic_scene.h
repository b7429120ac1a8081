// What the synthetic build consists of: parts that change with height and the defects, when and where they happen.
// Made from the seed alone; immutable; any thread.
#pragma once
#include <cstdint>
#include <vector>

#include "ml/data/synthetic_build.h"

namespace mp::ml::synthetic {

/// Lengths are in pixels of a 768 px image; the drawing scales them.
constexpr float kSceneSide = 768;

enum class Shape { rounded_box, ring, disc, lobes, pins, bracket };

struct Part {
  Shape shape = Shape::disc;
  float cx = 0, cy = 0, reach = 0;  // nothing of it lies farther from the centre along x or y
  float size = 0;                   // half width or radius at the bottom
};

/// Cross-section of a part at a height: signed distance to its edge (negative inside) at a place from its centre.
struct Section {
  Section(const Part& part, float layer, float rise);  // layer: hundredths of a turn follow it; rise: 0 bottom, 1 top
  float distance(float x, float y) const;

 private:
  Shape shape_;
  float a_ = 0, b_ = 0, c_ = 0, s_ = 0, r_ = 0;
};

struct Streak {
  float x = 0, width = 0, depth = 0, from_y = 0;
  int first = 0, last = 0;
  std::uint64_t key = 0;
};
struct Elevation {
  int part = 0, first = 0, last = 0;
  float toward_x = 0, toward_y = 0;  // unit vector: the side that rises first
};
struct Spatter {
  float x = 0, y = 0, spread = 0;
  int layer = 0, count = 0;
  std::uint64_t key = 0;
};
struct ShortFeed {
  int first = 0, last = 0;
  float centre = 0, half_width = 0, depth = 0;  // across; depth: how far from the end of the travel powder is missing
  std::uint64_t key = 0;
};

struct Scene {
  std::vector<Part> parts;
  std::vector<Streak> streaks;
  std::vector<Elevation> elevations;
  std::vector<Spatter> spatters;
  std::vector<ShortFeed> short_feeds;
};

Scene make_scene(const SyntheticBuildOptions& options);

}  // namespace mp::ml::synthetic
