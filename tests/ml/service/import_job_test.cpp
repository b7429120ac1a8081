#include "ml/service/import_job.h"

#include <chrono>
#include <cstdlib>
#include <fmt/format.h>
#include <map>
#include <set>

#include "engine/base/hash.h"
#include "ml/data/decode.h"
#include "ml/features/feature_blocks.h"
#include "tests/ml/data/project_fixture.h"
#include "tests/ml/data/small_disk.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;
namespace fs = std::filesystem;

namespace {

// A grey picture of noise, different for each seed.
void write_pgm(const std::string& path, int w, int h, std::uint64_t seed) {
  Rng rng(seed);
  std::string text = fmt::format("P5\n{} {}\n255\n", w, h);
  for (int i = 0; i < w * h; ++i) text += char(rng.below(256));
  write_text(path, text);
}

// a/ b/ c/ with `per_class` pictures each.
void write_classes(const std::string& dir, int per_class) {
  for (int i = 0; i < per_class; ++i)
    for (const char* cls : {"a", "b", "c"})
      write_pgm(fmt::format("{}/{}/{:03}.pgm", dir, cls, i), 24, 20, hash_bytes(fmt::format("{}{}", cls, i)));
}

std::vector<float> features_of(const Pool& pool, SampleId id) {
  const auto image = must(decode_file(pool.absolute_path(pool.image_of[id])));
  const Region& r = pool.region[id];
  std::vector<float> out(kBlocksDim);
  FeatureBlocks extractor;
  extractor.compute(image.grey.pixels.data() + r.y * image.grey.width_px + r.x, r.w, r.h, image.grey.width_px,
                    std::span<float, kBlocksDim>(out.data(), kBlocksDim));
  return out;
}

// Every row is there and equal to what a single decode of its file gives.
void check_features(const ProjectData& data) {
  REQUIRE(data.features);
  REQUIRE(data.features->n == data.pool->size());
  for (SampleId id = 0; id < data.pool->size(); ++id) {
    INFO("sample " << id);
    REQUIRE(data.features->valid[id]);
    const auto row = data.features->row(id);
    CHECK(std::vector<float>(row.begin(), row.end()) == features_of(*data.pool, id));
  }
}

ImportSummary import(Project& project, const std::string& root, ImportHooks hooks = {}, bool layers = false,
                     int patch = 16) {
  return must(run_import(project, {root, layers, patch, false, false}, hooks));
}

ProjectData load(Project& project) { return must(load_project_data(project, {})); }

std::string test_data() {
  const char* set = std::getenv("MELTPOOL_TEST_DATA");
  return set ? set : std::string(MP_SOURCE_DIR) + "/../shared/data";
}

}  // namespace

TEST_CASE("class folders become samples with source classes, features, thumbnails and a held-out fifth") {
  TempDir tmp;
  write_classes(tmp / "src", 10);
  write_text(tmp / "src/notes.txt", "hello");
  auto project = must(Project::create(tmp / "p"));
  std::vector<ImportProgress> progress;
  std::vector<std::size_t> published;
  ImportHooks hooks;
  hooks.progress = [&](const ImportProgress& p) { progress.push_back(p); };
  hooks.published = [&](PoolPtr pool, FeaturesPtr features) {
    published.push_back(pool->size());
    CHECK(features->n == pool->size());
  };
  const auto summary = import(*project, tmp / "src", hooks);
  CHECK(summary.samples == 30);
  CHECK(summary.added == 30);
  CHECK(summary.bad == 0);
  CHECK(summary.ignored == 1);
  CHECK(summary.layers == 0);
  CHECK_FALSE(summary.cancelled);
  REQUIRE_FALSE(progress.empty());
  CHECK(progress.back().finished);
  CHECK(progress.back().files_done == 30);
  CHECK(progress.back().files_total == 30);
  CHECK(published.back() == 30);

  const auto data = load(*project);
  check_features(data);
  CHECK(data.bad.empty());
  const auto classes = must(project->load_classes());
  REQUIRE(classes.size() == 3);
  std::map<ClassId, int> held;
  for (SampleId id = 0; id < 30; ++id) {
    CHECK(classes[std::size_t(data.pool->source_class[id])].name + "/" ==
          data.pool->image(id).path.substr(0, 2));
    held[data.pool->source_class[id]] += data.pool->split[id] == Split::held_out;
  }
  CHECK(held == std::map<ClassId, int>{{0, 2}, {1, 2}, {2, 2}});
  REQUIRE(data.thumbs);
  for (std::uint32_t i = 0; i < 30; ++i) {
    const auto thumb = data.thumbs->read(i);
    CHECK(thumb.width_px == 24);
    CHECK(thumb.height_px == 20);
  }
  CHECK(must(project->load_imports())[0].finished);
}

TEST_CASE("the same folder again adds nothing, new files are appended, the order of import does not matter for splits") {
  TempDir tmp;
  write_classes(tmp / "src", 4);
  auto project = must(Project::create(tmp / "p"));
  import(*project, tmp / "src");
  const auto before = load(*project);
  auto again = import(*project, tmp / "src/../src/");
  CHECK(again.samples == 12);
  CHECK(again.added == 0);
  CHECK(again.skipped == 12);
  write_classes(tmp / "src", 9);
  auto more = import(*project, tmp / "src");
  CHECK(more.samples == 27);
  CHECK(more.added == 15);
  const auto after = load(*project);
  for (SampleId id = 0; id < 12; ++id) CHECK(after.pool->image(id).path == before.pool->image(id).path);
  check_features(after);
  auto fresh = must(Project::create(tmp / "q"));
  import(*fresh, tmp / "src");
  std::set<std::string> held[2];
  const Pool pools[] = {*after.pool, must(fresh->load_pool())};
  for (int k = 0; k < 2; ++k)
    for (SampleId id = 0; id < 27; ++id)
      if (pools[k].split[id] == Split::held_out) held[k].insert(pools[k].image(id).path);
  CHECK(held[0].size() == 6);
  CHECK(held[0] == held[1]);
}

TEST_CASE("a cancelled import continues where it stopped") {
  TempDir tmp;
  write_classes(tmp / "src", 70);
  auto project = must(Project::create(tmp / "p"));
  ImportHooks stop;
  stop.cancel.cancel();
  CHECK(import(*project, tmp / "src", stop).cancelled);
  CHECK(must(project->load_pool()).size() == 0);
  std::size_t total = 0;
  int runs = 0;
  for (bool cancelled = true; cancelled && runs < 210; ++runs) {   // a slow machine publishes an image at a time
    ImportHooks hooks;  // stops after the first batch
    hooks.published = [&](PoolPtr, FeaturesPtr) { hooks.cancel.cancel(); };
    const auto summary = import(*project, tmp / "src", hooks);
    CHECK(summary.skipped == total);
    CHECK(summary.samples > total);
    total = summary.samples;
    cancelled = summary.cancelled;
    CHECK(must(project->load_imports())[0].finished == !cancelled);
    CHECK(must(project->load_pool()).size() == total);
  }
  CHECK(runs > 1);
  const auto data = load(*project);
  CHECK(data.pool->size() == 210);
  std::set<std::string> paths;
  for (const auto& image : data.pool->images) paths.insert(image.path);
  CHECK(paths.size() == 210);
  check_features(data);
}

TEST_CASE("nothing held out is ever in the pool: not while an import grows, not after it was killed") {
  TempDir tmp;
  write_classes(tmp / "src", 40);
  auto project = must(Project::create(tmp / "p"));
  ImportHooks kill;
  std::size_t published = 0;
  kill.published = [&](PoolPtr pool, FeaturesPtr) {
    if (published++ > 0) return;
    for (SampleId id = 0; id < pool->size(); ++id) CHECK(pool->split[id] == Split::held_out);
    throw std::runtime_error("killed");  // the import's end never comes
  };
  CHECK_THROWS(run_import(*project, {tmp / "src", false, 16, false, false}, kill));
  const Pool left = must(project->load_pool());
  REQUIRE(left.size() > 0);
  REQUIRE(left.size() < 120);
  CHECK(std::count(left.split.begin(), left.split.end(), Split::held_out) == 0);
  CHECK_FALSE(must(project->load_imports())[0].finished);

  auto held = [](const Pool& pool) { return std::count(pool.split.begin(), pool.split.end(), Split::held_out); };
  project.reset();
  {
    auto reader = must(Project::open(tmp / "p", OpenMode::read));
    CHECK(held(*load(*reader).pool) > 0);
  }
  project = must(Project::open(tmp / "p", OpenMode::write));
  const auto data = load(*project);
  CHECK(held(*data.pool) > 0);
  CHECK(data.pool->split == assign_splits(left, kHeldOutShare, kSplitSeed));
  CHECK(must(project->load_pool()).split == data.pool->split);
  import(*project, tmp / "src");
  CHECK(held(must(project->load_pool())) == 24);
}

TEST_CASE("bad files are listed with their reasons, tried again, and the rest is imported") {
  TempDir tmp;
  write_classes(tmp / "src", 2);
  write_text(tmp / "src/a/empty.png", "");
  write_text(tmp / "src/a/text.png", "this is no picture");
  write_text(tmp / "src/b/short.pgm", "P5\n100 100\n255\nabc");
  write_text(tmp / "src/b/huge.pgm", "P5\n70000 70000\n255\n");
  const std::string odd = "new\nline \xff µ " + std::string(200, 'x') + ".pgm";
  write_pgm(tmp / "src/c/" + odd, 10, 10, 1);
  auto project = must(Project::create(tmp / "p"));
  std::vector<BadFile> told;
  ImportHooks hooks;
  hooks.bad = [&](std::vector<BadFile> files) { told.insert(told.end(), files.begin(), files.end()); };
  auto summary = import(*project, tmp / "src", hooks);
  CHECK(summary.samples == 7);
  CHECK(summary.bad == 4);
  CHECK(told.size() == 4);
  std::map<std::string, std::string> reasons;
  for (const auto& b : must(project->load_bad())) reasons[b.path] = b.reason;
  REQUIRE(reasons.size() == 4);
  for (const auto& [path, reason] : reasons) {
    INFO(path << ": " << reason);
    CHECK(reason.size() > 5);
    CHECK(reason.find(tmp.path()) == std::string::npos);
  }
  CHECK(reasons.contains("a/empty.png"));
  CHECK(reasons.contains("b/huge.pgm"));
  bool found = false;
  for (const auto& image : must(project->load_pool()).images) found |= image.path == "c/" + odd;
  CHECK(found);

  write_pgm(tmp / "src/b/short.pgm", 10, 10, 2);
  summary = import(*project, tmp / "src");
  CHECK(summary.samples == 8);
  CHECK(summary.bad == 3);
  CHECK(summary.skipped == 7);
}

TEST_CASE("layers are cut into full patches, in build order, with classes from truth.csv") {
  TempDir tmp;
  for (int i = 1; i <= 12; ++i) write_pgm(fmt::format("{}/{}mm_500um.pgm", tmp / "build", i), 40, 33, std::uint64_t(i));
  write_pgm(tmp / "build/13mm_500um.pgm", 40, 9, 13);
  write_text(tmp / "build/truth.csv",
             "file,x,y,w,h,class\n2mm_500um.pgm,16,0,16,16,streak\n2mm_500um.pgm,0,16,16,16,powder\n"
             "10mm_500um.pgm,0,0,16,16,streak\nbroken line\n");
  auto project = must(Project::create(tmp / "p"));
  const auto summary = import(*project, tmp / "build", {}, true);
  CHECK(summary.layers == 13);
  CHECK(summary.samples == 12 * 4 + 1);
  const auto data = load(*project);
  const Pool& pool = *data.pool;
  CHECK(pool.patch_px == 16);
  REQUIRE(pool.layers.size() == 13);
  for (std::size_t l = 0; l < 13; ++l) CHECK(pool.layers[l].z_mm == Approx(double(l) + 1.5));
  CHECK(pool.layers[3].cols == 2);
  CHECK(pool.layers[3].rows == 2);
  CHECK(pool.region[pool.layers[3].first_sample + 3] == Region{16, 16, 16, 16});
  CHECK(pool.layers[12].cols == 1);
  CHECK(pool.region[pool.layers[12].first_sample] == Region{0, 0, 40, 9});
  CHECK_THAT(pool.images[pool.layers[12].image].note, Catch::Contains("smaller than a patch"));
  const auto classes = must(project->load_classes());
  REQUIRE(classes.size() == 2);
  const auto source = [&](std::size_t layer, unsigned k) { return pool.source_class[pool.layers[layer].first_sample + k]; };
  CHECK(classes[std::size_t(source(1, 1))].name == "streak");
  CHECK(classes[std::size_t(source(1, 2))].name == "powder");
  CHECK(source(1, 0) == kNoClass);
  CHECK(source(9, 0) == source(1, 1));
  REQUIRE(data.bad.size() == 1);
  CHECK_THAT(data.bad[0].path, Catch::EndsWith("truth.csv"));
  check_features(data);
  CHECK(data.thumbs->thumb_px() == kLayerThumbPx);

  // Layers that come later and lie between take their place, samples keep their ids.
  write_pgm(tmp / "build/4mm_100um.pgm", 40, 33, 40);
  import(*project, tmp / "build", {}, true);
  const auto later = load(*project);
  REQUIRE(later.pool->layers.size() == 14);
  CHECK(later.pool->images[later.pool->layers[3].image].path == "4mm_100um.pgm");
  CHECK(later.pool->layers[3].first_sample == 49);
  CHECK(later.pool->layers[4].first_sample == pool.layers[3].first_sample);
  check_features(later);

  CHECK_FALSE(run_import(*project, {tmp / "build", true, 8, false, false}, {}).has_value());
  CHECK_FALSE(run_import(*project, {tmp / "build", false, 16, false, false}, {}).has_value());
}

TEST_CASE("a deleted cache is rebuilt, also partly, and while reading only") {
  TempDir tmp;
  write_classes(tmp / "src", 3);
  auto project = must(Project::create(tmp / "p"));
  import(*project, tmp / "src");
  fs::remove_all(project->cache_dir());
  std::vector<ImportProgress> progress;
  ImportHooks hooks;
  hooks.progress = [&](const ImportProgress& p) { progress.push_back(p); };
  check_features(must(load_project_data(*project, hooks)));
  REQUIRE_FALSE(progress.empty());
  CHECK(progress.back().finished);
  CHECK(progress.back().files_done == 9);
  progress.clear();
  auto data = must(load_project_data(*project, hooks));
  CHECK(progress.empty());
  check_features(data);
  for (std::uint32_t i = 0; i < 9; ++i) CHECK(data.thumbs->valid(i));

  fs::remove_all(project->cache_dir());
  auto reader = must(Project::open(tmp / "p", OpenMode::read));
  data = must(load_project_data(*reader, hooks));
  check_features(data);
  CHECK(data.thumbs->read(8).width_px == 24);
  CHECK_FALSE(fs::exists(project->cache_dir()));
  CHECK_FALSE(run_import(*reader, {tmp / "src"}, {}).has_value());
}

TEST_CASE("files that were copied or restored are the same files") {
  TempDir tmp;
  const bool many = GENERATE(false, true);   // of many only some are read
  write_classes(tmp / "src", many ? 30 : 3);
  auto project = must(Project::create(tmp / "p"));
  import(*project, tmp / "src");
  const auto touch = [&](int seconds) {
    for (const auto& f : fs::recursive_directory_iterator(tmp / "src"))
      if (f.is_regular_file()) fs::last_write_time(f, fs::file_time_type::clock::now() + std::chrono::seconds(seconds));
  };
  touch(10);
  CHECK(load(*project).bad.empty());
  CHECK(import(*project, tmp / "src").skipped == (many ? 90 : 9));   // remembered: nothing is read again
  // Other pictures of the same size are found.
  for (const auto& f : fs::recursive_directory_iterator(tmp / "src"))
    if (f.is_regular_file()) write_pgm(f.path(), 24, 20, hash_bytes(f.path().string() + "again"));
  touch(20);
  CHECK(load(*project).bad.size() == (many ? 90 : 9));
}

TEST_CASE("files that are gone or changed are listed, and a new import takes the changed ones") {
  TempDir tmp;
  write_classes(tmp / "src", 3);
  auto project = must(Project::create(tmp / "p"));
  import(*project, tmp / "src");
  must(project->append_labels({1, 0, "ann", 0, {{4, 1, LabelSource::person}}}));
  fs::remove(tmp / "src/a/000.pgm");
  write_pgm(tmp / "src/b/001.pgm", 24, 20, 777);
  fs::last_write_time(tmp / "src/b/001.pgm", fs::file_time_type::clock::now() + std::chrono::seconds(10));
  write_pgm(tmp / "src/c/002.pgm", 30, 30, 778);
  auto data = load(*project);
  CHECK(data.pool->size() == 9);
  std::map<std::string, std::string> reasons;
  for (const auto& b : data.bad) reasons[b.path] = b.reason;
  CHECK(reasons.size() == 3);
  CHECK_THAT(reasons["a/000.pgm"], Catch::Contains("no longer there"));
  CHECK_THAT(reasons["b/001.pgm"], Catch::Contains("changed"));
  CHECK(must(project->load_bad()).empty());

  const auto summary = import(*project, tmp / "src");
  CHECK(summary.samples == 9);
  CHECK(summary.bad == 1);
  data = load(*project);
  reasons.clear();
  for (const auto& b : data.bad) reasons[b.path] += b.reason;
  CHECK(reasons.size() == 2);
  CHECK_THAT(reasons["c/002.pgm"], Catch::Contains("changed size since import") && Catch::Contains("24 x 20"));
  CHECK(must(project->load_labels()).cls[4] == 1);
  for (SampleId id = 0; id < 9; ++id) {
    if (data.pool->image(id).path != "b/001.pgm") continue;
    const auto row = data.features->row(id);
    CHECK(std::vector<float>(row.begin(), row.end()) == features_of(*data.pool, id));
  }
  // A deleted cache and a missing file: the row stays empty, the rest comes back.
  fs::remove_all(project->cache_dir());
  data = load(*project);
  CHECK(data.features->n == 9);
  std::size_t valid = 0;
  for (auto v : data.features->valid) valid += v;
  CHECK(valid == 7);
}

TEST_CASE("what an import cannot use is said") {
  TempDir tmp;
  auto project = must(Project::create(tmp / "p"));
  fs::create_directories(tmp / "empty");
  write_text(tmp / "texts/a.txt", "a");
  for (const char* name : {"none", "empty", "texts"}) {
    const auto r = run_import(*project, {tmp / name}, {});
    REQUIRE_FALSE(r.has_value());
    CHECK_FALSE(r.error().action.empty());
  }
  write_text(tmp / "bad/a.png", "");
  const auto summary = import(*project, tmp / "bad");
  CHECK(summary.samples == 0);
  CHECK(summary.bad == 1);
  const auto data = load(*project);
  CHECK(data.pool->size() == 0);
  CHECK(data.bad.size() == 1);
}

TEST_CASE("an import onto a full disk fails with words and goes on when there is room") {
  TempDir tmp;
  write_classes(tmp / "src", 60);
  const std::string disk = tmp / "disk";
  fs::create_directories(disk);
  with_small_disk(disk, "300k", [&]() -> std::string {
    auto project = Project::create(disk + "/p");
    if (!project) return project.error().message();
    ImportHooks hooks;
    auto result = run_import(**project, {tmp / "src"}, hooks);
    if (result) return "imported onto a full disk";
    if (result.error().action.empty()) return result.error().message();
    if (!remount_with_size(disk, "20m")) return "remount";
    result = run_import(**project, {tmp / "src"}, hooks);
    if (!result) return result.error().message();
    if (result->samples != 180 || result->bad != 0) return fmt::format("{} samples", result->samples);
    const auto data = load_project_data(**project, {});
    if (!data) return data.error().message();
    for (auto v : data->features->valid)
      if (!v) return "a row is missing";
    return "";
  });
}

TEST_CASE("real images: slm layers with odd names") {
  const std::string dir = test_data() + "/slm_cnn/layers";
  if (!fs::exists(dir)) {
    WARN("skipped: no " << dir);
    return;
  }
  TempDir tmp;
  auto project = must(Project::create(tmp / "p"));
  const auto summary = import(*project, dir, {}, true, 128);
  CHECK(summary.bad == 0);
  CHECK(summary.layers > 0);
  CHECK(summary.samples == summary.layers * 36);
  const auto data = load(*project);
  for (std::size_t l = 1; l < data.pool->layers.size(); ++l)
    CHECK(data.pool->layers[l].z_mm > data.pool->layers[l - 1].z_mm);
  CHECK(std::all_of(data.features->valid.begin(), data.features->valid.end(), [](auto v) { return v == 1; }));
}
