// A short run on real images: steel surface defects, where they are there.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "ml/train/batches.h"
#include "ml/train/input_images.h"

using namespace mp::ml;
namespace fs = std::filesystem;

TEST_CASE("sixty labels of real steel defects teach more than a guess") {
  const char* given = std::getenv("MELTPOOL_TEST_DATA");
  fs::path root = (given ? fs::path(given) : fs::path(MP_SOURCE_DIR) / "../shared/data") / "neu" / "images";
  if (!fs::is_directory(root)) {
    WARN("skipped: no images at " << root);
    return;
  }
  auto pool = std::make_shared<Pool>();
  pool->roots = {root.string()};
  std::vector<ClassId> truth;
  std::vector<fs::path> folders(fs::directory_iterator(root), {});
  std::sort(folders.begin(), folders.end());
  for (auto& folder : folders) {
    std::vector<fs::path> files(fs::directory_iterator(folder), {});
    std::sort(files.begin(), files.end());
    auto cls = ClassId(&folder - folders.data());
    for (std::size_t i = 0; i < files.size(); i += 10) {
      pool->images.push_back({0, fs::relative(files[i], root).string(), 200, 200});
      pool->image_of.push_back(std::uint32_t(pool->image_of.size()));
      pool->region.push_back({0, 0, 200, 200});
      truth.push_back(cls);
    }
  }
  REQUIRE(truth.size() == 180);
  std::vector<TrainItem> train, held_out;
  auto chosen = stratified_subset(truth, 60, 1);
  for (SampleId i = 0; i < truth.size(); ++i)
    (std::ranges::binary_search(chosen, i) ? train : held_out).push_back({i, truth[i]});
  TrainSettings settings;
  settings.network = "bn-gapc";
  settings.input_px = 64;
  settings.epochs = 6;
  InputImages inputs(pool);
  auto result = train_network(settings, 6, train, held_out, inputs, {});
  if (!result) FAIL(result.error().message());
  CHECK(result->validation.n == 120);
  CHECK(result->validation.accuracy > 0.6);
  CHECK(inputs.images_decoded() == 180);
}
