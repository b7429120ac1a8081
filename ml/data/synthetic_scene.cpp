// What the synthetic build consists of: parts that change with height and the defects, when and where they happen.
#include "ml/data/synthetic_scene.h"

#include <algorithm>
#include <cmath>

#include "ml/data/synthetic_noise.h"

namespace mp::ml::synthetic {
namespace {

float length(float x, float y) {
  return std::sqrt(x * x + y * y);
}

float box(float x, float y, float half_w, float half_h, float round) {
  const float dx = std::abs(x) - half_w + round, dy = std::abs(y) - half_h + round;
  return length(std::max(dx, 0.f), std::max(dy, 0.f)) + std::min(std::max(dx, dy), 0.f) - round;
}

/// Evenly over the build, each in its own stretch of layers, so that every class occurs at any number of layers.
int stretch(Rng& rng, int i, int count, int layers) {
  const int from = layers * i / count, to = std::max(layers * (i + 1) / count, from + 1);
  return from + int(rng.below(std::uint32_t(to - from)));
}
int scaled_count(int at_60, int layers) {
  return std::clamp(at_60 * layers / 60, 1, 4000);
}

}  // namespace

Section::Section(const Part& part, float layer, float rise) : shape_(part.shape) {
  const float size = part.size;
  float turns = 0;
  switch (shape_) {
    case Shape::rounded_box:
      turns = .0035f * layer;
      a_ = size, b_ = size * .68f, r_ = 14;
      break;
    case Shape::ring:
      a_ = size * mix(.78f, .86f, rise), b_ = size * mix(.26f, .15f, rise);
      break;
    case Shape::disc:
      a_ = size * mix(1.f, .52f, rise);
      break;
    case Shape::lobes:
      turns = .008f * layer;
      a_ = size * .8f, b_ = size * mix(.06f, .2f, rise);
      break;
    case Shape::pins:
      a_ = size, b_ = mix(13, 17, rise);
      break;
    case Shape::bracket:
      a_ = size, b_ = mix(12, 26, rise), r_ = mix(.9f, .25f, rise);
      break;
  }
  c_ = cos_turns(turns), s_ = sin_turns(turns);
}

float Section::distance(float x0, float y0) const {
  const float x = c_ * x0 + s_ * y0, y = c_ * y0 - s_ * x0;
  switch (shape_) {
    case Shape::rounded_box:
      return box(x, y, a_, b_, r_);
    case Shape::ring:
      return std::abs(length(x, y) - a_) - b_;
    case Shape::disc:
      return length(x, y) - a_;
    case Shape::lobes: {
      const float r = std::max(length(x, y), 1e-3f), u = x / r, v = y / r;
      const float u2 = u * u, v2 = v * v;
      return r - a_ - b_ * u * (u2 * u2 - 10 * u2 * v2 + 5 * v2 * v2);  // cos of five times the angle
    }
    case Shape::pins: {
      float d = 1e9f;
      for (int i = -2; i <= 2; ++i) d = std::min(d, length(x, y - float(i) * a_) - b_);
      return d;
    }
    case Shape::bracket: {
      const float legs = std::min(box(x + a_ - b_, y, b_, a_ * .62f, 4), box(x - a_ + b_, y, b_, a_ * .62f, 4));
      return std::min(legs, box(x, y - a_ * .62f * r_ + a_ * .2f, a_, a_ * .2f, 4));
    }
  }
  return 1e9f;
}

Scene make_scene(const SyntheticBuildOptions& o) {
  Scene s;
  s.parts = {{Shape::rounded_box, 168, 196, 100, 82}, {Shape::ring, 448, 172, 92, 78},
             {Shape::disc, 186, 460, 84, 80},         {Shape::lobes, 446, 432, 96, 86},
             {Shape::pins, 668, 300, 170, 64},        {Shape::bracket, 318, 650, 84, 74}};
  const int layers = std::max(o.layers, 1);
  Rng rng(hash_combine(o.seed, 0x5ce7e));

  const int marks = scaled_count(8, layers);
  for (int i = 0; i < marks; ++i) {
    // A chipped blade leaves one to three lines beside each other until it is cleaned.
    const int first = stretch(rng, i, marks, layers), last = first + 3 + int(rng.below(5));
    const float x = 40 + 690 * rng.unit(), from_y = rng.below(3) ? 0 : 90 + 160 * rng.unit();
    float at = x;
    for (int k = 1 + int(rng.below(3)); k > 0; --k) {
      const float width = 1.6f + 2.6f * rng.unit(), depth = (rng.below(4) ? -1.f : .8f) * (17 + 15 * rng.unit());
      s.streaks.push_back({at, width, depth, from_y, first, last, rng.next()});
      at += 9 + 16 * rng.unit();
    }
  }

  const int raised = scaled_count(6, layers);
  for (int i = 0; i < raised; ++i) {
    constexpr int kParts[] = {0, 3, 2, 1, 5};
    const float turn = rng.unit();
    const int first = stretch(rng, i, raised, layers);
    s.elevations.push_back(
        {kParts[(i + int(o.seed % 5)) % 5], first, first + 7 + int(rng.below(5)), cos_turns(turn), sin_turns(turn)});
  }

  const int showers = scaled_count(44, layers);
  for (int i = 0; i < showers; ++i) {
    // The gas flow carries it to the right and down from the part being melted.
    const Part& p = s.parts[rng.below(std::uint32_t(s.parts.size()))];
    const float spread = 20 + 22 * rng.unit(), away = p.size * .5f + 36 * rng.unit();
    const int layer = stretch(rng, i, showers, layers);
    const float x = p.cx + away * (rng.unit() < .75f ? 1.f : -.8f), y = p.cy + 60 * (rng.unit() * 2 - .8f);
    s.spatters.push_back(
        {std::clamp(x, 24.f, 744.f), std::clamp(y, 24.f, 744.f), spread, layer, 55 + int(rng.below(60)), rng.next()});
  }

  const int shortages = scaled_count(7, layers);
  for (int i = 0; i < shortages; ++i) {
    const int first = stretch(rng, i, shortages, layers);
    const float centre = 200 + 380 * rng.unit(), half = 190 + 200 * rng.unit(), depth = 90 + 120 * rng.unit();
    s.short_feeds.push_back({first, first + 1 + int(rng.below(3)), centre, half, depth, rng.next()});
  }
  return s;
}

}  // namespace mp::ml::synthetic
