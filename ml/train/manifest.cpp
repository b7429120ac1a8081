// See manifest.h.
#include "ml/train/manifest.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/base/hash.h"
#include "ml/train/labelled_images.h"

namespace mp::ml {
namespace {

using nlohmann::json;
constexpr std::size_t kMostHashed = 2000;  // images of a data hash

json items_json(const std::vector<TrainItem>& items) {
  auto j = json::array();
  for (const auto& i : items) j.push_back({i.id, i.cls});
  return j;
}

std::vector<TrainItem> read_items(const json& j) {
  std::vector<TrainItem> items;
  for (const auto& i : j) items.push_back({i.at(0).get<SampleId>(), i.at(1).get<ClassId>()});
  return items;
}

}  // namespace

std::string program_versions() {
  return "meltpool " MP_VERSION ", revision " MP_REVISION ", " + network_versions().value_or("no network module");
}

std::string data_hash(std::span<const TrainItem> train, std::span<const TrainItem> validation, int px, InputSource& inputs) {
  std::uint64_t hash = std::uint64_t(px);
  std::vector<SampleId> ids;
  std::vector<std::uint8_t> images, ok;
  const std::size_t size = std::size_t(px) * std::size_t(px);
  for (auto items : {train, validation}) {
    hash = hash_combine(hash, items.size());
    for (const auto& i : items) hash = hash_combine(hash_combine(hash, i.id), std::uint64_t(i.cls));
    // Of many images some: they are decoded for this.
    const std::size_t step = items.size() / kMostHashed + 1;
    for (std::size_t i = 0; i < items.size(); i += step) ids.push_back(items[i].id);
  }
  for (std::size_t from = 0; from < ids.size(); from += kLoadChunk) {
    const auto part = std::span(ids).subspan(from, std::min(kLoadChunk, ids.size() - from));
    images.assign(part.size() * size, 0);
    ok.assign(part.size(), 0);
    inputs.load(part, px, images, ok);
    hash = hash_combine(hash, hash_bytes({reinterpret_cast<const char*>(images.data()), images.size()}));
  }
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

std::string manifest_json(const Manifest& m) {
  json settings = json::object();
  for_each_setting(m.settings, [&](const char* name, const auto& value, const char*) { settings[name] = value; });
  json j{{"manifest", 1},       {"versions", m.versions},  {"settings", settings},
         {"classes", m.classes}, {"data", m.data},
         {"train", items_json(m.train)}, {"validation", items_json(m.validation)},
         {"result", {{"accuracy", m.accuracy}, {"best_epoch", m.best_epoch}, {"epochs", m.epochs}}}};
  if (m.pretrain_seed) j["pretrain_seed"] = *m.pretrain_seed;
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Manifest> read_manifest(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail("cannot read the manifest", path, "a file of `train`", "none that can be opened");
  Manifest m;
  try {
    const auto j = json::parse(in);
    if (j.at("manifest") != 1) throw std::runtime_error("another version");
    for_each_setting(m.settings, [&]<class T>(const char* name, T& value, const char*) {
      if (j.at("settings").contains(name)) value = j["settings"][name].get<T>();
    });
    if (j.contains("pretrain")) m.settings.pretrain = j["pretrain"].get<int>();   // where it stood once
    if (j.contains("pretrain_seed")) m.pretrain_seed = j["pretrain_seed"].get<std::uint64_t>();
    m.classes = j.at("classes").get<std::vector<std::string>>();
    m.data = j.at("data").get<std::string>();
    m.versions = j.at("versions").get<std::string>();
    m.train = read_items(j.at("train"));
    m.validation = read_items(j.at("validation"));
    m.accuracy = j.at("result").at("accuracy").get<double>();
  } catch (const std::exception& e) {
    return fail("cannot read the manifest", path, "a manifest that `train` wrote", std::string(e.what()).substr(0, 120));
  }
  if (auto ok = check_settings(m.settings); !ok) return tl::make_unexpected(ok.error());
  return m;
}

}  // namespace mp::ml
