// Points in drawing order. Main thread only.
#include "engine/draw/point_cloud.h"

#include <array>

#include "engine/draw/morton.h"

namespace mp::draw {
namespace {
constexpr std::uint32_t kDefaultStyle = point_style(0xa0a0a0, 0, 0, 7);
// Emphasis 0 normal, 1 dimmed, 2 selected, 3 ringed; dimmed ones go below the normal ones.
constexpr std::array<std::uint8_t, 4> kPassOfEmphasis{1, 0, 2, 3};
}  // namespace

void PointCloudImpl::set_positions(std::span<const float> xy) {
  xy_.assign(xy.begin(), xy.begin() + std::ptrdiff_t(xy.size() / 2 * 2));
  order_valid_ = drawn_valid_ = device_valid_ = false;
}

void PointCloudImpl::set_styles(std::span<const std::uint32_t> styles) {
  styles_.assign(styles.begin(), styles.end());
  drawn_valid_ = device_valid_ = false;
}

void PointCloudImpl::set_hidden(std::span<const std::uint64_t> words) {
  hidden_.assign(words.begin(), words.end());
  drawn_valid_ = device_valid_ = false;
}

const PointCloudImpl::Drawn& PointCloudImpl::drawn() const {
  if (drawn_valid_) return drawn_;
  if (!order_valid_) order_ = morton_order(xy_);
  order_valid_ = true;

  auto style = [&](std::uint32_t id) { return id < styles_.size() ? styles_[id] : kDefaultStyle; };
  auto hidden = [&](std::uint32_t id) { return id / 64 < hidden_.size() && (hidden_[id / 64] >> (id % 64) & 1); };
  std::array<std::size_t, 4> first{};
  std::size_t total = 0;
  for (auto id : order_)
    if (!hidden(id)) ++first[kPassOfEmphasis[style(id) >> 27 & 3]];
  for (auto& f : first) {
    auto n = f;
    f = total;
    total += n;
  }
  drawn_.xy.resize(total * 2);
  drawn_.styles.resize(total);
  for (auto id : order_) {
    if (hidden(id)) continue;
    auto s = style(id);
    auto at = first[kPassOfEmphasis[s >> 27 & 3]]++;
    drawn_.xy[at * 2] = xy_[id * 2ull];
    drawn_.xy[at * 2 + 1] = xy_[id * 2ull + 1];
    drawn_.styles[at] = s;
  }
  drawn_valid_ = true;
  return drawn_;
}

PointCloudImpl::OnDevice PointCloudImpl::on_device() const {
  auto& d = drawn();
  if (!device_valid_) {
    positions_buffer_ = gpu::make_storage(core_->device(), std::as_bytes(std::span(d.xy)));
    styles_buffer_ = gpu::make_storage(core_->device(), std::as_bytes(std::span(d.styles)));
    device_valid_ = true;
  }
  return {positions_buffer_.address(), styles_buffer_.address(), std::uint32_t(d.styles.size())};
}

}  // namespace mp::draw
