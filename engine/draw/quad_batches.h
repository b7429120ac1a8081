// Groups quads by texture without changing what is seen where they overlap. Pure functions; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/draw/renderer.h"

namespace mp::draw {

struct QuadBatch {
  TextureId texture = 0;
  std::uint32_t first = 0, count = 0;  // into `order`
};

struct QuadPlan {
  std::vector<std::uint32_t> order;  // indices of the quads
  std::vector<QuadBatch> batches;
};

/// A quad is drawn after every earlier one that it overlaps; apart from that quads of one texture are drawn together.
/// Plain quads need no texture of their own and join whatever is bound where that is all there is.
QuadPlan plan_quads(std::span<const Quad> quads);

}  // namespace mp::draw
