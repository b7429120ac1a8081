// Colours of cells on the device. Main thread only.
#include "engine/draw/cell_colours.h"

#include <algorithm>
#include <cstring>

namespace mp::draw {

namespace {
constexpr std::size_t kBlock = 1024;   // words that are sent together
}

void CellColoursImpl::set(std::span<const std::uint32_t> words) {
  sent_ = 0;
  const bool whole = words.size() != words_.size();
  if (whole) {
    words_.assign(words.begin(), words.end());
    buffer_ = words.empty() ? gpu::Buffer() : gpu::Buffer(core_->device(), gpu::BufferKind::storage, words.size_bytes());
  }
  std::vector<std::pair<std::size_t, std::size_t>> changed;   // [from, to)
  for (std::size_t from = 0; from < words.size(); from += kBlock) {
    const auto to = std::min(from + kBlock, words.size());
    if (!whole && std::equal(words.begin() + std::ptrdiff_t(from), words.begin() + std::ptrdiff_t(to), words_.begin() + std::ptrdiff_t(from))) continue;
    if (changed.empty() || changed.back().second != from)
      changed.emplace_back(from, to);
    else
      changed.back().second = to;
  }
  if (changed.empty()) return;
  auto& device = core_->device();
  auto commands = device.commands();
  // The frame before may still read it.
  gpu::memory_barrier(commands, VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT, VK_ACCESS_2_MEMORY_READ_BIT | VK_ACCESS_2_MEMORY_WRITE_BIT, VK_PIPELINE_STAGE_2_COPY_BIT,
                      VK_ACCESS_2_TRANSFER_WRITE_BIT);
  for (const auto& [from, to] : changed) {
    const auto bytes = (to - from) * 4;
    auto slice = device.arena().take(bytes);
    std::memcpy(slice.data, words.data() + from, bytes);
    std::copy(words.begin() + std::ptrdiff_t(from), words.begin() + std::ptrdiff_t(to), words_.begin() + std::ptrdiff_t(from));
    const VkBufferCopy region{slice.offset, from * 4, bytes};
    vkCmdCopyBuffer(commands, slice.buffer, buffer_.handle(), 1, &region);
    sent_ += bytes;
  }
  gpu::memory_barrier(commands, VK_PIPELINE_STAGE_2_COPY_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_2_FRAGMENT_SHADER_BIT, VK_ACCESS_2_SHADER_STORAGE_READ_BIT);
}

}  // namespace mp::draw
