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

class CanvasImpl final : public Canvas {
 public:
  explicit CanvasImpl(std::shared_ptr<Core> core);
  ~CanvasImpl() override;

  void resize(int w_px, int h_px) override;
  int width_px() const override { return image_.width_px(); }
  int height_px() const override { return image_.height_px(); }
  TextureId texture() const override { return texture_; }
  void begin(Rgba clear) override;
  void points(const PointCloud& cloud, const PointDraw& how) override;
  void quads(std::span<const Quad> quads) override;
  void end() override;

  const gpu::Image& image() const { return image_; }

 private:
  struct Pass {
    enum class Kind { points, quads } kind;
    shader::PointPush points{};
    std::uint32_t count = 0;
    shader::QuadPush quads{};
    std::vector<QuadBatch> batches;
  };
  void record(VkCommandBuffer commands, const Pass& pass);

  std::shared_ptr<Core> core_;
  gpu::Image image_;
  TextureId texture_ = 0;
  bool open_ = false;
  Rgba clear_ = 0;
  std::vector<Pass> passes_;
};

}  // namespace mp::draw
