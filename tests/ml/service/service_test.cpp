#include "ml/service/service.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "engine/base/hash.h"
#include "ml/head/instant_model.h"
#include "ml/service/stored_model.h"
#include "tests/ml/service/fixture.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;
namespace fs = std::filesystem;

namespace {

/// Class folders of small textures: noise, stripes and a checkerboard.
struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "mp-service-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  std::string images(int each) {
    const char* names[] = {"noise", "stripes", "checks"};
    for (int c = 0; c < 3; ++c) {
      fs::create_directories(path / "images" / names[c]);
      for (int i = 0; i < each; ++i) {
        Rng rng(hash_combine(std::uint64_t(c), std::uint64_t(i)));
        std::ofstream out(path / "images" / names[c] / ("i" + std::to_string(i) + ".pgm"), std::ios::binary);
        out << "P5\n64 64\n255\n";
        for (int y = 0; y < 64; ++y)
          for (int x = 0; x < 64; ++x) {
            const float base = c == 0 ? 0.f : c == 1 ? float(y / 3 % 2) : float((x / 2 + y / 2) % 2);
            out.put(char(int(std::clamp(110 + 40 * base + 20 * rng.normal(), 0.f, 255.f))));
          }
      }
    }
    return (path / "images").string();
  }
  std::unique_ptr<Project> project(bool create) {
    const auto dir = (path / "project").string();
    auto p = create ? Project::create(dir) : Project::open(dir, OpenMode::write);
    REQUIRE(p);
    return std::move(*p);
  }
};

/// The main loop of a program without a window.
struct Loop {
  Service service;
  std::vector<Event> events;
  PoolPtr pool;
  FeaturesPtr features;
  PredictionsPtr predictions;
  ProjectionPtr projection;
  LabelsPtr stored_labels;
  LabelStore labels;

  Loop(std::unique_ptr<Project> project, ServiceOptions options = {}) : service(std::move(project), options) {}
  void frame() {
    for (auto& e : service.drain()) events.push_back(std::move(e));
    if (auto p = service.take_pool()) pool = p;
    if (auto p = service.take_features()) features = p;
    if (auto p = service.take_predictions()) predictions = p;
    if (auto p = service.take_projection()) projection = p;
    if (auto p = service.take_labels()) stored_labels = p;
  }
  bool idle(bool training = false) {
    const bool done = eventually([&] {
      frame();
      return !service.busy(training);
    });
    return done;
  }
  void import(const std::string& root) {
    ImportRequest r;
    r.root = root;
    service.import(r);
  }
  void label_from_source(std::vector<SampleId> ids) {
    LabelBatch batch;
    batch.revision = labels.revision + 1;
    batch.author = "test";
    for (auto id : ids) batch.changes.push_back({id, pool->source_class[id], LabelSource::oracle});
    labels.resize(pool->size());
    labels.apply(batch);
    service.labels_changed(std::make_shared<LabelStore>(labels), batch);
  }
  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& e : events)
      if (const auto* t = std::get_if<T>(&e)) found.push_back(*t);
    return found;
  }
};

std::vector<SampleId> first_of_each_class(const Pool& pool, int each) {
  std::vector<SampleId> ids;
  std::vector<int> have(8);
  for (SampleId i = 0; i < pool.size(); ++i)
    if (pool.split[i] == Split::pool && have[std::size_t(pool.source_class[i])]++ < each) ids.push_back(i);
  return ids;
}

}  // namespace

TEST_CASE("service: from a folder of images to labels, predictions, queries and a stored model") {
  Folder folder;
  const auto root = folder.images(20);
  std::vector<SampleId> picks;
  double accuracy = 0;
  {
    Loop loop(folder.project(true));
    REQUIRE(loop.idle());
    REQUIRE(loop.pool);
    CHECK(loop.pool->size() == 0);
    loop.import(root);
    REQUIRE(loop.idle());
    REQUIRE(loop.pool->size() == 60);
    REQUIRE(loop.features);
    CHECK(loop.features->n == 60);
    REQUIRE(loop.projection);
    CHECK(loop.projection->xy.size() == 120);
    const auto classes = loop.service.load_classes();
    REQUIRE(classes);
    REQUIRE(classes->size() == 3);
    CHECK(loop.service.thumbs());
    CHECK(loop.all<WorkerFailed>().empty());
    CHECK(loop.all<ImportProgress>().back().finished);

    loop.label_from_source(first_of_each_class(*loop.pool, 3));
    REQUIRE(loop.idle());
    CHECK(loop.service.rescored(1));
    CHECK(loop.service.unsaved_labels() == 0);
    REQUIRE(loop.all<LabelsSaved>().size() == 1);
    REQUIRE(loop.predictions);
    CHECK(loop.predictions->label_revision == 1);
    const auto rescored = loop.all<Rescored>();
    CHECK(rescored.back().degraded);
    CHECK(rescored.back().labels == 9);
    const auto& evaluation = rescored.back().evaluation;
    CHECK(!evaluation.biased);
    CHECK(evaluation.n == 12);
    CHECK(evaluation.accuracy > .9);
    accuracy = evaluation.accuracy;

    loop.service.query("margin", 6, 1);
    REQUIRE(loop.idle());
    picks = loop.all<QueryAnswered>().at(0).ids;
    REQUIRE(picks.size() == 6);
    for (auto id : picks) {
      CHECK(loop.pool->split[id] == Split::pool);
      CHECK(!loop.labels.labelled(id));
    }
  }
  SECTION("opened again: the same labels, predictions and map, from the stored model too") {
    auto project = folder.project(false);
    const auto blob = project->load_blob(kInstantModelBlob);
    REQUIRE(blob);
    REQUIRE(blob->has_value());
    Loop loop(std::move(project));
    REQUIRE(loop.idle());
    REQUIRE(loop.stored_labels);
    CHECK(loop.stored_labels->count() == 9);
    CHECK(loop.service.rescored(1));
    CHECK(loop.all<Rescored>().back().evaluation.accuracy == Approx(accuracy));
    loop.service.query("margin", 6, 1);
    REQUIRE(loop.idle());
    CHECK(loop.all<QueryAnswered>().at(0).ids == picks);

    const auto stored = decode_stored_model(**blob);
    REQUIRE(stored);
    CHECK(stored->classes.size() == 3);
    CHECK(stored->label_revision == 1);
    auto model = InstantModel::deserialise(stored->bytes);
    REQUIRE(model);
    const auto p = (*model)->predict(loop.features->values);
    REQUIRE(p.size() == loop.predictions->probability.size());
    for (std::size_t i = 0; i < p.size(); ++i) CHECK(p[i] == Approx(loop.predictions->probability[i]).margin(2e-3));
  }
  SECTION("the same requests give the same picks and numbers") {
    Folder other;
    const auto again = other.images(20);
    Loop loop(other.project(true));
    loop.import(again);
    REQUIRE(loop.idle());
    loop.label_from_source(first_of_each_class(*loop.pool, 3));
    loop.service.query("margin", 6, 1);  // not waiting for the degraded copies: the same all the same
    REQUIRE(loop.idle());
    CHECK(loop.all<QueryAnswered>().at(0).ids == picks);
    CHECK(loop.all<Rescored>().back().evaluation.accuracy == Approx(accuracy));
  }
}

TEST_CASE("service: a second folder joins, labels stay") {
  Folder folder, more;
  const auto root = folder.images(6), other = more.images(4);
  Loop loop(folder.project(true));
  loop.import(root);
  REQUIRE(loop.idle());
  loop.label_from_source(first_of_each_class(*loop.pool, 2));
  REQUIRE(loop.idle());
  loop.import(other);
  REQUIRE(loop.idle());
  CHECK(loop.pool->size() == 30);
  CHECK(loop.features->n == 30);
  CHECK(loop.predictions->n == 30);
  CHECK(loop.predictions->label_revision == 1);
  CHECK(loop.projection->xy.size() == 60);
}

TEST_CASE("service: what cannot be imported is said, and everything ends") {
  Folder folder;
  Loop loop(folder.project(true));
  loop.import((folder.path / "nothing here").string());
  REQUIRE(loop.idle());
  REQUIRE(!loop.all<WorkerFailed>().empty());
  CHECK(loop.all<WorkerFailed>()[0].who == "import");
  loop.service.query("margin", 3, 5);
  REQUIRE(loop.idle());
  CHECK(loop.all<QueryAnswered>().at(0).ids.empty());
}

TEST_CASE("service: a read-only project keeps new labels in a file and says so") {
  Folder folder;
  const auto root = folder.images(4);
  {
    Loop loop(folder.project(true));
    loop.import(root);
    REQUIRE(loop.idle());
  }
  auto holder = folder.project(false);
  auto second = Project::open(holder->dir(), OpenMode::write_or_read);
  REQUIRE(second);
  REQUIRE((*second)->read_only());
  std::string rescue;
  {
    Loop loop(std::move(*second));
    REQUIRE(loop.idle());
    CHECK(loop.service.read_only());
    REQUIRE(loop.pool->size() == 12);
    loop.label_from_source({0});
    REQUIRE(loop.idle());
    CHECK(loop.service.rescored(1));
    REQUIRE(loop.all<SaveFailed>().size() == 1);
    CHECK(loop.service.unsaved_labels() == 1);
    rescue = loop.service.close();
    CHECK(fs::exists(rescue));
    CHECK(loop.service.close() == rescue);
  }
  bool rescued = false;
  for (const auto& entry : fs::directory_iterator(holder->dir()))
    rescued |= entry.path().filename().string().starts_with("unsaved-labels-");
  CHECK(rescued);
  CHECK(holder->load_labels()->count() == 0);
}

TEST_CASE("service: closing in the middle of everything loses no label") {
  Folder folder;
  const auto root = folder.images(10);
  {
    Loop loop(folder.project(true));
    loop.import(root);
    REQUIRE(loop.idle());
    for (SampleId i = 0; i < 20; ++i) loop.label_from_source({i});
    loop.service.query("margin", 3, 1);
    loop.import(root);
    CHECK(loop.service.close().empty());
  }
  auto project = folder.project(false);
  const auto labels = project->load_labels();
  REQUIRE(labels);
  CHECK(labels->count() == 20);
  CHECK(labels->revision == 20);
}
