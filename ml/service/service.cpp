// Wires the workers to the project and to each other; no work is done here.
#include "ml/service/service.h"

#include <cblas.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "ml/service/box_mapper.h"
#include "ml/service/box_worker.h"
#include "ml/service/chosen_split.h"
#include "ml/service/database_worker.h"
#include "ml/service/heat_worker.h"
#include "ml/service/import_worker.h"
#include "ml/service/instant_worker.h"
#include "ml/service/list_worker.h"
#include "ml/service/projector.h"
#include "ml/service/stored_map.h"
#include "ml/service/stored_model.h"
#include "ml/service/training_backend.h"
#include "ml/service/training_worker.h"
#include "ml/train/input_images.h"

namespace mp::ml {
namespace {

DatabaseSink sink_of(Project& project) {
  DatabaseSink sink;
  sink.append_labels = [&project](const LabelBatch& batch) { return project.append_labels(batch); };
  sink.save_classes = [&project](const ClassTable& classes) { return project.save_classes(classes); };
  sink.save_boxes = [&project](const BoxBatch& b) { return project.save_boxes(b.changes, b.checked, b.unchecked); };
  sink.save_setting = [&project](const std::string& key, const std::string& value) {
    return project.save_setting(key, value);
  };
  sink.save_blob = [&project](const std::string& key, std::span<const std::uint8_t> bytes) {
    return project.save_blob(key, bytes);
  };
  sink.refused = [](const Error& error) { return !worth_retrying(error); };
  sink.dir = project.dir();
  sink.read_only = project.read_only();
  sink.why_read_only = project.why_read_only();
  return sink;
}

InstantWorkerOptions instant_options(const ServiceOptions& options) {
  InstantWorkerOptions o;
  o.seed = options.seed;
  return o;
}

TrainingWorkerOptions training_options(const ServiceOptions& options) {
  TrainingWorkerOptions o;
  o.seed = options.seed;
  return o;
}

}  // namespace

struct Service::Impl {
  // In the order of need: what is written to outlives who writes.
  std::unique_ptr<Project> project;
  Outbox out;
  Activity activity;
  std::mutex mutex;                       // of thumbs_cache and known_classes
  std::shared_ptr<ThumbCache> thumbs_cache;
  ClassTable known_classes;
  bool labels_loaded = false;             // of the import thread
  DatabaseWorker database;
  HeatWorker heat;
  TrainingWorker training;
  Projector projector;
  InstantWorker instant;
  ListWorker lists;
  BoxWorker boxes;
  BoxMapper box_map;
  ImportWorker importer;

  Impl(std::unique_ptr<Project> p, const ServiceOptions& options)
      : project(std::move(p)),
        out(options.wake),
        activity([this] { out.wake(); }),
        database(sink_of(*project), out, activity),
        heat({[this] { return load_stored_network(project->dir(), {}, 1); }, [this] { return stored_detector(*project); }, [this] { return project->load_boxes(); },
              [](PoolPtr pool) { return make_input_images(std::move(pool)); }},
             out, activity),
        training(training_backend(), training_options(options), out, activity),
        projector(
            // A network that trains has a core for itself.
            make_map_backend(options.seed, [this, threads = options.threads] {
              return activity.training() ? 1 : threads;
            }),
            options.map, out, activity,
            [this](std::vector<std::uint8_t> bytes) { database.save_blob(kMapBlob, std::move(bytes)); },
            project->dir() + "/rounds", project->read_only()),
        instant(
            make_instant_backend(options.seed, options.threads, options.degraded_copies), instant_options(options), out,
            activity,
            [this](FeaturesPtr standardised, bool complete) { projector.request(std::move(standardised), complete); },
            [this](std::vector<std::uint8_t> bytes) { database.save_blob(kInstantModelBlob, std::move(bytes)); }),
        lists(out, activity),
        boxes({[this] { return load_box_model(*project); }, [this](const BoxModel& model) {
                 auto saved = save_box_model(*project, model);
                 heat.network_changed();
                 return saved;
               }}, out, activity),
        box_map(options.seed, [this, threads = options.threads] { return activity.training() ? 1 : threads; }, out, activity),
        importer(
            {[this](const ImportHooks& hooks) { return load(hooks); },
             [this](const ImportRequest& request, const ImportHooks& hooks) {
               return run_import(*project, request, hooks);
             },
             [this](const SplitChoice& choice, const Pool& pool, const FeatureTable& features, const CancelToken& cancel) -> Result<SplitChosen> {
               auto chosen = choose_split(pool, features, choice, cancel);
               if (!chosen) return tl::make_unexpected(chosen.error());
               if (auto saved = project->save_splits(chosen->splits); !saved) return tl::make_unexpected(saved.error());
               return SplitChosen{chosen->held_out, chosen->splits.size(), split_warnings(*chosen)};
             }},
            options.threads, out, activity,
            [this](PoolPtr pool, FeaturesPtr features, bool complete) {
              publish(std::move(pool), std::move(features), complete);
            },
            [this](std::shared_ptr<ThumbCache> thumbs) {
              std::lock_guard lock(mutex);
              thumbs_cache = std::move(thumbs);
            }) {}

  ~Impl() { close(); }

  TrainingBackend training_backend() {
    auto b = make_training_backend(project->read_only() ? std::string() : project->dir(),
                                   [this](std::string key, std::vector<std::uint8_t> bytes) {
                                     database.save_blob(std::move(key), std::move(bytes));
                                     heat.network_changed();  // its files are written by now
                                   },
                                   [this] { return project->load_boxes(); });
    b.on_disagreement = [this](std::vector<float> by_sample) { instant.set_disagreement(std::move(by_sample)); };
    return b;
  }

  std::string close() {
    // Sources before sinks; the database last, it writes what the others left.
    importer.stop();
    instant.stop();
    lists.stop();
    boxes.stop();
    box_map.stop();
    projector.stop();
    training.shut_down();
    heat.stop();
    return database.stop();
  }

  // The rest runs on the import thread.
  Result<ProjectData> load(const ImportHooks& hooks) {
    if (auto ok = load_classes(); !ok) return tl::make_unexpected(ok.error());
    if (!labels_loaded) {
      auto labels = project->load_labels();
      if (!labels) return tl::make_unexpected(labels.error());
      labels_loaded = true;
      auto stored = std::make_shared<const LabelStore>(std::move(*labels));
      instant.set_labels(stored);
      training.set_labels(stored);
      projector.set_labels(stored);
      out.post(out.labels, stored);
      if (auto map = project->load_blob(kMapBlob); map && *map) projector.remember(**map);
    }
    auto data = load_project_data(*project, hooks);
    if (!data) return data;
    // Stored bad files are known to who opened the project; news is what became bad since.
    if (auto stored = project->load_bad(); stored && !stored->empty()) {
      std::set<std::string> known;
      for (const auto& b : *stored) known.insert(b.path + '\n' + b.reason);
      std::erase_if(data->bad, [&](const BadFile& b) { return known.contains(b.path + '\n' + b.reason); });
    }
    return data;
  }

  Result<void> load_classes() {
    auto classes = project->load_classes();
    if (!classes) return tl::make_unexpected(classes.error());
    {
      std::lock_guard lock(mutex);
      if (classes->size() <= known_classes.size()) return {};
      known_classes = *classes;
    }
    tell_classes(*classes);
    out.post(out.classes, std::make_shared<const ClassTable>(std::move(*classes)));
    return {};
  }

  /// While an import writes thumbnails, those that are there by now; in the end the import worker brings the real cache.
  void open_thumbs(const Pool& pool) {
    auto so_far = ThumbCache::open(project->cache_dir(), pool.layered() ? kLayerThumbPx : kThumbPx, false);
    if (!so_far) return;
    std::lock_guard lock(mutex);
    thumbs_cache = std::move(*so_far);
  }

  void tell_classes(const ClassTable& classes) {
    instant.set_classes(classes);
    training.set_classes(classes);
    database.know_classes(classes);
  }

  void publish(PoolPtr pool, FeaturesPtr features, bool complete) {
    if (auto ok = load_classes(); !ok) out.post(WorkerFailed{"project", ok.error().message()});
    if (!complete) open_thumbs(*pool);
    training.set_pool(pool);
    heat.set_pool(pool);
    lists.set_data(pool, features);
    boxes.set_pool(pool);
    box_map.set_pool(pool);
    instant.set_data(std::move(pool), std::move(features), complete);
  }
};

Service::Service(std::unique_ptr<Project> project, ServiceOptions options) {
  // The workers bring their own threads. OpenBLAS has one count for the whole program: changed by one worker, it would
  // change the last bits of another's numbers, and with them a replay.
  openblas_set_num_threads(1);
  impl_ = std::make_unique<Impl>(std::move(project), options);
}
Service::~Service() = default;
std::string Service::close() { return impl_->close(); }

void Service::import(const ImportRequest& request) { impl_->importer.import(request); }
void Service::cancel_import() { impl_->importer.cancel(); }

void Service::labels_changed(LabelsPtr labels, LabelBatch batch) {
  if (!batch.changes.empty()) impl_->database.append_labels(std::move(batch));
  impl_->projector.set_labels(labels);
  impl_->instant.set_labels(labels);
  impl_->training.set_labels(std::move(labels));
}

void Service::classes_changed(const ClassTable& classes) {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->known_classes = classes;
  }
  impl_->database.save_classes(classes);
  impl_->tell_classes(classes);
}

void Service::boxes_changed(BoxBatch batch) { impl_->database.save_boxes(std::move(batch)); }
void Service::start_boxes(BoxJob job) { impl_->boxes.start(std::move(job)); }
void Service::cancel_boxes() { impl_->boxes.cancel(); }
void Service::map_boxes(BoxMapRequest request) { impl_->box_map.request(std::move(request)); }
void Service::cancel_box_map() { impl_->box_map.cancel(); }

void Service::save_setting(std::string key, std::string value) {
  impl_->database.save_setting(std::move(key), std::move(value));
}
void Service::retry_save() { impl_->database.retry(); }
void Service::query(std::string strategy, int k, std::uint64_t request) {
  impl_->instant.query(std::move(strategy), k, request);
}
void Service::hold_out(const SplitChoice& choice) { impl_->importer.hold_out(choice); }
void Service::list(std::string name) { impl_->lists.request(std::move(name)); }
void Service::similar(SampleId to, int k, std::uint64_t request) { impl_->instant.similar(to, k, request); }
void Service::heat(HeatRequest request) { impl_->heat.request(std::move(request)); }
void Service::check_heat(HeatRequest how) { impl_->heat.check(std::move(how)); }
void Service::train(const TrainSettings& settings) { impl_->training.train(settings); }
void Service::pause_training(bool paused) { impl_->training.pause(paused); }
void Service::stop_training() { impl_->training.stop(); }
void Service::follow_model(PredictionsPtr predictions, RoundInfo round) {
  impl_->projector.follow(std::move(predictions), std::move(round));
}
void Service::set_map(MapSettings settings, bool again) {
  impl_->projector.set(std::move(settings), again);
}
void Service::cancel_map() { impl_->projector.cancel(); }
void Service::load_round(std::size_t index) { impl_->projector.load_round(index); }
void Service::load_trail(SampleId id) { impl_->projector.load_trail(id); }

std::vector<Event> Service::drain() { return impl_->out.drain(); }
PoolPtr Service::take_pool() { return impl_->out.pool.take(); }
FeaturesPtr Service::take_features() { return impl_->out.features.take(); }
PredictionsPtr Service::take_predictions() { return impl_->out.predictions.take(); }
PredictionsPtr Service::take_network_predictions() { return impl_->out.network_predictions.take(); }
ProjectionPtr Service::take_projection() { return impl_->out.projection.take(); }
std::shared_ptr<const RoundList> Service::take_rounds() { return impl_->out.rounds.take(); }
std::shared_ptr<const Round> Service::take_round() { return impl_->out.round.take(); }
std::shared_ptr<const Trail> Service::take_trail() { return impl_->out.trail.take(); }
std::shared_ptr<const HeatAnswer> Service::take_heat() { return impl_->out.heat.take(); }
std::shared_ptr<const HeatCheck> Service::take_heat_check() { return impl_->out.heat_check.take(); }
std::shared_ptr<const BoxMap> Service::take_box_map() { return impl_->out.box_map.take(); }
LabelsPtr Service::take_labels() { return impl_->out.labels.take(); }
std::shared_ptr<const ClassTable> Service::take_classes() { return impl_->out.classes.take(); }
Result<ClassTable> Service::load_classes() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->known_classes;
}
std::shared_ptr<ThumbCache> Service::thumbs() {
  std::lock_guard lock(impl_->mutex);
  return impl_->thumbs_cache;
}

bool Service::busy(bool training_counts) const {
  // In this order: work ends after its results are posted, so that no moment between the two reads as idle.
  return impl_->activity.busy(training_counts) || impl_->out.undrained();
}
bool Service::rescored(std::uint64_t label_revision) const { return impl_->instant.rescored(label_revision); }
std::size_t Service::unsaved_labels() const { return impl_->database.unsaved(); }

const std::string& Service::project_dir() const { return impl_->project->dir(); }
bool Service::read_only() const { return impl_->project->read_only(); }
std::string Service::why_read_only() const { return impl_->project->why_read_only(); }

}  // namespace mp::ml
