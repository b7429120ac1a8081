// A project folder: SQLite database (samples, labels, classes, settings), lock and cache folders. The only SQL.
// One Project object per process and folder; its methods may be called from any thread (a mutex orders them), and each
// write is durable when it returns (WAL, synchronous FULL). Nobody waits for it in a frame: the database thread does.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/boxes.h"
#include "ml/data/classes.h"
#include "ml/data/labels.h"
#include "ml/data/pool.h"

namespace mp::ml {

constexpr int kSchemaVersion = 2;

/// Whether the write that gave this error may succeed later as it is: the disk was full or read-only, another program
/// was in the way, the folder was moved, or nobody foresaw it. Else the project refuses what was to be written.
bool worth_retrying(const Error& error);

enum class OpenMode { write, read, write_or_read };

/// A stored import request, so that an interrupted import continues where it stopped.
struct ImportRequest {
  std::string root;        // absolute
  bool layers = false;
  int patch_px = 128;
  bool hide_labels = false;
  bool finished = false;
};

/// Samples of one file, appended together.
struct NewImage {
  ImageEntry image;
  std::optional<LayerEntry> layer;       // first_sample is filled in by append
  std::optional<double> layer_position;  // order within the build where the name gives no height
  std::vector<Region> regions;           // one a sample
  std::string source_class;              // of every region; empty if none
  std::vector<std::string> region_classes;  // one a region where they differ (truth.csv of a layered build), else empty
};

struct ImageUpdate {
  std::uint32_t image = 0;
  ImageEntry entry;                      // size_bytes, mtime_ns and note are used
};

class Project {
 public:
  /// Makes the folder and an empty database; a folder that is a project already is opened for writing. Errors: exists
  /// and is not empty and not a project, read-only, disk full.
  static Result<std::unique_ptr<Project>> create(const std::string& dir);
  /// Errors: not a project, made by a newer version, locked by another instance (says pid, host, since when) in mode
  /// write. In write_or_read a locked or read-only folder opens for reading: read_only() and why_read_only() say so.
  static Result<std::unique_ptr<Project>> open(const std::string& dir, OpenMode mode);
  static bool is_project(const std::string& dir);
  ~Project();

  const std::string& dir() const;
  std::string cache_dir() const;              // dir/cache: may be deleted at any time
  bool read_only() const;
  const std::string& why_read_only() const;   // "open in another instance: pid 4711 on host a since 12:31"

  /// Splits as stored. Layers in build order: by root (a build each), then height, then position, then name.
  Result<Pool> load_pool();
  Result<ClassTable> load_classes();
  Result<LabelStore> load_labels();           // the newest change of each sample
  Result<std::vector<LabelBatch>> load_label_history();
  Result<std::vector<BadFile>> load_bad();
  Result<std::vector<ImportRequest>> load_imports();
  Result<std::optional<std::string>> setting(const std::string& key);

  Result<void> save_setting(const std::string& key, const std::string& value);
  /// Replaces the table. Rows beyond its end are dropped unless a source label or a current label still needs them.
  Result<void> save_classes(const ClassTable& classes);
  /// Makes the classes that are not there yet (cleaned names, default colours), in one transaction.
  Result<void> add_classes(std::span<const std::string> names);
  Result<void> save_import(const ImportRequest& request);           // insert or update by root
  /// Appends in order, in one transaction; makes classes for new source class names; splits are set by
  /// assign_splits. Returns the first new SampleId.
  Result<SampleId> append_images(const std::string& root, std::span<const NewImage> images);
  /// Files that have changed on the disk since their import (same size in pixels): remembers their new size and time.
  Result<void> update_images(std::span<const ImageUpdate> updates);
  Result<void> append_bad(std::span<const BadFile> bad, const std::string& root = {});  // the newest reason of a path counts
  Result<void> clear_bad();
  Result<void> clear_bad(const std::string& root);                  // those that were appended with this root
  Result<void> save_splits(std::span<const Split> splits);          // by SampleId
  /// Errors: revision not above the newest stored one, sample or class that the project does not have (nothing is
  /// written then), disk full, read-only. After an error the same batch can be given again.
  Result<void> append_labels(const LabelBatch& batch);
  Result<BoxStore> load_boxes();
  /// Replaces the boxes with these ids or appends them (ids go on from the last one), and remembers whose boxes are
  /// complete, all in one transaction. Errors: unknown image or class, no size, a gap in the ids, disk full, read-only.
  Result<void> save_boxes(std::span<const BoxChange> changes, std::span<const std::uint32_t> checked = {},
                          std::span<const std::uint32_t> unchecked = {});
  /// Named binary state (a trained head, a network's weights file name and metrics ...), replaced as a whole.
  Result<void> save_blob(const std::string& key, std::span<const std::uint8_t> bytes);
  /// The same with a setting of the same key, in one transaction.
  Result<void> save_blob(const std::string& key, std::span<const std::uint8_t> bytes, const std::string& setting);
  Result<std::optional<std::vector<std::uint8_t>>> load_blob(const std::string& key);

 private:
  Project();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Held-out fifth: stratified by source class, chosen by hash(path, seed); layered pools by blocks of consecutive
/// layers, so that neighbours do not straddle. All `pool` where there are no source labels.
std::vector<Split> assign_splits(const Pool& pool, double held_out_share, std::uint64_t seed);

}  // namespace mp::ml
