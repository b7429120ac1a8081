// See detector_file.h.
#include "ml/detect/detector_file.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "ml/data/decode.h"
#include "ml/nn/safetensors.h"

namespace mp::ml {

std::vector<std::uint8_t> detector_file(const BoxModel& m) {
  const auto file = read_safetensors(m.weights);
  if (!file) return m.weights;   // a detector's own save() is always whole
  std::vector<NamedTensor> tensors;
  for (const auto& t : file->tensors) tensors.push_back({t.name, t.shape, floats_of(t)});
  auto metadata = file->metadata;
  metadata["class_names"] = nlohmann::json(m.classes).dump();
  metadata["tile_px"] = std::to_string(m.tile_px);
  metadata["threshold"] = nlohmann::json(m.threshold).dump();
  return write_safetensors(tensors, metadata);
}

Result<BoxModel> read_detector_file(const std::string& path) {
  const auto wrong = [&](const std::string& found) { return fail("cannot use the detector's weights", path, "a file that train-boxes --save or bench detect --save wrote", found, "Name such a file, or train the detector again"); };
  auto bytes = read_file(path);
  if (!bytes) return wrong(bytes.error().found.empty() ? bytes.error().what : bytes.error().found);
  const auto file = read_safetensors(*bytes, path);
  if (!file) return wrong(file.error().found.empty() ? file.error().what : file.error().found);
  const auto text = [&](const char* key) {
    const auto at = file->metadata.find(key);
    return at == file->metadata.end() ? std::string() : at->second;
  };
  const auto whole = [&](const char* key) {
    const auto t = text(key);
    int v = 0;
    std::from_chars(t.data(), t.data() + t.size(), v);
    return v;
  };
  BoxModel m;
  m.detector = text("detector");
  if (m.detector != "free" && m.detector != "fixed") return wrong("weights of something else");
  const auto names = nlohmann::json::parse(text("class_names"), nullptr, false);
  const auto threshold = nlohmann::json::parse(text("threshold"), nullptr, false);
  try {
    m.classes = names.get<std::vector<std::string>>();
    if (threshold.is_number()) m.threshold = threshold;
  } catch (const nlohmann::json::exception&) {
  }
  if (m.classes.empty() || int(m.classes.size()) != whole("classes")) return wrong("weights that do not name their classes");
  m.input_px = whole("input_px");
  m.tile_px = whole("tile_px");
  if (m.input_px < kMinDetectorPx || m.input_px > kMaxDetectorPx || m.tile_px < 0) return wrong("an input of " + text("input_px") + " pixels");
  m.weights = std::move(*bytes);
  return m;
}

}  // namespace mp::ml
