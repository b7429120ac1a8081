#include "explorer/views/pictures.h"

#include "ml/data/caches.h"
#include "ml/data/decode.h"

namespace mp::explorer {

namespace {

constexpr int kSmallPx = 64, kSmallSlots = 2048;     // 32 MB
constexpr int kPreviewPx = 128, kPreviewSlots = 512; // 32 MB
constexpr int kMediumPx = 384, kMediumSlots = 96;    // 54 MB
constexpr int kFullPx = 1024, kFullSlots = 12;       // 48 MB
constexpr std::size_t kMaxRequests = 24;

std::uint64_t key_of(std::uint64_t epoch, std::uint32_t image) { return epoch << 32 | image; }

ml::RgbaImage shrink(const ml::RgbaImage& in, int side) {
  if (in.width_px <= side && in.height_px <= side) return in;
  return ml::make_thumbnail({}, in, side);
}

}  // namespace

Pictures::Pictures(draw::Renderer& renderer, std::function<void()> wake)
    : renderer_(renderer), wake_(std::move(wake)), thread_([this] { decode_loop(); }) {}

Pictures::~Pictures() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  ready_.notify_all();
  thread_.join();
}

void Pictures::set_source(const State& state) {
  if (state.project_dir == project_) return;
  project_ = state.project_dir;
  ++epoch_;
  failed_.clear();
  std::lock_guard lock(mutex_);
  requests_.clear();
  decoded_.clear();
  asked_.clear();
}

bool Pictures::loading() const {
  if (missing_last_) return true;
  std::lock_guard lock(mutex_);
  return !requests_.empty() || !decoded_.empty() || !asked_.empty();
}

bool Pictures::resident(draw::ImagePages& pages, std::uint64_t key, Thumb& out) {
  const auto slot = pages.find(key);
  if (!slot.texture) return false;
  out.texture = slot.texture;
  out.uv = slot.uv;
  return true;
}

bool Pictures::upload_thumb(const State& state, draw::ImagePages& pages, std::uint32_t image, std::uint64_t key, Thumb& out) {
  if (!state.thumbs || !state.thumbs->valid(image)) return false;
  const auto t = shrink(state.thumbs->read(image), pages.slot_px());
  if (t.width_px <= 0) return false;
  if (!pages.upload(key, t.width_px, t.height_px, t.pixels)) {
    missing_ = missing_here_ = true;   // this frame's budget is spent
    return false;
  }
  return resident(pages, key, out);
}

void Pictures::ask_full(const State& state, std::uint32_t image, std::uint64_t key) {
  if (failed_.contains(key)) return;
  std::lock_guard lock(mutex_);
  if (!asked_.insert(key).second) return;
  requests_.push_front({key, state.pool->absolute_path(image)});
  while (requests_.size() > kMaxRequests) {
    asked_.erase(requests_.back().key);
    requests_.pop_back();
  }
  ready_.notify_one();
}

Thumb Pictures::image(const State& state, std::uint32_t image, Size size) {
  Thumb t;
  if (image >= state.pool->images.size()) return t;
  const auto& entry = state.pool->images[image];
  t.aspect = entry.height_px > 0 ? float(entry.width_px) / float(entry.height_px) : 1;
  const auto key = key_of(epoch_, image);
  // Pages are made when first needed: a start screen holds none of this memory.
  if (size == Size::full) {
    if (!full_) full_ = renderer_.make_pages(kFullPx, kFullSlots);
    if (resident(*full_, key, t)) return t;
    ask_full(state, image, key);
  }
  if (size >= Size::medium) {
    if (!medium_) medium_ = renderer_.make_pages(kMediumPx, kMediumSlots);
    if (resident(*medium_, key, t) || upload_thumb(state, *medium_, image, key, t)) return t;
  }
  if (size == Size::preview) {
    if (!preview_) preview_ = renderer_.make_pages(kPreviewPx, kPreviewSlots);
    if (resident(*preview_, key, t) || upload_thumb(state, *preview_, image, key, t)) return t;
  }
  if (!small_) small_ = renderer_.make_pages(kSmallPx, kSmallSlots);
  if (!resident(*small_, key, t)) upload_thumb(state, *small_, image, key, t);
  return t;
}

Thumb Pictures::sample(const State& state, SampleId id, Size size) {
  if (id >= state.samples()) return {};
  const auto index = state.pool->image_of[id];
  auto t = image(state, index, size);
  const auto& entry = state.pool->images[index];
  const auto& r = state.pool->region[id];
  if (entry.width_px <= 0 || entry.height_px <= 0 || r.w <= 0 || r.h <= 0) return t;
  const auto uv = t.uv;
  const float w = uv.width() / float(entry.width_px), h = uv.height() / float(entry.height_px);
  t.uv = {uv.x0 + float(r.x) * w, uv.y0 + float(r.y) * h, uv.x0 + float(r.x + r.w) * w, uv.y0 + float(r.y + r.h) * h};
  t.aspect = float(r.w) / float(r.h);
  return t;
}

void Pictures::pump() {
  missing_last_ = std::exchange(missing_, false);
  for (;;) {
    Decoded d;
    {
      std::lock_guard lock(mutex_);
      if (decoded_.empty()) return;
      d = std::move(decoded_.front());
      decoded_.pop_front();
    }
    const bool current = d.key >> 32 == epoch_;
    if (current && d.image.width_px <= 0) failed_.insert(d.key);
    if (current && d.image.width_px > 0 && full_ && !full_->upload(d.key, d.image.width_px, d.image.height_px, d.image.pixels)) {
      std::lock_guard lock(mutex_);
      decoded_.push_front(std::move(d));   // the next frame has a budget again
      return;
    }
    ++full_arrivals_;
    std::lock_guard lock(mutex_);
    asked_.erase(d.key);
  }
}

void Pictures::decode_loop() {
  for (;;) {
    Request r;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [&] { return stop_ || !requests_.empty(); });
      if (stop_) return;
      r = std::move(requests_.front());
      requests_.pop_front();
    }
    ml::RgbaImage image;
    if (auto decoded = ml::decode_file(r.path)) image = ml::make_thumbnail(decoded->grey, decoded->colour, kFullPx);
    {
      std::lock_guard lock(mutex_);
      decoded_.push_back({r.key, std::move(image)});
    }
    if (wake_) wake_();
  }
}

std::shared_ptr<Pictures> make_pictures(draw::Renderer& renderer, std::function<void()> wake) {
  return std::make_shared<Pictures>(renderer, std::move(wake));
}
void set_source(Pictures& pictures, const State& state) { pictures.set_source(state); }
bool loading(const Pictures& pictures) { return pictures.loading(); }
void pump(Pictures& pictures) { pictures.pump(); }
Rect square(const Thumb& t) {
  Rect r = t.uv;
  if (t.aspect > 1) {
    const float cut = r.width() * (1 - 1 / t.aspect) / 2;
    r.x0 += cut;
    r.x1 -= cut;
  } else if (t.aspect > 0) {
    const float cut = r.height() * (1 - t.aspect) / 2;
    r.y0 += cut;
    r.y1 -= cut;
  }
  return r;
}
Thumb thumbnail(Pictures& pictures, const State& state, SampleId id) {
  // A patch of a layer is a few pixels of the small thumbnail: take it from the larger one.
  return pictures.sample(state, id, state.pool->layered() ? Pictures::Size::medium : Pictures::Size::preview);
}
Thumb picture(Pictures& pictures, const State& state, SampleId id) { return pictures.sample(state, id, Pictures::Size::full); }

}  // namespace mp::explorer
