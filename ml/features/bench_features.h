// Speed of the feature extractors on one core, for `bench features`. Any thread; takes about `seconds`.
#pragma once

namespace mp::ml {

struct FeatureSpeed {
  double images_per_s = 0;  // from the median
  double median_ms = 0, p95_ms = 0;
  int images = 0;  // how many were timed
};

/// The 512 texture values of w x h images with 8-bit grain, each image another one.
FeatureSpeed bench_texture(int w, int h, double seconds = 1);
/// The 660 local extremes of the same.
FeatureSpeed bench_extremes(int w, int h, double seconds = 1);
/// Texture, extremes and thumbnail one after another.
FeatureSpeed bench_all_blocks(int w, int h, double seconds = 1);

}  // namespace mp::ml
