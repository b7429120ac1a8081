#include "explorer/views/tiles.h"

#include <algorithm>
#include <string_view>

namespace mp::explorer {

namespace {

constexpr std::size_t kSlots[kSlotKinds] = {8192, 3072, 768, 512};   // grey of 8 bit: 8, 13, 13 and 34 MB
constexpr float kCut = .005f;                                        // of the values, black and white in an automatic window
constexpr std::size_t kUploadBytes = 2u << 20;                       // a frame

Pyramid pyramid_of(const ml::Pool& pool, std::uint32_t image) { return {pool.images[image].width_px, pool.images[image].height_px}; }

}  // namespace

Tiles::Tiles(draw::Renderer& renderer, std::function<void()> wake) : renderer_(renderer), loader_(std::move(wake), {}) {}

std::size_t Tiles::capacity(int slot_kind) const {
  const auto& colour = pages_[std::size_t(draw::PixelFormat::rgba8)];
  return kSlots[slot_kind] / (std::any_of(colour.begin(), colour.end(), [](const auto& p) { return p != nullptr; }) ? 2 : 1);
}

void Tiles::set_source(const State& s, bool other) {
  pool_ = s.pool;
  if (other) {
    ++epoch_;
    for (auto& by_kind : pages_)
      for (auto& p : by_kind)
        if (p) p->clear();
    for (auto& w : wishes_) w.clear();
    held_.reset();
    counted_.clear();
    std::fill(value_counts_.begin(), value_counts_.end(), 0.f);
    automatic_ = {};
    wide_ = false;
  }
  failed_.clear();   // a file may be back
  failed_images_.clear();
  if (s.pool && !s.bad.empty()) {
    // What is known to be gone or changed is marked at once, and shown as it was: by its thumbnail.
    std::unordered_set<std::string_view> bad;
    for (const auto& b : s.bad) bad.insert(b.path);
    for (std::uint32_t i = 0; i < s.pool->images.size(); ++i)
      if (bad.contains(s.pool->images[i].path)) failed_images_.insert(i);
  }
  loader_.set_source({epoch_, s.pool, s.thumbs, std::make_shared<const std::unordered_set<std::uint32_t>>(failed_images_)});
  ++arrivals_;
}

draw::ImagePages& Tiles::pages(draw::PixelFormat format, int slot_kind) {
  auto& p = pages_[std::size_t(format)][std::size_t(slot_kind)];
  // Wider pixels have fewer slots, so that no kind of picture takes much more memory than another.
  if (!p) p = renderer_.make_pages(kSlots_px[slot_kind], int(kSlots[slot_kind] / (format == draw::PixelFormat::rgba8 ? 2 : 1)), format);
  return *p;
}

std::optional<Tiles::Found> Tiles::find(TileId id) {
  if (!pool_ || id.image >= pool_->images.size()) return std::nullopt;
  const int kind = pyramid_of(*pool_, id.image).slot_kind(id.level);
  for (int f = 0; f < 3; ++f)
    if (auto& p = pages_[std::size_t(f)][std::size_t(kind)])
      if (const auto slot = p->find(id.key()); slot.texture) return Found{slot.texture, slot.uv, draw::PixelFormat(f)};
  return std::nullopt;
}

bool Tiles::shown_coarsely(std::uint32_t image) {
  if (!pool_ || image >= pool_->images.size()) return false;
  const auto p = pyramid_of(*pool_, image);
  for (int l = 0; l < p.levels(); ++l)
    if (p.single(l) && find({image, std::uint8_t(l), 0, 0})) return true;
  return false;
}

void Tiles::wish(TileUser user, std::vector<TileWish> wishes) {
  std::erase_if(wishes, [&](const TileWish& w) { return failed(w.id); });
  std::sort(wishes.begin(), wishes.end(), [](const TileWish& a, const TileWish& b) { return a.shown != b.shown ? a.shown : a.urgency < b.urgency; });
  wishes_[std::size_t(user)] = std::move(wishes);
  wishes_changed_ = true;
}

Tiles::Range Tiles::window(const MosaicState& m) const {
  if (m.window == ValueWindow::manual) return {m.low, std::max(m.high, m.low + 1e-5f)};
  if (m.window == ValueWindow::automatic || (m.window == ValueWindow::usual && wide_)) return automatic_;
  return {};
}

void Tiles::count_values(const LoadedTile& t) {
  if (!pyramid_of(*pool_, t.id.image).single(t.id.level) || !counted_.insert(t.id.image).second) return;
  const auto& b = t.pixels;
  if (b.format == draw::PixelFormat::grey16 && !wide_) {
    wide_ = true;
    std::fill(value_counts_.begin(), value_counts_.end(), 0.f);   // what came before had other values
  }
  const auto each = std::size_t(draw::bytes_per_pixel(b.format)), n = b.bytes.size() / each;
  for (std::size_t i = 0; i < n; ++i) {
    const auto* p = b.bytes.data() + i * each;
    const int bin = b.format == draw::PixelFormat::grey16 ? (p[0] | p[1] << 8) >> 4 : p[each == 4 ? 1 : 0] * 4095 / 255;
    ++value_counts_[std::size_t(bin)];
  }
  float total = 0, sum = 0;
  for (float c : value_counts_) total += c;
  automatic_ = {};
  for (int i = 0; i < kValueBins; ++i) {
    const float before = sum;
    sum += value_counts_[std::size_t(i)];
    if (before <= total * kCut && sum > total * kCut) automatic_.low = float(i) / kValueBins;
    if (before < total * (1 - kCut) && sum >= total * (1 - kCut)) automatic_.high = float(i + 1) / kValueBins;
  }
  automatic_.high = std::max(automatic_.high, automatic_.low + 1.f / kValueBins);
}

void Tiles::send_wishes() {
  if (!std::exchange(wishes_changed_, false)) return;
  std::vector<TileId> all;
  // What is seen anywhere comes before what is only fetched ahead.
  for (bool shown : {true, false})
    for (const auto& list : wishes_)
      for (const auto& w : list)
        if (w.shown == shown) all.push_back(w.id);
  loader_.want(all);
}

bool Tiles::loading() const {
  for (const auto& list : wishes_)
    for (const auto& w : list)
      if (w.shown) return true;
  return false;
}

void Tiles::pump() {
  send_wishes();
  std::size_t sent = 0;
  while (sent < kUploadBytes) {
    auto t = held_ ? std::exchange(held_, std::nullopt) : loader_.take();
    if (!t) return;
    if (t->epoch != epoch_) continue;
    const auto key = t->id.key();
    bool wished = false;
    for (auto& list : wishes_) wished |= std::erase_if(list, [&](const TileWish& w) { return w.id.key() == key; }) > 0;
    if (t->failed()) {
      failed_.insert(key);
      failed_images_.insert(t->id.image);
      ++arrivals_;
      continue;
    }
    auto& p = pages(t->pixels.format, pyramid_of(*pool_, t->id.image).slot_kind(t->id.level));
    if (!p.upload(key, t->pixels.width_px, t->pixels.height_px, t->pixels.bytes, true)) {
      if (wished) held_ = std::move(t);   // the next frame has a budget again
      return;
    }
    sent += t->pixels.bytes.size();
    count_values(*t);
    if (wished) ++arrivals_;
  }
}

}  // namespace mp::explorer
