#include "ml/service/training_backend.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "ml/data/atomic_file.h"
#include "ml/train/guide_boxes.h"
#include "ml/train/input_images.h"
#include "ml/train/manifest.h"
#include "ml/train/pretrain.h"

namespace mp::ml {

TrainingBackend make_training_backend(std::string project_dir,
                                      std::function<void(std::string key, std::vector<std::uint8_t>)> save_blob,
                                      std::function<Result<BoxStore>()> boxes) {
  TrainingBackend b;
  auto manifest = std::make_shared<Manifest>();  // of the round that runs
  auto pool = std::make_shared<PoolPtr>();       // that the inputs are of
  b.train = [manifest, boxes, pool](const TrainSettings& settings, int classes, std::span<const TrainItem> train,
                                    std::span<const TrainItem> validation, InputSource& inputs,
                                    const TrainHooks& plain, std::shared_ptr<Network> start) -> Result<TrainResult> {
    auto hooks = plain;
    if (settings.guide > 0 && boxes && *pool) {
      auto store = boxes();
      if (!store) return tl::make_unexpected(store.error());
      auto index = std::make_shared<const BoxIndex>(**pool, *store);
      if (!index->empty()) hooks.boxes = [index](SampleId id, ClassId cls) { return index->boxes(id, cls); };
    }
    auto result = train_network(settings, classes, train, validation, inputs, hooks, std::move(start));
    if (result) {
      *manifest = {settings, {}, {train.begin(), train.end()}, {validation.begin(), validation.end()}};
      manifest->data = data_hash(train, validation, settings.input_px, inputs);
    }
    return result;
  };
  b.pretrain = [](const TrainSettings& settings, int classes, std::span<const SampleId> ids, InputSource& inputs,
                  const TrainHooks& hooks) { return pretrain(settings, classes, ids, inputs, hooks); };
  b.load = [] { (void)network_names(); };
  b.make_inputs = [pool](PoolPtr shown) {
    *pool = shown;
    return make_input_images(std::move(shown));
  };
  if (project_dir.empty()) return b;
  b.save = [project_dir, save_blob, manifest](const TrainResult& result, const TrainSettings& settings, int round,
                                    std::uint64_t label_revision,
                                    const std::vector<std::string>& classes) -> Result<void> {
    const auto file = "models/" + settings.network + ".safetensors";
    std::error_code ignored;  // the file's error says it
    std::filesystem::create_directories(project_dir + "/models", ignored);
    auto out = AtomicFile::create(project_dir + "/" + file);
    if (!out) return tl::make_unexpected(out.error());
    const auto weights = result.network->save();
    out->write({reinterpret_cast<const char*>(weights.data()), weights.size()});
    if (auto ok = out->commit(); !ok) return ok;
    manifest->classes = classes;
    manifest->versions = program_versions();
    manifest->pretrain_seed = result.pretrain_seed;
    manifest->accuracy = result.validation.accuracy;
    manifest->best_epoch = result.best_epoch;
    manifest->epochs = result.epochs;
    auto beside = AtomicFile::create(project_dir + "/models/" + settings.network + ".manifest.json");
    if (!beside) return tl::make_unexpected(beside.error());
    beside->write(manifest_json(*manifest));
    if (auto ok = beside->commit(); !ok) return ok;
    nlohmann::json facts{{"network", settings.network},
                         {"input_px", settings.input_px},
                         {"classes", classes},
                         {"file", file},
                         {"round", round},
                         {"label_revision", label_revision},
                         {"accuracy", result.validation.accuracy},
                         {"biased", result.validation.biased},
                         {"epoch", result.best_epoch},
                         {"seed", settings.seed}};
    const auto text = facts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    save_blob(kNetworkModelBlob, {text.begin(), text.end()});
    return {};
  };
  return b;
}

}  // namespace mp::ml
