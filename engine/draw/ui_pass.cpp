// Draws UI lists into the output: one upload, a scissor a command, a descriptor where the texture changes. A software
// device gets two shortcuts that change no pixel: large plain areas are drawn without looking at the texture, and the
// picture of a canvas is copied instead of sampled. Main thread only.
#include "engine/draw/ui_pass.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "shaders/shared.h"

namespace mp::draw {
static_assert(sizeof(UiVertex) == 20);
namespace {

constexpr float kLargePx2 = 2000;  // a triangle of this area is worth a change of pipeline

struct IntRect {
  int x0, y0, x1, y1;
};

/// The clip rectangle inside the image: drivers may not be given negative or larger ones.
std::optional<IntRect> clip_to(const Rect& clip, const gpu::Image& target) {
  auto px = [](float v, int size, bool up) {
    float r = up ? std::ceil(v) : std::floor(v);
    return int(std::clamp(r, 0.f, float(size)));
  };
  IntRect r{px(clip.x0, target.width_px(), false), px(clip.y0, target.height_px(), false),
            px(clip.x1, target.width_px(), true), px(clip.y1, target.height_px(), true)};
  if (r.x1 <= r.x0 || r.y1 <= r.y0) return std::nullopt;
  return r;
}

class UiRecorder {
 public:
  UiRecorder(Core& core, const gpu::Image& target, std::span<const UiList> lists, Rgba background);
  void record();

 private:
  enum class Bound { none, textured, plain, windowed };
  struct Corner {
    const UiVertex *a, *b, *c;
  };
  static Corner corners(const UiList& list, const UiCommand& c, std::uint32_t triangle);
  static bool plain(const Corner& t);
  static float area_px2(const Corner& t);
  std::optional<IntRect> whole_picture(const UiList& list, const UiCommand& c, const gpu::Image& picture) const;

  void open_pass();
  void close_pass();
  void bind(Bound wanted);
  void draw(const UiList& list, const UiCommand& c, const IntRect& clip);
  void draw_triangles(const UiCommand& c, std::uint32_t first, std::uint32_t count, bool plain);
  void copy(const gpu::Image& picture, const IntRect& place, const IntRect& clip);

  Core& core_;
  const gpu::Image& target_;
  std::span<const UiList> lists_;
  Rgba background_;
  VkCommandBuffer commands_;
  gpu::Slice vertices_, indices_;
  std::size_t vertex_base_ = 0, index_base_ = 0;
  bool open_ = false, cleared_ = false;
  Bound bound_ = Bound::none;
  std::optional<TextureId> texture_;
};

UiRecorder::UiRecorder(Core& core, const gpu::Image& target, std::span<const UiList> lists, Rgba background)
    : core_(core), target_(target), lists_(lists), background_(background), commands_(core.device().commands()) {}

void UiRecorder::record() {
  std::size_t vertices = 0, indices = 0;
  for (auto& l : lists_) vertices += l.vertices.size(), indices += l.indices.size();
  vertices_ = core_.device().arena().take(vertices * sizeof(UiVertex));
  indices_ = core_.device().arena().take(indices * 2);
  bool shortcuts = core_.device().software();
  for (auto& l : lists_) {
    std::memcpy(vertices_.data + vertex_base_ * sizeof(UiVertex), l.vertices.data(), l.vertices.size_bytes());
    std::memcpy(indices_.data + index_base_ * 2, l.indices.data(), l.indices.size_bytes());
    for (auto& c : l.commands) {
      auto clip = clip_to(c.clip_px, target_);
      if (!clip || c.count == 0 || std::size_t(c.index_offset) + c.count > l.indices.size()) continue;
      auto* picture = shortcuts ? core_.opaque(c.texture) : nullptr;
      if (picture)
        if (auto place = whole_picture(l, c, *picture)) {
          copy(*picture, *place, *clip);
          continue;
        }
      draw(l, c, *clip);
    }
    vertex_base_ += l.vertices.size();
    index_base_ += l.indices.size();
  }
  open_pass();  // without any command the background is still to be drawn
  close_pass();
}

void UiRecorder::open_pass() {
  if (open_) return;
  begin_pass(commands_, target_, cleared_ ? nullptr : &background_);
  open_ = cleared_ = true;
  bound_ = Bound::none;
  texture_.reset();
}

void UiRecorder::close_pass() {
  if (open_) end_pass(commands_);
  open_ = false;
}

void UiRecorder::bind(Bound wanted) {
  if (bound_ == Bound::none) {
    vkCmdBindIndexBuffer(commands_, indices_.buffer, indices_.offset, VK_INDEX_TYPE_UINT16);
    shader::UiPush push{vertices_.address, 2.f / float(target_.width_px()), 2.f / float(target_.height_px()), core_.window_low(), core_.window_gain()};
    vkCmdPushConstants(commands_, core_.device().layout(), VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT, 0,
                       sizeof push, &push);
  }
  if (bound_ == wanted) return;
  bound_ = wanted;
  vkCmdBindPipeline(commands_, VK_PIPELINE_BIND_POINT_GRAPHICS, (wanted == Bound::plain ? core_.ui_plain() : wanted == Bound::windowed ? core_.ui_window() : core_.ui()).handle());
}

UiRecorder::Corner UiRecorder::corners(const UiList& list, const UiCommand& c, std::uint32_t triangle) {
  auto* i = &list.indices[c.index_offset + triangle];
  auto vertex = [&](std::uint16_t k) {
    auto at = std::size_t(c.vertex_offset) + k;
    return at < list.vertices.size() ? &list.vertices[at] : nullptr;
  };
  return {vertex(i[0]), vertex(i[1]), vertex(i[2])};
}

bool UiRecorder::plain(const Corner& t) {
  if (!t.a || !t.b || !t.c) return false;
  return t.a->u == t.b->u && t.a->v == t.b->v && t.a->u == t.c->u && t.a->v == t.c->v;
}

float UiRecorder::area_px2(const Corner& t) {
  return std::abs((t.b->x - t.a->x) * (t.c->y - t.a->y) - (t.c->x - t.a->x) * (t.b->y - t.a->y)) / 2;
}

void UiRecorder::draw(const UiList& list, const UiCommand& c, const IntRect& clip) {
  open_pass();
  VkRect2D scissor{{clip.x0, clip.y0}, {std::uint32_t(clip.x1 - clip.x0), std::uint32_t(clip.y1 - clip.y0)}};
  vkCmdSetScissor(commands_, 0, 1, &scissor);
  if (!core_.device().software()) return draw_triangles(c, 0, c.count, false);
  // Runs in the caller's order: plain ones start at a large plain triangle and end where a texture is needed again.
  std::uint32_t first = 0;
  bool plain_run = false;
  for (std::uint32_t k = 0; k + 3 <= c.count; k += 3) {
    auto t = corners(list, c, k);
    bool is_plain = plain(t);
    bool change = plain_run ? !is_plain : is_plain && area_px2(t) > kLargePx2;
    if (!change) continue;
    if (k > first) draw_triangles(c, first, k - first, plain_run);
    first = k;
    plain_run = !plain_run;
  }
  draw_triangles(c, first, c.count - first, plain_run);
}

void UiRecorder::draw_triangles(const UiCommand& c, std::uint32_t first, std::uint32_t count, bool plain) {
  bind(plain ? Bound::plain : core_.windowed(c.texture) ? Bound::windowed : Bound::textured);
  if (!plain && texture_ != c.texture) {
    core_.push_texture(commands_, c.texture);
    texture_ = c.texture;
  }
  vkCmdDrawIndexed(commands_, count, 1, std::uint32_t(index_base_ + c.index_offset + first),
                   std::int32_t(vertex_base_ + c.vertex_offset), 0);
}

/// Where the command shows exactly this picture, pixel on pixel and untinted.
std::optional<IntRect> UiRecorder::whole_picture(const UiList& list, const UiCommand& c,
                                                 const gpu::Image& picture) const {
  if (c.count != 6 || picture.format() != target_.format()) return std::nullopt;
  Corner halves[2] = {corners(list, c, 0), corners(list, c, 3)};
  float x0 = 1e30f, y0 = 1e30f, x1 = -1e30f, y1 = -1e30f;
  for (auto& t : halves)
    for (auto* v : {t.a, t.b, t.c}) {
      if (!v || v->colour != 0xffffffffu) return std::nullopt;
      x0 = std::min(x0, v->x), x1 = std::max(x1, v->x);
      y0 = std::min(y0, v->y), y1 = std::max(y1, v->y);
    }
  if (x0 != std::floor(x0) || y0 != std::floor(y0) || x1 - x0 != float(picture.width_px()) ||
      y1 - y0 != float(picture.height_px()))
    return std::nullopt;
  float area = 0;
  for (auto& t : halves) {
    area += area_px2(t);
    for (auto* v : {t.a, t.b, t.c})
      if (v->u != (v->x == x0 ? 0.f : 1.f) || v->v != (v->y == y0 ? 0.f : 1.f) || (v->x != x0 && v->x != x1) ||
          (v->y != y0 && v->y != y1))
        return std::nullopt;
  }
  if (area != (x1 - x0) * (y1 - y0)) return std::nullopt;
  return IntRect{int(x0), int(y0), int(x1), int(y1)};
}

void UiRecorder::copy(const gpu::Image& picture, const IntRect& place, const IntRect& clip) {
  IntRect r{std::max(place.x0, clip.x0), std::max(place.y0, clip.y0), std::min(place.x1, clip.x1),
            std::min(place.y1, clip.y1)};
  if (r.x1 <= r.x0 || r.y1 <= r.y0) return;
  if (!cleared_) open_pass();
  close_pass();
  gpu::memory_barrier(commands_, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT, VK_ACCESS_2_MEMORY_WRITE_BIT,
                      VK_PIPELINE_STAGE_2_COPY_BIT, VK_ACCESS_2_TRANSFER_READ_BIT | VK_ACCESS_2_TRANSFER_WRITE_BIT);
  VkImageCopy2 region{VK_STRUCTURE_TYPE_IMAGE_COPY_2};
  region.srcSubresource = region.dstSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
  region.srcOffset = {r.x0 - place.x0, r.y0 - place.y0, 0};
  region.dstOffset = {r.x0, r.y0, 0};
  region.extent = {std::uint32_t(r.x1 - r.x0), std::uint32_t(r.y1 - r.y0), 1};
  VkCopyImageInfo2 info{VK_STRUCTURE_TYPE_COPY_IMAGE_INFO_2};
  info.srcImage = picture.handle();
  info.srcImageLayout = info.dstImageLayout = VK_IMAGE_LAYOUT_GENERAL;
  info.dstImage = target_.handle();
  info.regionCount = 1;
  info.pRegions = &region;
  vkCmdCopyImage2(commands_, &info);
}

}  // namespace

void draw_ui(Core& core, const gpu::Image& target, std::span<const UiList> lists, Rgba background) {
  UiRecorder(core, target, lists, background).record();
}

}  // namespace mp::draw
