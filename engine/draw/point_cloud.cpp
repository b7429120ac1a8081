// Points in their sorted layout. Main thread only; the workers help with what touches every point.
#include "engine/draw/point_cloud.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <mutex>

namespace mp::draw {
namespace {

using points::Range;

// Emphasis 0 normal, 1 dimmed, 2 selected, 3 ringed; dimmed ones go below the normal ones.
constexpr std::array<std::uint64_t, 4> kPassOfEmphasis{1, 0, 2, 3};
constexpr std::size_t kPiece = 1 << 16;  // points that one worker takes at a time; a multiple of 64
constexpr std::size_t kMostRinged = 10'000;

std::uint64_t mixed(std::uint64_t v) {
  v ^= v >> 33;
  v *= 0xff51afd7ed558ccdull;
  v ^= v >> 33;
  v *= 0xc4ceb9fe1a85ec53ull;
  return v ^ v >> 33;
}

/// What decides who lies on top: first the pass, then something that no class or caller's order has a say in.
std::uint64_t order_key(float x, float y, std::uint32_t style) {
  const auto place = std::uint64_t(std::bit_cast<std::uint32_t>(x)) << 32 | std::bit_cast<std::uint32_t>(y);
  return kPassOfEmphasis[points::emphasis_of(style)] << 62 | mixed(place ^ mixed(style)) >> 2;
}

struct Disc {
  std::uint64_t key;
  float x, y;
  std::uint32_t style;
};

void to_discs(std::vector<Disc>& in, PointCloudImpl::Discs& out) {
  std::sort(in.begin(), in.end(), [](const Disc& a, const Disc& b) { return a.key < b.key; });
  out.xy.clear();
  out.styles.clear();
  for (auto& d : in) {
    out.xy.insert(out.xy.end(), {d.x, d.y});
    out.styles.push_back(d.style);
  }
}

}  // namespace

void PointCloudImpl::set_positions(std::span<const float> xy) {
  bool reordered = true;
  if (xy.size() / 2 == sorted_.size())
    reordered = sorted_.move(xy, core_->workers());
  else
    sorted_.build(xy, core_->workers());
  if (reordered) styles_valid_ = hidden_valid_ = false;
  positions_on_device_ = false;
}

void PointCloudImpl::set_styles(std::vector<std::uint32_t> styles) {
  styles_ = std::move(styles);
  styles_valid_ = false;
}

void PointCloudImpl::set_hidden(std::span<const std::uint64_t> words) {
  hidden_ = Bitset(words.size() * 64);
  bool any = false;
  for (std::size_t w = 0; w < words.size(); ++w) {
    hidden_.set_word(w, words[w]);
    any |= words[w] != 0;
  }
  if (!any) hidden_ = Bitset();
  hidden_valid_ = false;
}

void PointCloudImpl::prepare() const {
  const auto ids = sorted_.ids();
  const std::size_t n = ids.size();
  const int pieces = int((n + kPiece - 1) / kPiece);
  if (!styles_valid_) {
    styles_valid_ = true;
    styles_on_device_ = false;
    styles_sorted_.resize(n);
    ringed_.clear();
    std::mutex mutex;
    std::atomic<bool> top{false};
    core_->workers().run(pieces, [&](int p) {
      std::vector<std::uint32_t> rings;
      bool any = false;
      for (std::size_t i = std::size_t(p) * kPiece; i < std::min(n, (std::size_t(p) + 1) * kPiece); ++i) {
        const auto style = ids[i] < styles_.size() ? styles_[ids[i]] : points::kDefaultStyle;
        styles_sorted_[i] = style;
        if (points::emphasis_of(style) < 2) continue;
        any = true;
        if (points::emphasis_of(style) == 3) rings.push_back(std::uint32_t(i));
      }
      if (any) top = true;
      if (rings.empty()) return;
      std::lock_guard lock(mutex);
      ringed_.insert(ringed_.end(), rings.begin(), rings.end());
    });
    any_top_ = top;
    std::sort(ringed_.begin(), ringed_.end());
    if (ringed_.size() > kMostRinged) ringed_.resize(kMostRinged);
  }
  if (!hidden_valid_) {
    hidden_valid_ = true;
    hidden_on_device_ = false;
    hidden_sorted_.assign(hidden_.size() ? (n + 63) / 64 : 0, 0);
    if (!hidden_sorted_.empty())
      core_->workers().run(pieces, [&](int p) {
        // A word at a time; an id beyond the bits is drawn.
        const auto* words = hidden_.words().data();
        const std::size_t bits = hidden_.size();
        for (std::size_t i = std::size_t(p) * kPiece, end = std::min(n, i + kPiece); i < end; i += 64) {
          std::uint64_t word = 0;
          for (std::size_t k = 0; k < std::min<std::size_t>(64, end - i); ++k)
            if (const std::size_t id = ids[i + k]; id < bits) word |= (words[id / 64] >> (id % 64) & 1) << k;
          hidden_sorted_[i / 64] = word;
        }
      });
    density_ = points::crowd_density(sorted_, hidden_sorted_);
  }
}

points::SplatInput PointCloudImpl::splat_input() const {
  prepare();
  return {&sorted_, styles_sorted_, hidden_sorted_, any_top_, density_};
}

Bitset PointCloudImpl::inside(std::span<const Vec2> polygon) const {
  return points::inside(sorted_, polygon, core_->workers());
}

std::optional<std::vector<std::uint32_t>> PointCloudImpl::few_inside(Rect box, std::size_t most) const {
  prepare();
  std::vector<Range> ranges;
  sorted_.ranges_in({box.x0, box.y0, box.x1, box.y1}, ranges);
  std::vector<std::uint32_t> ids;
  for (auto r : ranges)
    for (auto i = r.first; i < r.last; ++i) {
      if (is_hidden(i) || !box.contains({sorted_.x()[i], sorted_.y()[i]})) continue;
      if (ids.size() == most) return std::nullopt;
      ids.push_back(sorted_.ids()[i]);
    }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::optional<std::uint32_t> PointCloudImpl::nearest(Vec2 at, float radius) const {
  return points::nearest(sorted_, at, radius, hidden_.size() ? &hidden_ : nullptr);
}

bool PointCloudImpl::discs(const points::SplatView& view, std::size_t most, Discs& out) const {
  const auto input = splat_input();
  if (points::count_in_view(input, view, 4 * most) > 4 * most) return false;  // cells at the edge count in full
  // Rings and outlines reach farther than discs.
  const float reach = view.radius_px * 3 + 8;
  std::vector<Range> ranges;
  points::ranges_of_pixels(sorted_, view, {-reach, -reach, float(view.width_px) + reach, float(view.height_px) + reach}, ranges);
  std::vector<Disc> found;
  const auto& c = view.camera;
  for (auto r : ranges)
    for (auto i = r.first; i < r.last; ++i) {
      if (is_hidden(i)) continue;
      const float x = sorted_.x()[i], y = sorted_.y()[i];
      const float px = (x - c.centre.x) * c.scale_px + float(view.width_px) / 2, py = float(view.height_px) / 2 - (y - c.centre.y) * c.scale_px;
      if (!(px > -reach && py > -reach && px < float(view.width_px) + reach && py < float(view.height_px) + reach)) continue;
      if (found.size() == most) return false;
      found.push_back({order_key(x, y, styles_sorted_[i]), x, y, styles_sorted_[i]});
    }
  to_discs(found, out);
  return true;
}

PointCloudImpl::Discs PointCloudImpl::ringed() const {
  prepare();
  std::vector<Disc> found;
  for (auto i : ringed_)
    if (!is_hidden(i)) found.push_back({order_key(sorted_.x()[i], sorted_.y()[i], styles_sorted_[i]), sorted_.x()[i], sorted_.y()[i], styles_sorted_[i]});
  Discs out;
  to_discs(found, out);
  return out;
}

PointCloudImpl::OnDevice PointCloudImpl::on_device() const {
  prepare();
  auto& device = core_->device();
  if (!positions_on_device_) {
    positions_on_device_ = true;
    x_buffer_ = gpu::make_storage(device, std::as_bytes(sorted_.x()));
    y_buffer_ = gpu::make_storage(device, std::as_bytes(sorted_.y()));
  }
  if (!styles_on_device_) {
    styles_on_device_ = true;
    styles_buffer_ = gpu::make_storage(device, std::as_bytes(std::span(styles_sorted_)));
  }
  if (!hidden_on_device_) {
    hidden_on_device_ = true;
    hidden_buffer_ = hidden_sorted_.empty() ? gpu::Buffer() : gpu::make_storage(device, std::as_bytes(std::span(hidden_sorted_)));
  }
  return {x_buffer_.address(), y_buffer_.address(), styles_buffer_.address(), hidden_buffer_.address()};
}

}  // namespace mp::draw
