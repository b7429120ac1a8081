// Draws one layer of the synthetic build: powder, short feed, streaks, parts, raised edges, spatter, light. Each step
// adds the area that it changed to the patches' counts, from which the ground truth follows.
#include <algorithm>
#include <array>
#include <cmath>

#include "ml/data/synthetic_build.h"
#include "ml/data/synthetic_noise.h"
#include "ml/data/synthetic_scene.h"

namespace mp::ml {
namespace {

using namespace synthetic;

enum Class : int { kPowder, kPart, kStreak, kSpatter, kElevated, kShort, kClasses };
/// Share of a patch that a phenomenon must change to give the patch its name. Defects compete by area / share; a part
/// counts where no defect reaches its share.
constexpr std::array<float, kClasses> kShare = {0, .16f, .009f, .0055f, .02f, .12f};

class Drawing {
 public:
  Drawing(int layer, const SyntheticBuildOptions& o)
      : layer_(layer),
        side_(o.side_px),
        patch_(o.patch_px),
        scale_(float(o.side_px) / kSceneSide),
        key_(hash_combine(o.seed, std::uint64_t(layer) + 1)),
        seed_(o.seed),
        scene_(make_scene(o)),
        rise_(o.layers > 1 ? std::clamp(float(layer) / float(o.layers - 1), 0.f, 1.f) : 0.f) {
    cols_ = side_ / patch_;
    counts_.resize(std::size_t(cols_) * cols_);
    v_.resize(std::size_t(side_) * side_);
    edge_.assign(v_.size(), 1e9f);
    powder_.assign(v_.size(), 1);
    owner_.assign(v_.size(), nullptr);
  }

  SyntheticLayer draw() {
    find_edges();
    draw_powder();
    draw_short_feeds();
    draw_streaks();
    draw_parts();
    draw_elevations();
    draw_spatter();
    SyntheticLayer out;
    out.image = {side_, side_, std::vector<float>(v_.size())};
    light(out.image.pixels);
    for (const Counts& c : counts_) out.truth.push_back(class_of(c));
    return out;
  }

 private:
  using Counts = std::array<float, kClasses>;

  void count(int x, int y, Class c, float area) {
    const int px = x / patch_, py = y / patch_;
    if (px < cols_ && py < cols_) counts_[std::size_t(py) * cols_ + px][c] += area;
  }
  ClassId class_of(const Counts& c) const {
    const float patch_area = float(patch_) * float(patch_);
    int best = c[kPart] >= kShare[kPart] * patch_area ? kPart : kPowder;
    float score = 1;
    for (int k = kStreak; k < kClasses; ++k) {
      const float s = c[k] / (kShare[k] * patch_area);
      if (s >= score) score = s, best = k;
    }
    return ClassId(best);
  }

  /// Calls f(x, y, scene x, scene y, index) for the pixels of a scene rectangle.
  template <class F>
  void each(float x0, float y0, float x1, float y1, F f) {
    const auto bound = [&](float s) { return std::clamp(int(s * scale_), 0, side_); };
    const int right = bound(x1), bottom = bound(y1);
    for (int y = bound(y0); y < bottom; ++y)
      for (int x = bound(x0); x < right; ++x)
        f(x, y, (float(x) + .5f) / scale_, (float(y) + .5f) / scale_, std::size_t(y) * side_ + x);
  }

  void find_edges() {
    for (const Part& p : scene_.parts) {
      const Section section(p, float(layer_), rise_);
      each(p.cx - p.reach, p.cy - p.reach, p.cx + p.reach, p.cy + p.reach,
           [&](int, int, float x, float y, std::size_t i) {
             const float d = section.distance(x - p.cx, y - p.cy);
             if (d < edge_[i]) edge_[i] = d, owner_[i] = &p;
           });
    }
  }

  void draw_powder() {
    // Bytes of white noise with a border of one pixel.
    const int w = side_ + 2;
    std::vector<std::uint8_t> white((std::size_t(w) * w + 7) / 8 * 8);
    for (std::size_t i = 0; i < white.size(); i += 8) {
      const std::uint64_t h = mix64(key_ + i);
      for (int k = 0; k < 8; ++k) white[i + k] = std::uint8_t(h >> (8 * k));
    }
    Noise2 clumps(hash_combine(key_, 11), side_, std::max(4.5f * scale_, 2.f));
    Noise2 cloud(hash_combine(key_, 12), side_, std::max(26 * scale_, 2.f));
    Noise2 bed(hash_combine(seed_, 13), side_, std::max(150 * scale_, 2.f));  // stays over the layers
    std::vector<int> columns(w);
    for (int y = 0; y < side_; ++y) {
      const std::uint8_t* a = white.data() + std::size_t(y) * w;
      const std::uint8_t *b = a + w, *c = b + w;
      for (int x = 0; x < w; ++x) columns[x] = a[x] + 2 * b[x] + c[x];
      float* to = v_.data() + std::size_t(y) * side_;
      // The blade shudders: bands across its travel, some of them in every layer.
      const float sy = float(y) / scale_;
      const float band = 2.2f * noise1(hash_combine(key_, 14), sy, 34) + 2.6f * noise1(hash_combine(seed_, 15), sy, 75);
      for (int x = 0; x < side_; ++x) {
        const float grain = float(columns[x] + 2 * columns[x + 1] + columns[x + 2]) - 2040;  // 16 x white, blurred
        const float fine = float(b[x + 1]) - 127.5f;
        to[x] = 168 + band + .0125f * grain + .012f * fine + (b[x + 1] > 252 ? 5.f : 0.f);
      }
      clumps.add_row(y, 1.9f, to);
      cloud.add_row(y, 1.8f, to);
      bed.add_row(y, 4.5f, to);
    }
  }

  void draw_short_feeds() {
    for (const ShortFeed& f : scene_.short_feeds) {
      if (layer_ < f.first || layer_ > f.last) continue;
      // The front creeps back to the end of the travel as the dose recovers.
      const float depth = f.depth * (1 - .22f * float(layer_ - f.first));
      const std::uint64_t key = hash_combine(f.key, std::uint64_t(layer_));
      std::vector<float> front(side_);
      for (int x = 0; x < side_; ++x) {
        const float sx = float(x) / scale_, t = (sx - f.centre) / f.half_width;
        const float reach = depth * std::max(0.f, 1 - t * t * t * t);
        const float rough = 13 * noise1(f.key, sx, 58) + 6 * noise1(key, sx, 19) + 2 * noise1(key, sx, 5);
        front[x] = reach < 4 ? 1e9f : kSceneSide - reach + rough * std::min(1.f, reach / 40);
      }
      each(0, kSceneSide - f.depth - 40, kSceneSide, kSceneSide, [&](int x, int y, float sx, float sy, std::size_t i) {
        const float in = sy - front[x];  // distance behind the front
        if (in < -9) return;
        v_[i] += 8 * smooth01(1 - std::abs(in) / 9);  // the heap at the front
        if (in <= 0) return;
        const float missing = smooth01(in / (17 + 9 * noise1(hash_combine(key, 7), sx, 44)));
        powder_[i] = 1 - missing;
        // The smooth layer below, with the blade's faint lines.
        const float below = 117 + 4 * noise1(hash_combine(f.key, 3), sx, 3.4f) +
                            6 * noise1(hash_combine(f.key, 4), sx + sy * .1f, 40) - 9 * smooth01(in / 120);
        v_[i] = mix(v_[i], below + .3f * (v_[i] - 168), missing);
        if (edge_[i] > 0) count(x, y, kShort, missing);
      });
    }
  }

  void draw_streaks() {
    for (const Streak& s : scene_.streaks) {
      if (layer_ < s.first || layer_ > s.last) continue;
      // Grows in and fades out over the layers.
      const float age = float(layer_ - s.first), left = float(s.last - layer_);
      const float strength = s.depth * std::min({1.f, .7f + .3f * age, .65f + .35f * left});
      const int from = std::clamp(int(s.from_y * scale_), 0, side_);
      const float half = s.width * 2.5f + 2;
      for (int y = from; y < side_; ++y) {
        const float sy = float(y) / scale_;
        const float middle = s.x + 1.6f * noise1(s.key, sy, 170) + .5f * noise1(hash_combine(s.key, 1), sy, 21);
        const float grip = .78f + .3f * noise1(hash_combine(s.key, std::uint64_t(layer_) + 2), sy, 37);
        const float start = smooth01((sy - s.from_y) / 12);
        const int x0 = std::clamp(int((middle - half) * scale_), 0, side_),
                  x1 = std::clamp(int((middle + half) * scale_) + 1, 0, side_);
        for (int x = x0; x < x1; ++x) {
          const std::size_t i = std::size_t(y) * side_ + x;
          if (edge_[i] <= 0 || powder_[i] < .5f) continue;
          const float u = ((float(x) + .5f) / scale_ - middle) / s.width;
          const float groove = std::max(0.f, 1 - u * u), bank = std::max(0.f, 1 - (u - 1.6f) * (u - 1.6f) * 2);
          v_[i] += strength * grip * start * (groove - .45f * bank);
          if (groove > 0) count(x, y, kStreak, start);
        }
      }
    }
  }

  void draw_parts() {
    const std::uint64_t speck_key = hash_combine(key_, 22);
    Noise2 patches(hash_combine(key_, 23), side_, std::max(15 * scale_, 2.f));
    std::vector<float> rough(v_.size());
    for (int y = 0; y < side_; ++y) patches.add_row(y, 1, rough.data() + std::size_t(y) * side_);
    int index = 0;
    for (const Part& p : scene_.parts) {
      // The hatch turns by 67 degrees a layer; tracks across the light shine, tracks along it are dark.
      const float turn = 67.f / 360 * float(layer_) + .17f * float(index), c = cos_turns(turn), s = sin_turns(turn);
      const float shine = s * s * s * s;
      const float tone = 80 + 62 * shine + 12 * hash_signed(key_, std::uint64_t(100 + index));
      const std::uint64_t track_key = hash_combine(key_, std::uint64_t(200 + index)),
                          rim_key = hash_combine(key_, std::uint64_t(300 + index));
      ++index;
      each(p.cx - p.reach, p.cy - p.reach, p.cx + p.reach, p.cy + p.reach,
           [&](int x, int y, float sx, float sy, std::size_t i) {
             const float d = edge_[i];
             if (d > 7 || owner_[i] != &p) return;
             // Powder sinks towards the part: a soft dark rim outside.
             if (d > 0) v_[i] -= 17 * smooth01(1 - d / 7);
             const float inside = std::clamp(.5f - d * scale_, 0.f, 1.f);
             if (inside <= 0) return;
             const float across = c * sx + s * sy, along = c * sy - s * sx;
             const float track = across / 4.2f, number = std::floor(track);
             const auto id = std::uint64_t(std::int64_t(number));
             const float ridge = 1 - 4 * (track - number - .5f) * (track - number - .5f);  // 0 between tracks, 1 on top
             const float stripe = std::abs(along / 46 - std::floor(along / 46) - .5f) * 46;  // seams every 46 px
             float metal = tone + (13 + 14 * shine) * (ridge - .6f) + 9 * hash_signed(track_key, id) + 13 * rough[i] +
                           13 * noise1(hash_combine(track_key, id), along, 6.5f) - (stripe > 21.8f ? 14.f : 0.f);
             const std::uint64_t h = mix64(speck_key + i);
             metal += float(h & 255) * .13f - 16;
             // Glints, in clusters.
             if (float(h >> 8 & 1023) < 16 + 34 * shine + 30 * rough[i]) metal += 30 + float(h >> 20 & 63);
             // The contour track shines where it faces the lamp and here and there.
             const float rim = .45f + .9f * noise1(rim_key, sx - p.cx + 2.3f * (sy - p.cy), 60);
             if (d > -4.4f)
               metal += 62 * smooth01(1 - std::abs(d + 2.2f) / 2.2f) * std::max(0.f, rim + .25f * rough[i]);
             v_[i] = mix(v_[i], metal, inside);
             powder_[i] = std::min(powder_[i], 1 - inside);
             count(x, y, kPart, inside);
           });
    }
  }

  void draw_elevations() {
    for (const Elevation& e : scene_.elevations) {
      if (layer_ < e.first || layer_ > e.last) continue;
      const Part& p = scene_.parts[std::size_t(e.part)];
      const float growth =
          std::min(1.f, .4f + .6f * float(layer_ - e.first) / std::max(1.f, float(e.last - e.first) * .7f));
      const float wall = 3.5f + 5 * growth, shadow = 6 + 14 * growth;
      const Section section(p, float(layer_), rise_);
      const float reach = p.reach + shadow + 4;
      // Light comes from the upper left: the shadow of the edge falls to the lower right.
      constexpr float kLightX = -.62f, kLightY = -.78f;
      each(p.cx - reach, p.cy - reach, p.cx + reach, p.cy + reach,
           [&](int x, int y, float sx, float sy, std::size_t i) {
             const float dx = sx - p.cx, dy = sy - p.cy, d = section.distance(dx, dy);
             if (d > shadow || d < -wall * 1.6f - 3) return;
             const float h = 1.f;
             float nx = section.distance(dx + h, dy) - d, ny = section.distance(dx, dy + h) - d;
             const float n = std::max(std::sqrt(nx * nx + ny * ny), 1e-3f);
             nx /= n, ny /= n;
             // Which stretch of the edge has risen: around one direction, wider with every layer.
             const float from_middle = std::max(std::sqrt(dx * dx + dy * dy), 1e-3f);
             const float side = (dx * e.toward_x + dy * e.toward_y) / from_middle;
             const float raised = smooth01((side - mix(.35f, -.75f, growth)) * 3 +
                                           .3f * noise1(hash_combine(seed_, std::uint64_t(e.part)), dx + 2 * dy, 14));
             if (raised <= 0) return;
             const float facing = nx * kLightX + ny * kLightY;
             if (d > 0) {
               const float cast = shadow * std::max(0.f, -facing);
               if (d >= cast) return;
               const float dark = raised * smooth01((cast - d) / 4) * std::min(1.f, cast / 5);
               v_[i] = mix(v_[i], 46, .72f * dark);
               count(x, y, kElevated, dark > .3f ? 1.f : 0.f);
               return;
             }
             // The molten bead bulges and curls: its width and height change along the edge.
             const float bulge = noise1(hash_combine(key_, 33), dx + 1.7f * dy, 9) +
                                 .6f * noise1(hash_combine(seed_, 34), dx - 1.4f * dy, 23);
             const float profile = smooth01((d + wall * (1 + .45f * bulge)) / 3) * smooth01(-d / 1.5f + .4f) * raised;
             const float bright = 176 + 52 * facing + 20 * bulge +
                                  26 * noise1(hash_combine(key_, 31), dx * 1.3f - dy, 5) +
                                  14 * hash_signed(hash_combine(key_, 32), i);
             v_[i] = mix(v_[i], bright, profile);
             count(x, y, kElevated, profile > .3f ? 1.f : 0.f);
           });
    }
  }

  void draw_spatter() {
    for (const Spatter& s : scene_.spatters) {
      if (s.layer != layer_) continue;
      Rng rng(s.key);
      for (int k = 0; k < s.count; ++k) {
        const float x = s.x + s.spread * rng.normal() * 1.25f, y = s.y + s.spread * rng.normal();
        const float size = rng.unit(), r = .95f + 1.9f * size * size * size;
        const bool hot = rng.below(3) != 0;
        const float level = hot ? 222 + 32 * rng.unit() : 44 + 30 * rng.unit();
        each(x - r - 5, y - r - 5, x + r + 5, y + r + 5, [&](int px, int py, float sx, float sy, std::size_t i) {
          const float dx = sx - x, dy = sy - y, d = std::sqrt(dx * dx + dy * dy) - r;
          const float ax = dx - r * .7f - .8f, ay = dy - r * .8f - .9f;  // its shadow, away from the light
          const float shade = smooth01((r + .7f - std::sqrt(ax * ax + ay * ay)) / 1.6f);
          v_[i] -= 44 * shade * (hot ? 1.f : .4f);
          const float cover = smooth01(.5f - d);
          // A bead: lit from the upper left.
          const float gloss = hot ? -9 * (dx + dy) / r : 9 * smooth01(1 - std::abs(d + .8f));
          v_[i] = mix(v_[i], level + gloss, cover);
          if (cover > .3f || shade > .5f) count(px, py, kSpatter, 1);
        });
      }
    }
  }

  /// Lamp from the upper left, vignette, the chamber's rounded corners, the sensor's noise; rounds to whole grey
  /// levels.
  void light(std::vector<float>& out) const {
    const float flicker = 1 + .014f * hash_signed(key_, 41), lamp_x = .30f, lamp_y = .22f;
    const float corner = .052f;
    const std::uint64_t noise_key = hash_combine(key_, 42);
    for (int y = 0; y < side_; ++y) {
      const float v = (float(y) + .5f) / float(side_);
      for (int x = 0; x < side_; ++x) {
        const float u = (float(x) + .5f) / float(side_);
        const float lx = u - lamp_x, ly = v - lamp_y, cx = u - .5f, cy = v - .5f, r2 = cx * cx + cy * cy;
        float gain = flicker * (1.09f - .27f * (lx * lx + ly * ly)) * (1 - .30f * r2 - .55f * r2 * r2);
        const float ex = std::abs(cx) - .5f + corner, ey = std::abs(cy) - .5f + corner;
        if (ex > 0 && ey > 0) {
          const float beyond = (std::sqrt(ex * ex + ey * ey) - corner) * float(side_);
          gain *= mix(1, .24f, smooth01(beyond / 3 + .5f));
        }
        const std::size_t i = std::size_t(y) * side_ + x;
        const float noise = float(mix64(noise_key + i) >> 56) * .016f - 2.04f;
        out[i] = std::floor(std::clamp(v_[i] * gain + noise, 0.f, 255.f) + .5f);
      }
    }
  }

  int layer_, side_, patch_, cols_ = 0;
  float scale_;
  std::uint64_t key_, seed_;
  Scene scene_;
  float rise_;
  std::vector<Counts> counts_;
  std::vector<float> v_;            // reflectance
  std::vector<float> edge_;         // signed distance to the nearest part's edge, scene pixels
  std::vector<const Part*> owner_;  // that part
  std::vector<float> powder_;       // 1 where powder lies on top
};

}  // namespace

const std::vector<std::string>& synthetic_class_names() {
  static const std::vector<std::string> names = {
      "powder", "part", "recoater streak", "spatter", "super-elevation", "incomplete spreading"};
  return names;
}

SyntheticLayer draw_synthetic_layer(int layer, const SyntheticBuildOptions& options) {
  SyntheticBuildOptions o = options;
  o.side_px = std::clamp(o.side_px, 1, 16384);
  o.patch_px = std::clamp(o.patch_px, 1, o.side_px);
  return Drawing(layer, o).draw();
}

}  // namespace mp::ml
