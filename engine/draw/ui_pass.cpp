// Draws UI lists into the output: one upload, one pipeline, a scissor a command, a descriptor where the texture
// changes. Main thread only.
#include "engine/draw/ui_pass.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "shaders/shared.h"

namespace mp::draw {
static_assert(sizeof(UiVertex) == 20);

void record_ui(Core& core, VkCommandBuffer commands, const gpu::Image& target, std::span<const UiList> lists) {
  std::size_t vertices = 0, indices = 0;
  for (auto& l : lists) vertices += l.vertices.size(), indices += l.indices.size();
  if (vertices == 0 || indices == 0) return;
  auto vertex_slice = core.device().arena().take(vertices * sizeof(UiVertex));
  auto index_slice = core.device().arena().take(indices * 2);

  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, core.ui(target.format()).handle());
  vkCmdBindIndexBuffer(commands, index_slice.buffer, index_slice.offset, VK_INDEX_TYPE_UINT16);
  shader::UiPush push{vertex_slice.address, 2.f / float(target.width_px()), 2.f / float(target.height_px())};
  vkCmdPushConstants(commands, core.device().layout(), VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT, 0,
                     sizeof push, &push);
  TextureId bound = 0;
  bool any_bound = false;
  std::size_t vertex_base = 0, index_base = 0;
  for (auto& l : lists) {
    std::memcpy(vertex_slice.data + vertex_base * sizeof(UiVertex), l.vertices.data(), l.vertices.size_bytes());
    std::memcpy(index_slice.data + index_base * 2, l.indices.data(), l.indices.size_bytes());
    for (auto& c : l.commands) {
      // The clip rectangle must lie inside the image: drivers may not be given negative or larger ones.
      int x0 = std::clamp(int(std::floor(c.clip_px.x0)), 0, target.width_px());
      int y0 = std::clamp(int(std::floor(c.clip_px.y0)), 0, target.height_px());
      int x1 = std::clamp(int(std::ceil(c.clip_px.x1)), 0, target.width_px());
      int y1 = std::clamp(int(std::ceil(c.clip_px.y1)), 0, target.height_px());
      if (x1 <= x0 || y1 <= y0 || c.count == 0) continue;
      if (std::size_t(c.index_offset) + c.count > l.indices.size()) continue;
      if (!any_bound || bound != c.texture) {
        core.push_texture(commands, c.texture);
        bound = c.texture;
        any_bound = true;
      }
      VkRect2D scissor{{x0, y0}, {std::uint32_t(x1 - x0), std::uint32_t(y1 - y0)}};
      vkCmdSetScissor(commands, 0, 1, &scissor);
      vkCmdDrawIndexed(commands, c.count, 1, std::uint32_t(index_base + c.index_offset),
                       std::int32_t(vertex_base + c.vertex_offset), 0);
    }
    vertex_base += l.vertices.size();
    index_base += l.indices.size();
  }
}

}  // namespace mp::draw
