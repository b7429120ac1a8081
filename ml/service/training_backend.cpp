#include "ml/service/training_backend.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "ml/data/atomic_file.h"
#include "ml/train/input_images.h"
#include "ml/train/manifest.h"

namespace mp::ml {

TrainingBackend make_training_backend(std::string project_dir,
                                      std::function<void(std::string key, std::vector<std::uint8_t>)> save_blob) {
  TrainingBackend b;
  auto manifest = std::make_shared<Manifest>();  // of the round that runs
  b.train = [manifest](const TrainSettings& settings, int classes, std::span<const TrainItem> train,
                       std::span<const TrainItem> validation, InputSource& inputs, const TrainHooks& hooks) {
    auto result = train_network(settings, classes, train, validation, inputs, hooks);
    if (result) {
      *manifest = {settings, 0, {}, {train.begin(), train.end()}, {validation.begin(), validation.end()}};
      manifest->data = data_hash(train, validation, settings.input_px, inputs);
    }
    return result;
  };
  b.load = [] { (void)network_names(); };
  b.make_inputs = [](PoolPtr pool) { return make_input_images(std::move(pool)); };
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
