// See box_project.h.
#include "ml/detect/box_project.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "ml/data/decode.h"

namespace mp::ml {
namespace {

constexpr const char* kKey = "box_detector";
constexpr float kSameThing = .6f;

}  // namespace

BoxImages box_images(const Pool& pool, const BoxStore& store) {
  std::set<std::uint32_t> with(store.checked.begin(), store.checked.end());
  for (const auto& b : store.boxes)
    if (b.status == BoxStatus::accepted) with.insert(b.image);
  std::vector<bool> held(pool.images.size(), false);
  for (SampleId i = 0; i < pool.size(); ++i)
    if (pool.split[i] == Split::held_out) held[pool.image_of[i]] = true;
  BoxImages out;
  for (auto i : with)
    if (i < held.size()) (held[i] ? out.held_out : out.train).push_back(i);
  return out;
}

std::vector<std::vector<TrueBox>> accepted_boxes(const Pool& pool, const BoxStore& store, int classes) {
  std::vector<std::vector<TrueBox>> out(pool.images.size());
  for (const auto& b : store.boxes)
    if (b.status == BoxStatus::accepted && b.image < out.size() && b.cls >= 0 && b.cls < classes) out[b.image].push_back({b.rect, b.cls});
  return out;
}

int default_tile_px(const Pool& pool, int input_px) {
  for (const auto& i : pool.images)
    if (std::max(i.width_px, i.height_px) > 3 * input_px) return 2 * input_px;
  return 0;
}

TileSet project_tiles(const Pool& pool, std::span<const std::uint32_t> images, std::span<const std::vector<TrueBox>> boxes,
                      int px, int tile_px, const TileHooks& hooks) {
  TileSet out;
  std::size_t with = 0, without = 0;
  for (std::uint32_t i = 0; i < images.size() && !hooks.cancel.cancelled(); ++i) {
    const auto image = decode_file(pool.absolute_path(images[i]));
    const auto& entry = pool.images[images[i]];
    if (!image) {
      out.problems.push_back(image.error().message());
    } else if (image->grey.width_px != entry.width_px || image->grey.height_px != entry.height_px) {
      out.problems.push_back(fmt::format("{}: {} x {} pixels at the import, {} x {} now", entry.path, entry.width_px, entry.height_px, image->grey.width_px, image->grey.height_px));
    } else {
      for (const auto& square : tile_squares(entry.width_px, entry.height_px, tile_px)) {
        auto tile = cut_tile(image->grey, square, px, boxes.empty() ? std::span<const TrueBox>() : boxes[images[i]]);
        if (!boxes.empty()) {
          // Large layers are mostly empty: a detector needs some of that, not all of it.
          if (tile.boxes.empty() && without > with + 16) continue;
          ++(tile.boxes.empty() ? without : with);
        }
        tile.image = i;
        out.tiles.push_back(std::move(tile));
      }
    }
    if (hooks.progress) hooks.progress(i + 1, images.size());
  }
  return out;
}

Result<void> save_box_model(Project& project, const BoxModel& m) {
  nlohmann::json j = {{"detector", m.detector}, {"classes", m.classes}, {"input_px", m.input_px}, {"tile_px", m.tile_px}, {"threshold", m.threshold}, {"saved", m.saved}, {"images", m.images}, {"boxes", m.boxes}, {"trained", m.trained}};
  if (!std::isnan(m.map50)) j["map50"] = m.map50;
  return project.save_blob(kKey, m.weights, j.dump());
}

Result<std::optional<BoxModel>> load_box_model(Project& project) {
  const auto text = project.setting(kKey);
  if (!text) return tl::make_unexpected(text.error());
  auto bytes = project.load_blob(kKey);
  if (!bytes) return tl::make_unexpected(bytes.error());
  if (!*text || !*bytes) return std::nullopt;
  const auto wrong = [&] { return fail("the stored detector cannot be used", project.dir(), "settings of a detector", "others", "train it again: meltpool train-boxes"); };
  const auto j = nlohmann::json::parse(**text, nullptr, false);
  try {
    BoxModel m;
    m.detector = j.value("detector", "free");
    m.classes = j.at("classes").get<std::vector<std::string>>();
    m.input_px = j.at("input_px");
    m.tile_px = j.at("tile_px");
    m.threshold = j.at("threshold");
    m.saved = j.at("saved");
    m.images = j.at("images");
    m.boxes = j.at("boxes");
    m.trained = j.value("trained", m.trained);
    m.map50 = j.value("map50", ClassDetection::kNone);
    m.weights = std::move(**bytes);
    if (m.input_px < kMinDetectorPx || m.input_px > kMaxDetectorPx || m.tile_px < 0) return wrong();
    return m;
  } catch (const nlohmann::json::exception&) {
    return wrong();
  }
}

std::vector<BoxChange> propose(const BoxStore& store, std::span<const std::uint32_t> images,
                               std::span<const std::vector<Detection>> found, std::span<const ClassId> class_of) {
  std::unordered_map<std::uint32_t, std::size_t> place;
  for (std::size_t i = 0; i < images.size(); ++i) place.emplace(images[i], i);
  std::vector<std::vector<const Box*>> looked_at(images.size());
  std::vector<BoxId> old, withdrawn;
  for (BoxId id = 0; id < store.boxes.size(); ++id) {
    const auto& b = store.boxes[id];
    const auto at = place.find(b.image);
    if (at == place.end()) continue;
    if (b.source == BoxSource::model && b.status == BoxStatus::proposed)
      old.push_back(id);
    else if (b.source == BoxSource::model && b.status == BoxStatus::rejected && b.reviewer == kNewerDetector)
      withdrawn.push_back(id);
    else
      looked_at[at->second].push_back(&b);
  }
  const std::size_t still_proposed = old.size();
  old.insert(old.end(), withdrawn.begin(), withdrawn.end());
  std::vector<BoxChange> out;
  std::size_t used = 0;
  auto next = BoxId(store.boxes.size());
  for (std::size_t i = 0; i < images.size(); ++i)
    for (const auto& d : found[i]) {
      const ClassId cls = class_of[std::size_t(d.cls)];
      if (std::ranges::any_of(looked_at[i], [&](const Box* b) { return b->cls == cls && iou(b->rect, d.rect) > kSameThing; })) continue;
      const BoxId id = used < old.size() ? old[used++] : next++;
      out.push_back({id, {images[i], d.rect, cls, BoxSource::model, BoxStatus::proposed, d.score, {}}});
    }
  for (; used < still_proposed; ++used) {
    Box b = store.boxes[old[used]];
    b.status = BoxStatus::rejected;
    b.reviewer = kNewerDetector;
    out.push_back({old[used], std::move(b)});
  }
  return out;
}

}  // namespace mp::ml
