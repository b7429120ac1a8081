// An offscreen picture of points and quads. Main thread only.
#include "engine/draw/canvas.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "engine/draw/cell_colours.h"
#include "engine/draw/software_points.h"

namespace mp::draw {

CanvasImpl::CanvasImpl(std::shared_ptr<Core> core, std::shared_ptr<SoftwarePoints> software)
    : core_(std::move(core)), software_(std::move(software)) {
  texture_ = core_->add_texture(VK_NULL_HANDLE, false);
  resize(1, 1);
}

CanvasImpl::~CanvasImpl() {
  core_->flush_uploads();
  core_->remove_texture(texture_);
  for (auto& l : layers_) core_->remove_texture(l.texture);
}

void CanvasImpl::resize(int w_px, int h_px) {
  int limit = core_->device().max_image_px();
  w_px = std::clamp(w_px, 1, limit);
  h_px = std::clamp(h_px, 1, limit);
  if (image_ && w_px == image_.width_px() && h_px == image_.height_px()) return;
  core_->flush_uploads();
  for (auto& l : layers_) core_->remove_texture(l.texture);
  layers_.clear();
  core_->set_opaque(texture_, nullptr);
  image_ = gpu::Image(core_->device(), w_px, h_px, core_->format(), true);
  core_->set_texture(texture_, image_.view());
  // Something defined, in case it is shown before it is drawn.
  auto commands = core_->device().commands();
  VkClearColorValue none{};
  VkImageSubresourceRange all{VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
  vkCmdClearColorImage(commands, image_.handle(), VK_IMAGE_LAYOUT_GENERAL, &none, 1, &all);
}

void CanvasImpl::begin(Rgba clear) {
  open_ = true;
  clear_ = clear;
  // Blending never takes from an opaque picture's alpha.
  core_->set_opaque(texture_, clear >> 24 == 255 ? &image_ : nullptr);
  painted_ = false;
  layers_used_ = sums_used_ = 0;
  passes_.clear();
}

points::SplatView CanvasImpl::view_of(const PointDraw& how) const {
  return {how.camera, width_px(), height_px(), how.radius_px, how.opacity};
}

void CanvasImpl::points(const PointCloud& cloud, const PointDraw& how) {
  if (!open_ || cloud.size() == cloud.left_out()) return;
  auto& points = static_cast<const PointCloudImpl&>(cloud);
  if (software_) return software_points(points, how);
  device_points(points, how);
}

void CanvasImpl::add_discs(const PointCloudImpl::Discs& discs, const PointDraw& how) {
  if (discs.styles.empty()) return;
  auto& arena = core_->device().arena();
  auto xy = arena.take(discs.xy.size() * 4), styles = arena.take(discs.styles.size() * 4);
  std::memcpy(xy.data, discs.xy.data(), discs.xy.size() * 4);
  std::memcpy(styles.data, discs.styles.data(), discs.styles.size() * 4);
  Pass p{Pass::Kind::discs};
  p.count = std::uint32_t(discs.styles.size());
  float w = float(width_px()), h = float(height_px());
  p.points = {xy.address,          styles.address,      2.f / w, 2.f / h, how.camera.centre.x,
              how.camera.centre.y, how.camera.scale_px, w / 2,   h / 2,   how.radius_px,
              how.opacity};
  passes_.push_back(std::move(p));
}

void CanvasImpl::device_points(const PointCloudImpl& cloud, const PointDraw& how) {
  const auto view = view_of(how);
  PointCloudImpl::Discs discs;
  if (cloud.discs(view, how.most_discs, discs)) return add_discs(discs, how);
  const auto input = cloud.splat_input();
  const auto look = points::splat_look(input, view);
  const auto on_device = cloud.on_device();
  const int rim = look.reach + 2, w = width_px() + 2 * rim, h = height_px() + 2 * rim;
  const std::uint32_t layers = input.any_top ? 2 : 1;
  const auto bytes = VkDeviceSize(w) * VkDeviceSize(h) * 16 * layers;
  if (sums_used_ == sums_.size()) sums_.emplace_back();
  auto& sums = sums_[sums_used_++];
  if (!sums || sums.size() < bytes) sums = gpu::Buffer(core_->device(), gpu::BufferKind::storage, bytes);
  auto rows = core_->device().arena().take(look.rows.size() * sizeof(shader::DiscRow));
  std::memcpy(rows.data, look.rows.data(), look.rows.size() * sizeof(shader::DiscRow));

  Pass p{Pass::Kind::density};
  p.sums = sums.handle();
  points::ranges_of_pixels(*input.points, view, {float(-rim), float(-rim), float(w - rim), float(h - rim)}, p.ranges);
  p.splat = {on_device.x,      on_device.y,         on_device.styles, on_device.hidden,
             sums.address(),   0,                   0,                how.camera.centre.x,
             how.camera.centre.y, how.camera.scale_px, float(width_px()) / 2, float(height_px()) / 2,
             w,                h,                   rim,              look.shift};
  p.resolve = {sums.address(), rows.address,  w,          h,         rim, look.reach, layers, look.count_scale,
               look.first,     look.top_first, look.last, look.log2_reference};
  passes_.push_back(std::move(p));
  add_discs(cloud.ringed(), how);
}

void CanvasImpl::record_splat(VkCommandBuffer commands, const Pass& p) {
  gpu::memory_barrier(commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT, VK_ACCESS_2_MEMORY_WRITE_BIT,
                      VK_PIPELINE_STAGE_2_CLEAR_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT);
  const auto bytes = VkDeviceSize(p.resolve.width_px) * VkDeviceSize(p.resolve.height_px) * 16 * p.resolve.layers;
  vkCmdFillBuffer(commands, p.sums, 0, bytes, 0);
  gpu::memory_barrier(commands, VK_PIPELINE_STAGE_2_CLEAR_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT,
                      VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT,
                      VK_ACCESS_2_SHADER_STORAGE_READ_BIT | VK_ACCESS_2_SHADER_STORAGE_WRITE_BIT);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, core_->splat().handle());
  for (std::size_t i = 0; i < p.ranges.size();) {
    // Points in between are left out by the shader: a few of them cost less than a dispatch.
    constexpr std::uint32_t kGap = 1 << 15, kMostGroups = 65535;
    auto r = p.ranges[i++];
    while (i < p.ranges.size() && p.ranges[i].first - r.last < kGap) r.last = p.ranges[i++].last;
    auto push = p.splat;
    push.first = r.first;
    push.count = r.last - r.first;
    vkCmdPushConstants(commands, core_->device().compute_layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof push, &push);
    vkCmdDispatch(commands, std::min((push.count + 255) / 256, kMostGroups), 1, 1);
  }
  gpu::memory_barrier(commands, VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT, VK_ACCESS_2_SHADER_STORAGE_WRITE_BIT,
                      VK_PIPELINE_STAGE_2_FRAGMENT_SHADER_BIT, VK_ACCESS_2_SHADER_STORAGE_READ_BIT);
}

void CanvasImpl::software_points(const PointCloudImpl& cloud, const PointDraw& how) {
  int w = width_px(), h = height_px();
  bool lowest = !painted_ && passes_.empty();
  std::size_t n = std::size_t(w) * std::size_t(h);
  auto slice = core_->device().arena().take(n * 4);
  auto* pixels = reinterpret_cast<std::uint32_t*>(slice.data);
  // The arena of a real GPU may be slow to read, which blending does.
  if (!core_->device().software()) {
    scratch_.resize(n);
    pixels = scratch_.data();
  }
  bool bgra = core_->format() == VK_FORMAT_B8G8R8A8_UNORM;
  const Rgba clear = lowest ? clear_ : 0;
  const auto view = view_of(how);
  PointCloudImpl::Discs discs;
  if (cloud.discs(view, how.most_discs, discs)) {
    software_->draw(discs.xy, discs.styles, how, clear, {pixels, w, h, bgra});
  } else {
    points::splat(cloud.splat_input(), view, clear, bgra, pixels, core_->workers());
    discs = cloud.ringed();
    if (!discs.styles.empty()) software_->draw(discs.xy, discs.styles, how, std::nullopt, {pixels, w, h, bgra});
  }
  if (!core_->device().software()) std::memcpy(slice.data, pixels, n * 4);
  if (lowest) {
    core_->upload(image_, slice, w, 0, 0, w, h);
    painted_ = true;
    return;
  }
  if (layers_used_ == layers_.size()) {
    Layer layer{gpu::Image(core_->device(), w, h, core_->format(), false), 0};
    layer.texture = core_->add_texture(layer.image.view(), true);
    layers_.push_back(std::move(layer));
  }
  auto& layer = layers_[layers_used_++];
  core_->upload(layer.image, slice, w, 0, 0, w, h);
  Pass p{Pass::Kind::layer};
  p.layer = layer.texture;
  passes_.push_back(std::move(p));
}

void CanvasImpl::quads(std::span<const Quad> quads) {
  if (!open_ || quads.empty()) return;
  auto plan = plan_quads(quads);
  auto slice = core_->device().arena().take(quads.size() * sizeof(shader::QuadRecord));
  auto* out = reinterpret_cast<shader::QuadRecord*>(slice.data);
  for (auto i : plan.order) {
    auto& q = quads[i];
    *out++ = {q.px.x0, q.px.y0, q.px.x1, q.px.y1,  q.uv.x0,     q.uv.y0,
              q.uv.x1, q.uv.y1, q.tint,  q.border, q.border_px, q.texture != 0};
  }
  Pass p{Pass::Kind::quads};
  p.quads = {slice.address, 2.f / float(width_px()), 2.f / float(height_px())};
  p.batches = std::move(plan.batches);
  passes_.push_back(std::move(p));
}

void CanvasImpl::tiles(std::span<const TileQuad> tiles, const CellColours* cells) {
  if (!open_ || tiles.empty()) return;
  // Tiles do not overlap but for what replaces them, which comes later: by texture, in order.
  std::vector<std::uint32_t> order(tiles.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return tiles[a].texture < tiles[b].texture; });
  auto slice = core_->device().arena().take(tiles.size() * sizeof(shader::TileRecord));
  auto* out = reinterpret_cast<shader::TileRecord*>(slice.data);
  Pass p{Pass::Kind::tiles};
  const auto* table = static_cast<const CellColoursImpl*>(cells);
  for (std::uint32_t k = 0; k < order.size(); ++k) {
    const auto& t = tiles[order[k]];
    const bool tinted = table && t.columns > 0 && t.rows > 0 && t.first_cell + std::size_t(t.columns) * std::size_t(t.rows) <= table->size();
    *out++ = {t.px.x0, t.px.y0, t.px.x1, t.px.y1, t.uv.x0, t.uv.y0, t.uv.x1, t.uv.y1, t.cells.x0, t.cells.y0, t.cells.x1, t.cells.y1,
              t.low, 1.f / std::max(t.high - t.low, 1e-6f), t.tint, t.first_cell, tinted ? std::uint32_t(t.columns) : 0u, std::uint32_t(t.rows),
              t.border_px, t.texture ? (t.pixels ? 2u : 1u) : 0u};
    if (p.batches.empty() || p.batches.back().texture != t.texture) p.batches.push_back({t.texture, k, 0});
    ++p.batches.back().count;
  }
  p.tiles = {slice.address, table ? table->address() : 0, 2.f / float(width_px()), 2.f / float(height_px())};
  passes_.push_back(std::move(p));
}

void CanvasImpl::end() {
  if (!open_) return;
  open_ = false;
  core_->flush_uploads();
  if (painted_ && passes_.empty()) return;
  auto commands = core_->device().commands();
  for (auto& p : passes_)
    if (p.kind == Pass::Kind::density) record_splat(commands, p);
  begin_pass(commands, image_, painted_ ? nullptr : &clear_);
  for (auto& p : passes_) record(commands, p);
  end_pass(commands);
  passes_.clear();
}

void CanvasImpl::record(VkCommandBuffer commands, const Pass& p) {
  auto layout = core_->device().layout();
  constexpr VkShaderStageFlags kStages = VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT;
  if (p.kind == Pass::Kind::density) {
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, core_->resolve().handle());
    vkCmdPushConstants(commands, layout, kStages, 0, sizeof p.resolve, &p.resolve);
    vkCmdDraw(commands, 3, 1, 0, 0);
    return;
  }
  if (p.kind == Pass::Kind::discs) {
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, core_->points().handle());
    vkCmdPushConstants(commands, layout, kStages, 0, sizeof p.points, &p.points);
    vkCmdDraw(commands, p.count * 6, 1, 0, 0);
    return;
  }
  if (p.kind == Pass::Kind::layer) {
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, core_->layer().handle());
    core_->push_texture(commands, p.layer);
    vkCmdDraw(commands, 3, 1, 0, 0);
    return;
  }
  if (p.kind == Pass::Kind::tiles) {
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, core_->tiles().handle());
    vkCmdPushConstants(commands, layout, kStages, 0, sizeof p.tiles, &p.tiles);
  } else {
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, core_->quads().handle());
    vkCmdPushConstants(commands, layout, kStages, 0, sizeof p.quads, &p.quads);
  }
  for (auto& b : p.batches) {
    core_->push_texture(commands, b.texture);
    vkCmdDraw(commands, b.count * 6, 1, b.first * 6, 0);
  }
}

}  // namespace mp::draw
