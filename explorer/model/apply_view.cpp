// What the person looks at: screens, colours, cameras, layers.
#include <algorithm>
#include <cmath>

#include "explorer/model/apply_parts.h"
#include "explorer/model/build_geometry.h"

namespace mp::explorer {

namespace {

constexpr float kFrameMargin = 1.06f, kPictureMargin = 1.3f, kUpperCards_px = 44, kLowerCards_px = 36;
constexpr float kSteepest = 1.5707f;
constexpr std::size_t kFramedSamples = 300'000;

/// Camera that shows the points of `ids` with a margin. The view fits world units to its own size: scale 0 asks for
/// that, with the extent in `frame_extent`.
Camera2 frame(const State& s, const Bitset& ids) {
  Camera2 camera = s.scatter_camera;
  const auto* xy = s.positions();
  if (!xy || xy->empty()) return camera;
  // The 0.1 and 99.9 % quantiles: single outliers do not shrink the cloud to a dot.
  // Of millions every k-th is enough.
  const auto step = std::max<std::size_t>(1, ids.count() / kFramedSamples);
  std::vector<float> x, y;
  std::size_t turn = 0;
  ids.for_each([&](std::size_t i) {
    if (turn++ % step || i * 2 + 1 >= xy->size()) return;
    const float px = (*xy)[i * 2], py = (*xy)[i * 2 + 1];
    if (std::isfinite(px) && std::isfinite(py)) {
      x.push_back(px);
      y.push_back(py);
    }
  });
  if (x.empty()) return camera;
  auto range = [](std::vector<float>& v) {
    const auto cut = v.size() / 1000;
    std::nth_element(v.begin(), v.begin() + long(cut), v.end());
    const float lo = v[cut];
    std::nth_element(v.begin(), v.end() - 1 - long(cut), v.end());
    return std::pair(lo, v[v.size() - 1 - cut]);
  };
  const auto [x0, x1] = range(x);
  const auto [y0, y1] = range(y);
  // Few points are shown as pictures, which reach beyond their points.
  const float margin = x.size() <= 60 ? kPictureMargin : kFrameMargin;
  const float w = std::max(x1 - x0, 1e-3f) * margin, h = std::max(y1 - y0, 1e-3f) * margin;
  // The cards at the view's upper and lower edge take room of their own.
  const float upper = std::min(kUpperCards_px * s.ui_scale, s.scatter_size_px.y / 4);
  const float lower = std::min(kLowerCards_px * s.ui_scale, s.scatter_size_px.y / 6);
  camera.scale_px = std::min(s.scatter_size_px.x / w, (s.scatter_size_px.y - upper - lower) / h);
  camera.centre = {(x0 + x1) / 2, (y0 + y1) / 2 + (upper - lower) / 2 / camera.scale_px};
  return camera;
}

void frame_build_selection(State& s) {
  const auto places = build_places(*s.pool);
  const Orbit orbit(s.build.yaw, s.build.pitch);
  Rect r{1e30f, 1e30f, -1e30f, -1e30f};
  s.selected.for_each([&](std::size_t i) {
    if (!std::isfinite(places.x[i])) return;
    const auto at = orbit.place(places.x[i], places.y[i], places.z[i]);
    r = {std::min(r.x0, at.x), std::min(r.y0, at.y), std::max(r.x1, at.x), std::max(r.y1, at.y)};
  });
  if (r.x1 < r.x0) return;
  constexpr float kLeast = .05f;   // of the build: one patch is shown with its surroundings
  s.build.camera.centre = r.centre();
  s.build.camera.scale_px = std::min(s.build_size_px.x / (std::max(r.width(), kLeast) * kPictureMargin), s.build_size_px.y / (std::max(r.height(), kLeast) * kPictureMargin));
  s.build.camera_set = true;
}

}  // namespace

void apply(State& s, const cmd::SetScreen& c, Effects&) { s.screen = Screen(std::clamp(int(c.screen), 0, int(Screen::build))); }

void apply(State& s, const cmd::SetColourBy& c, Effects&) {
  s.colour_by = ColourBy(std::clamp(int(c.by), 0, int(ColourBy::flips)));
  ++s.colour_revision;
}

void apply(State& s, const cmd::SetTool& c, Effects&) { s.tool = c.tool; }
void apply(State& s, const cmd::ShowPictures& c, Effects&) { s.show_pictures = c.on; }
void apply(State& s, const cmd::ShowContours& c, Effects&) { s.show_contours = c.on; }

void apply(State& s, const cmd::SetScatterCamera& c, Effects&) {
  if (!std::isfinite(c.camera.centre.x) || !std::isfinite(c.camera.centre.y) || !std::isfinite(c.camera.scale_px)) return;
  s.scatter_camera = c.camera;
  const float resize = c.view_px > 0 && s.scatter_size_px.y > 1 ? s.scatter_size_px.y / c.view_px : 1;
  s.scatter_camera.scale_px = std::clamp(c.camera.scale_px * resize, 1e-3f, 1e7f);
  s.scatter_camera_set = true;
}

void apply(State& s, const cmd::FrameAll&, Effects&) {
  if (s.screen == Screen::build) {
    s.build.camera_set = false;
    return;
  }
  s.scatter_camera = frame(s, s.visible.any() ? s.visible : Bitset(s.samples(), true));
  s.scatter_camera_set = true;
}

void apply(State& s, const cmd::FrameSelection& c, Effects& effects) {
  (void)c;
  if (!s.n_selected) return apply(s, cmd::FrameAll{}, effects);
  if (s.screen == Screen::build) return frame_build_selection(s);
  s.scatter_camera = frame(s, s.selected);
  s.scatter_camera_set = true;
}

void apply(State& s, const cmd::SetLayer& c, Effects&) {
  s.mosaic.layer = std::clamp(c.layer, 0, std::max(0, int(s.pool->layers.size()) - 1));
}

void apply(State& s, const cmd::SetMosaic& c, Effects&) {
  const auto& m = c.mosaic;
  for (float v : {m.strength, m.low, m.high, m.camera.centre.x, m.camera.centre.y, m.camera.scale_px})
    if (!std::isfinite(v)) return;
  s.mosaic = m;
  const float resize = c.view_px > 0 && s.mosaic_size_px.y > 1 ? s.mosaic_size_px.y / c.view_px : 1;
  s.mosaic.camera.scale_px = std::clamp(m.camera.scale_px * resize, 1e-3f, 1e7f);
  s.mosaic.strength = std::clamp(s.mosaic.strength, 0.f, 1.f);
  s.mosaic.low = std::clamp(s.mosaic.low, 0.f, 1.f);
  s.mosaic.high = std::clamp(s.mosaic.high, s.mosaic.low, 1.f);
  s.mosaic.layer = std::clamp(s.mosaic.layer, 0, std::max(0, int(s.pool->layers.size()) - 1));
}

void apply(State& s, const cmd::SetBuild& c, Effects&) {
  const auto& b = c.build;
  for (float v : {b.yaw, b.pitch, b.cut_at, b.camera.centre.x, b.camera.centre.y, b.camera.scale_px, c.view_px})
    if (!std::isfinite(v)) return;
  s.build = b;
  s.build.pitch = std::clamp(b.pitch, -kSteepest, kSteepest);
  s.build.cut_at = std::clamp(b.cut_at, 0.f, 1.f);
  const float resize = c.view_px > 0 && s.build_size_px.y > 1 ? s.build_size_px.y / c.view_px : 1;
  s.build.camera.scale_px = std::clamp(b.camera.scale_px * resize, 1e-3f, 1e7f);
}

void apply(State& s, const cmd::ShowNetwork& c, Effects& effects) {
  s.show_network = c.on && s.network;
  effects.show_model = true;
  ++s.colour_revision;
  refresh_visible(s);
}

void apply(State& s, const cmd::ToggleHelp&, Effects&) { s.show_help = !s.show_help; }
void apply(State& s, const cmd::ToggleSettings&, Effects&) { s.show_settings = !s.show_settings; }
void apply(State& s, const cmd::ToggleBad&, Effects&) { s.show_bad = !s.show_bad; }
void apply(State& s, const cmd::SetScale& c, Effects&) {
  if (std::isfinite(c.scale)) s.ui_scale = std::clamp(c.scale, .75f, 3.f);
}

void apply(State& s, const cmd::SetRecording& c, Effects& effects) {
  if (s.recording == c.on) return;
  s.recording = c.on;
  s.record_started_s = s.time_s;
  effects.record = c.on;
}

void apply(State&, const cmd::SaveScreenshot& c, Effects& effects) { effects.screenshots.push_back(c.file); }

void apply(State& s, const cmd::DismissBanner& c, Effects&) {
  std::erase_if(s.banners, [&](const Banner& b) { return b.key == c.key; });
}

void apply(State&, const cmd::LoseDevice&, Effects& effects) { effects.lose_device = true; }

void apply(State& s, const cmd::Quit&, Effects&) { s.quit = true; }

}  // namespace mp::explorer
