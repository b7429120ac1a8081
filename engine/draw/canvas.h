// An offscreen picture of points and quads. What is asked for between begin and end is collected, then recorded as one
// pass. Main thread only.
#pragma once
#include <memory>
#include <vector>

#include "engine/draw/core.h"
#include "engine/draw/point_cloud.h"
#include "engine/draw/quad_batches.h"
#include "shaders/shared.h"

namespace mp::draw {

class SoftwarePoints;

class CanvasImpl final : public Canvas {
 public:
  /// software: splats points on the CPU; null: the device draws them.
  CanvasImpl(std::shared_ptr<Core> core, std::shared_ptr<SoftwarePoints> software);
  ~CanvasImpl() override;

  void resize(int w_px, int h_px) override;
  int width_px() const override { return image_.width_px(); }
  int height_px() const override { return image_.height_px(); }
  TextureId texture() const override { return texture_; }
  void begin(Rgba clear) override;
  void points(const PointCloud& cloud, const PointDraw& how) override;
  void quads(std::span<const Quad> quads) override;
  void tiles(std::span<const TileQuad> tiles, const CellColours* cells) override;
  void end() override;

  const gpu::Image& image() const { return image_; }

 private:
  struct Pass {
    enum class Kind { discs, quads, tiles, layer, density } kind;
    shader::PointPush points{};
    std::uint32_t count = 0;
    // A density: the splats come before the pass, the resolve is part of it.
    shader::SplatPush splat{};
    std::vector<points::Range> ranges;
    shader::ResolvePush resolve{};
    VkBuffer sums = VK_NULL_HANDLE;
    shader::QuadPush quads{};
    shader::TilePush tiles{};
    std::vector<QuadBatch> batches;
    TextureId layer = 0;
  };
  void record(VkCommandBuffer commands, const Pass& pass);
  void software_points(const PointCloudImpl& cloud, const PointDraw& how);
  void device_points(const PointCloudImpl& cloud, const PointDraw& how);
  void add_discs(const PointCloudImpl::Discs& discs, const PointDraw& how);
  points::SplatView view_of(const PointDraw& how) const;
  void record_splat(VkCommandBuffer commands, const Pass& pass);

  std::shared_ptr<Core> core_;
  std::shared_ptr<SoftwarePoints> software_;
  gpu::Image image_;
  TextureId texture_ = 0;
  bool open_ = false;
  Rgba clear_ = 0;
  bool painted_ = false;  // the CPU made the lowest picture, clear colour included
  std::vector<Pass> passes_;
  // Points of the CPU that lie above something else: pictures of the canvas' size, kept for the next frame.
  struct Layer {
    gpu::Image image;
    TextureId texture = 0;
  };
  std::vector<Layer> layers_;
  std::size_t layers_used_ = 0;
  std::vector<gpu::Buffer> sums_;  // of the densities of one frame, kept for the next
  std::size_t sums_used_ = 0;
  std::vector<std::uint32_t> scratch_;
};

}  // namespace mp::draw
