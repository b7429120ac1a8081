// Imports, images, samples and bad files.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "ml/data/project_impl.h"
#include "ml/data/scan.h"

namespace mp::ml {
namespace {

struct StoredLayer {
  LayerEntry entry;
  double position = std::numeric_limits<double>::quiet_NaN();
};

Error damaged(const Database& db, std::string found) {
  return Error{"the project's database is damaged", db.path(), "ids without gaps", std::move(found),
               "Restore the project folder from a backup"};
}

void read_images(Database& db, Pool& pool) {
  Statement roots(db,
                  "SELECT id,path,patch_px,layers AND EXISTS(SELECT 1 FROM image WHERE root=root.id),hide_labels "
                  "FROM root ORDER BY id");
  for (roots.bind(); roots.step();) {
    if (roots.integer(0) != std::int64_t(pool.roots.size())) db.fail_with(damaged(db, "a folder is missing"));
    pool.roots.emplace_back(roots.bytes(1));
    if (roots.integer(3)) pool.patch_px = std::int32_t(roots.integer(2));
    pool.labels_hidden |= roots.integer(4) != 0;
  }
  Statement images(db, "SELECT id,root,path,width_px,height_px,size_bytes,mtime_ns,note FROM image ORDER BY id");
  for (images.bind(); images.step();) {
    if (images.integer(0) != std::int64_t(pool.images.size()) ||
        std::size_t(images.integer(1)) >= pool.roots.size())
      db.fail_with(damaged(db, "an image is missing"));
    ImageEntry& e = pool.images.emplace_back();
    e.root = std::uint16_t(images.integer(1));
    e.path = images.bytes(2);
    e.width_px = std::int32_t(images.integer(3));
    e.height_px = std::int32_t(images.integer(4));
    e.size_bytes = images.integer(5);
    e.mtime_ns = images.integer(6);
    e.note = images.bytes(7);
  }
}

void read_samples(Database& db, Pool& pool) {
  std::size_t count = 0;
  Statement n(db, "SELECT coalesce(max(id) + 1, 0) FROM sample");
  if (n.bind().step()) count = std::size_t(n.integer(0));
  pool.image_of.reserve(count);
  pool.region.reserve(count);
  pool.split.reserve(count);
  pool.source_class.reserve(count);
  Statement samples(db, "SELECT id,image,x,y,w,h,source_class,split FROM sample ORDER BY id");
  for (samples.bind(); samples.step();) {
    if (samples.integer(0) != std::int64_t(pool.image_of.size()) ||
        std::size_t(samples.integer(1)) >= pool.images.size())
      db.fail_with(damaged(db, "a sample is missing"));
    pool.image_of.push_back(std::uint32_t(samples.integer(1)));
    pool.region.push_back({std::int32_t(samples.integer(2)), std::int32_t(samples.integer(3)),
                           std::int32_t(samples.integer(4)), std::int32_t(samples.integer(5))});
    pool.source_class.push_back(samples.null(6) ? kNoClass : ClassId(samples.integer(6)));
    pool.split.push_back(samples.integer(7) ? Split::held_out : Split::pool);
  }
  pool.layer_of.assign(pool.image_of.size(), -1);
}

// A later import may bring layers that lie between earlier ones: samples keep their ids, the list of layers is sorted.
void read_layers(Database& db, Pool& pool) {
  std::vector<StoredLayer> layers;
  Statement q(db, "SELECT image,z_mm,position,first_sample,cols,rows FROM layer ORDER BY image");
  for (q.bind(); q.step();) {
    StoredLayer& layer = layers.emplace_back();
    layer.entry.image = std::uint32_t(q.integer(0));
    if (!q.null(1)) layer.entry.z_mm = float(q.real(1));
    if (!q.null(2)) layer.position = q.real(2);
    layer.entry.first_sample = SampleId(q.integer(3));
    layer.entry.cols = std::int32_t(q.integer(4));
    layer.entry.rows = std::int32_t(q.integer(5));
    const auto samples = std::int64_t(layer.entry.cols) * layer.entry.rows;
    if (layer.entry.image >= pool.images.size() || layer.entry.cols < 1 || layer.entry.rows < 1 ||
        std::int64_t(layer.entry.first_sample) + samples > std::int64_t(pool.size())) {
      db.fail_with(damaged(db, "a layer without its patches"));
      return;
    }
  }
  std::sort(layers.begin(), layers.end(), [&](const StoredLayer& a, const StoredLayer& b) {
    const ImageEntry &ia = pool.images[a.entry.image], &ib = pool.images[b.entry.image];
    if (ia.root != ib.root) return ia.root < ib.root;
    const bool za = !std::isnan(a.entry.z_mm), zb = !std::isnan(b.entry.z_mm);
    if (za != zb) return za;
    if (za && a.entry.z_mm != b.entry.z_mm) return a.entry.z_mm < b.entry.z_mm;
    const bool pa = !std::isnan(a.position), pb = !std::isnan(b.position);
    if (!za && pa != pb) return pa;
    if (!za && pa && a.position != b.position) return a.position < b.position;
    if (ia.path == ib.path) return a.entry.image < b.entry.image;
    // natural_less finds "1" and "01" equal: the bytes decide then.
    return natural_less(ia.path, ib.path) || (!natural_less(ib.path, ia.path) && ia.path < ib.path);
  });
  for (const StoredLayer& layer : layers) {
    const auto index = std::int32_t(pool.layers.size());
    const auto first = pool.layer_of.begin() + layer.entry.first_sample;
    std::fill(first, first + std::ptrdiff_t(layer.entry.cols) * layer.entry.rows, index);
    pool.layers.push_back(layer.entry);
  }
}

std::int64_t next_id(Database& db, const char* sql) {
  Statement q(db, sql);
  return q.bind().step() ? q.integer(0) : 0;
}

}  // namespace

std::int64_t Project::Impl::root_id(const std::string& root) {
  Statement find(*db, "SELECT id FROM root WHERE path=?");
  if (find.bind(Statement::Blob{root}).step()) return find.integer(0);
  const std::int64_t id = next_id(*db, "SELECT coalesce(max(id) + 1, 0) FROM root");
  if (id > std::numeric_limits<std::uint16_t>::max())
    db->fail_with(Error{"too many folders in one project", dir, "at most 65536", root, "Start another project"});
  Statement(*db, "INSERT INTO root(id,path,layers,patch_px,hide_labels,finished) VALUES(?,?,0,0,0,0)")
      .run(id, Statement::Blob{root});
  return id;
}

Result<Pool> Project::load_pool() {
  static std::atomic<std::uint64_t> revision{0};
  std::lock_guard lock(impl_->mutex);
  Database& db = *impl_->db;
  Snapshot snapshot(db);
  Pool pool;
  read_images(db, pool);
  read_samples(db, pool);
  if (db.ok()) read_layers(db, pool);
  if (auto ok = db.finish("read the samples"); !ok) return tl::make_unexpected(ok.error());
  pool.revision = ++revision;
  return pool;
}

Result<std::vector<ImportRequest>> Project::load_imports() {
  std::lock_guard lock(impl_->mutex);
  std::vector<ImportRequest> imports;
  {
    Statement q(*impl_->db, "SELECT path,layers,patch_px,hide_labels,finished FROM root ORDER BY id");
    for (q.bind(); q.step();)
      imports.push_back({std::string(q.bytes(0)), q.integer(1) != 0, int(q.integer(2)), q.integer(3) != 0,
                         q.integer(4) != 0});
  }
  if (auto ok = impl_->db->finish("read the imports"); !ok) return tl::make_unexpected(ok.error());
  return imports;
}

Result<void> Project::save_import(const ImportRequest& request) {
  std::lock_guard lock(impl_->mutex);
  impl_->require_writable();
  Transaction transaction(*impl_->db);
  const std::int64_t id = impl_->root_id(request.root);
  Statement(*impl_->db, "UPDATE root SET layers=?, patch_px=?, hide_labels=?, finished=? WHERE id=?")
      .run(int(request.layers), request.patch_px, int(request.hide_labels), int(request.finished), id);
  return transaction.commit("save the import");
}

Result<SampleId> Project::append_images(const std::string& root, std::span<const NewImage> images) {
  std::lock_guard lock(impl_->mutex);
  Database& db = *impl_->db;
  impl_->require_writable();
  Transaction transaction(db);
  const std::int64_t first = next_id(db, "SELECT coalesce(max(id) + 1, 0) FROM sample");
  {
    const std::int64_t root_id = impl_->root_id(root);
    std::int64_t sample = first;
    std::int64_t image_id = next_id(db, "SELECT coalesce(max(id) + 1, 0) FROM image");
    std::vector<std::string> names;
    for (const NewImage& image : images)
      for (std::size_t k = 0; k < image.regions.size(); ++k)
        names.push_back(image.region_classes.empty() ? image.source_class : image.region_classes[k]);
    const std::vector<ClassId> classes = impl_->class_ids(names);
    Statement put_image(db,
                        "INSERT INTO image(id,root,path,width_px,height_px,size_bytes,mtime_ns,note) "
                        "VALUES(?,?,?,?,?,?,?,?)");
    Statement put_layer(db, "INSERT INTO layer(image,z_mm,position,first_sample,cols,rows) VALUES(?,?,?,?,?,?)");
    Statement put_sample(db, "INSERT INTO sample(id,image,x,y,w,h,source_class) VALUES(?,?,?,?,?,?,?)");
    std::size_t k = 0;
    // SQLite stores NaN as NULL.
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    for (const NewImage& image : images) {
      const ImageEntry& e = image.image;
      put_image.run(image_id, root_id, Statement::Blob{e.path}, e.width_px, e.height_px, e.size_bytes, e.mtime_ns,
                    e.note);
      if (image.layer)
        put_layer.run(image_id, double(image.layer->z_mm), image.layer_position.value_or(nan), sample,
                      image.layer->cols, image.layer->rows);
      for (const Region& r : image.regions) {
        if (classes[k] == kNoClass)
          put_sample.run(sample, image_id, r.x, r.y, r.w, r.h, nullptr);
        else
          put_sample.run(sample, image_id, r.x, r.y, r.w, r.h, int(classes[k]));
        ++sample;
        ++k;
      }
      ++image_id;
      if (!db.ok()) break;
    }
  }
  if (auto done = transaction.commit("save the samples"); !done) return tl::make_unexpected(done.error());
  return SampleId(first);
}

Result<void> Project::update_images(std::span<const ImageUpdate> updates) {
  std::lock_guard lock(impl_->mutex);
  impl_->require_writable();
  Transaction transaction(*impl_->db);
  {
    Statement set(*impl_->db, "UPDATE image SET size_bytes=?, mtime_ns=?, note=? WHERE id=?");
    for (const auto& u : updates) set.run(u.entry.size_bytes, u.entry.mtime_ns, u.entry.note, u.image);
  }
  return transaction.commit("save the images");
}

// Bad files without a folder have root -1.
Result<void> Project::append_bad(std::span<const BadFile> bad, const std::string& root) {
  std::lock_guard lock(impl_->mutex);
  impl_->require_writable();
  Transaction transaction(*impl_->db);
  {
    const std::int64_t root_id = root.empty() ? -1 : impl_->root_id(root);
    Statement put(*impl_->db,
                  "INSERT INTO bad_file(root,path,reason) VALUES(?,?,?) ON CONFLICT(root,path) DO UPDATE SET "
                  "reason=excluded.reason");
    for (const BadFile& b : bad) put.run(root_id, Statement::Blob{b.path}, b.reason);
  }
  return transaction.commit("save the list of bad files");
}

Result<void> Project::clear_bad() {
  std::lock_guard lock(impl_->mutex);
  impl_->require_writable();
  Transaction transaction(*impl_->db);
  impl_->db->exec("DELETE FROM bad_file");
  return transaction.commit("clear the list of bad files");
}

Result<void> Project::clear_bad(const std::string& root) {
  std::lock_guard lock(impl_->mutex);
  impl_->require_writable();
  Transaction transaction(*impl_->db);
  Statement(*impl_->db, "DELETE FROM bad_file WHERE root IN (SELECT id FROM root WHERE path=?)")
      .run(Statement::Blob{root});
  return transaction.commit("clear the list of bad files");
}

Result<std::vector<BadFile>> Project::load_bad() {
  std::lock_guard lock(impl_->mutex);
  std::vector<BadFile> bad;
  {
    Statement q(*impl_->db, "SELECT path,reason FROM bad_file ORDER BY root,path");
    for (q.bind(); q.step();) bad.push_back({std::string(q.bytes(0)), std::string(q.bytes(1))});
  }
  if (auto ok = impl_->db->finish("read the list of bad files"); !ok) return tl::make_unexpected(ok.error());
  return bad;
}

Result<void> Project::save_splits(std::span<const Split> splits) {
  std::lock_guard lock(impl_->mutex);
  Database& db = *impl_->db;
  impl_->require_writable();
  Transaction transaction(db);
  {
    Statement set(db, "UPDATE sample SET split=? WHERE id=?");
    Statement q(db, "SELECT id,split FROM sample ORDER BY id");
    std::vector<std::uint32_t> changed;
    for (q.bind(); q.step();) {
      const auto id = std::size_t(q.integer(0));
      if (id < splits.size() && q.integer(1) != int(splits[id])) changed.push_back(std::uint32_t(id));
    }
    for (auto id : changed) set.run(int(splits[id]), id);
  }
  return transaction.commit("save the split");
}

}  // namespace mp::ml
