// See stored_network.h.
#include "ml/service/stored_network.h"

#include <filesystem>

#include "ml/data/decode.h"
#include "ml/train/feature_head.h"
#include "ml/train/manifest.h"

namespace mp::ml {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kManifest = ".manifest.json";

/// Name of the network whose manifest is the youngest; empty if there is none.
std::string youngest(const std::string& models) {
  std::string name;
  fs::file_time_type when;
  std::error_code ec;
  for (fs::directory_iterator it(models, ec), end; !ec && it != end; it.increment(ec)) {
    const auto file = it->path().filename().string();
    std::error_code none;
    const auto written = it->last_write_time(none);
    if (!file.ends_with(kManifest) || none || (!name.empty() && written <= when)) continue;
    name = file.substr(0, file.size() - kManifest.size());
    when = written;
  }
  return name;
}

}  // namespace

Result<StoredNetwork> load_stored_network(const std::string& project_dir, const std::string& wanted, int threads, bool heads) {
  const auto models = project_dir + "/models";
  const auto name = wanted.empty() ? youngest(models) : wanted;
  std::error_code ec;
  if (name.empty() || !fs::exists(models + "/" + name + std::string(kManifest), ec))
    return fail(kNoNetwork, models, "a trained network" + (wanted.empty() ? std::string() : " " + wanted), "none",
                "train one: meltpool train, or the window's Train");
  const bool headed = name.find('+') != std::string::npos;
  if (headed && !heads)
    return fail("cannot look into " + name, models, "a network with a classifier of its own", "a head on its features",
                "train " + name.substr(0, name.find('+')));
  auto manifest = read_manifest(models + "/" + name + std::string(kManifest));
  if (!manifest) return tl::make_unexpected(manifest.error());
  manifest->settings.threads = threads;
  auto spec = network_spec(manifest->settings, int(manifest->classes.size()));
  if (!spec) return tl::make_unexpected(spec.error());
  auto made = make_network(*spec);
  if (!made) return tl::make_unexpected(made.error());
  std::shared_ptr<Network> network = std::move(*made);
  if (headed) network = with_head(std::move(network), nullptr, name);
  const auto file = models + "/" + name + ".safetensors";
  const auto bytes = read_file(file);
  if (!bytes) return tl::make_unexpected(bytes.error());
  if (auto ok = network->load(*bytes); !ok) {
    auto e = ok.error();
    e.path = file;
    return tl::make_unexpected(e);
  }
  std::vector<bool> learned(manifest->classes.size());
  for (const auto& item : manifest->train)
    if (item.cls >= 0 && std::size_t(item.cls) < learned.size()) learned[std::size_t(item.cls)] = true;
  return StoredNetwork{name, std::move(manifest->classes), std::move(network), std::move(learned)};
}

}  // namespace mp::ml
