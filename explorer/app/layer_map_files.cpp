#include "explorer/app/layer_map_files.h"

#include <cmath>
#include <cstdio>
#include <filesystem>

#include "engine/video/video_writer.h"
#include "ml/data/atomic_file.h"
#include "ml/data/csv.h"
#include "ml/data/decode.h"
#include "ml/explain/layer_map.h"

namespace mp::explorer {

namespace {

std::string number(double v, const char* form = "%.4f") {
  char text[32];
  std::snprintf(text, sizeof text, form, v);
  return text;
}

std::string height_of(const ml::LayerEntry& layer) { return std::isfinite(layer.z_mm) ? number(double(layer.z_mm)) : ""; }

}  // namespace

std::function<Result<LayerMapJob::Patches>(std::size_t, const ml::GreyImage&)> patches_of_samples(ml::PoolPtr pool, ml::PredictionsPtr p, int classes) {
  return [pool, p, classes](std::size_t l, const ml::GreyImage&) -> Result<LayerMapJob::Patches> {
    const auto& layer = pool->layers[l];
    LayerMapJob::Patches out;
    for (ml::SampleId id = layer.first_sample; id < layer.first_sample + ml::SampleId(layer.cols * layer.rows); ++id) {
      if (id >= p->n || p->predicted[id] == ml::kNoClass) continue;
      out.regions.push_back(pool->region[id]);
      const float* row = p->probability.data() + std::size_t(id) * std::size_t(p->classes);
      for (int c = 0; c < classes; ++c) out.probability.push_back(c < p->classes ? row[c] : 0);
    }
    return out;
  };
}

Result<LayerMapFiles> write_layer_maps(const LayerMapJob& job) {
  const auto& pool = *job.pool;
  if (!pool.layered()) return fail("no layer maps", {}, "a project of layers", "single images", "import the folder with --layers");
  std::error_code ec;
  std::filesystem::create_directories(job.folder, ec);
  if (ec) return fail("cannot write the layer maps", job.folder, "a folder that can be made", ec.message());
  auto cells = ml::AtomicFile::create(job.folder + "/cells.csv");
  if (!cells) return tl::make_unexpected(cells.error());
  auto layers = ml::AtomicFile::create(job.folder + "/layers.csv");
  if (!layers) return tl::make_unexpected(layers.error());
  auto legend = ml::AtomicFile::create(job.folder + "/legend.csv");
  if (!legend) return tl::make_unexpected(legend.error());
  std::string cell_head = "layer,z_mm,x,y,w,h,predicted,confidence", layer_head = "layer,z_mm", legend_text = "class,colour\n";
  std::vector<std::uint32_t> colours;
  for (const auto& c : job.classes) {
    colours.push_back(c.colour);
    cell_head += "," + ml::csv_field("p:" + c.name);
    layer_head += "," + ml::csv_field("share:" + c.name);
    char hex[16];
    std::snprintf(hex, sizeof hex, "#%02x%02x%02x", c.colour & 0xff, c.colour >> 8 & 0xff, c.colour >> 16 & 0xff);
    legend_text += ml::csv_field(c.name) + "," + hex + "\n";
  }
  cells->write(cell_head + "\n");
  layers->write(layer_head + "\n");
  legend->write(legend_text);
  LayerMapFiles files;
  ml::LayerMap before;
  for (std::size_t l = 0; l < pool.layers.size(); ++l) {
    if (job.cancel.cancelled()) {
      files.cancelled = true;
      return files;   // the tables of a part would be taken for those of the whole
    }
    if (job.progress) job.progress(l, pool.layers.size());
    const auto& layer = pool.layers[l];
    const auto image = ml::decode_file(pool.absolute_path(layer.image));
    if (!image) {
      files.problems.push_back(image.error().message());
      continue;
    }
    const auto& grey = image->grey;
    auto patches = job.patches(l, grey);
    if (!patches) return tl::make_unexpected(patches.error());
    const int cell_px = job.cell_px > 0 ? job.cell_px : std::max(1, pool.patch_px);
    auto map = ml::average_patches(grey.width_px, grey.height_px, cell_px, patches->regions, patches->probability, int(job.classes.size()));
    ml::follow_prior(map, before, job.prior);
    char name[32];
    std::snprintf(name, sizeof name, "/layer_%04zu.png", l + 1);
    const auto painted = ml::paint_layer(grey, map, colours, job.tint);
    if (auto ok = video::write_png(job.folder + name, painted.width_px, painted.height_px, painted.pixels); !ok) return tl::make_unexpected(ok.error());
    ++files.layers;
    const auto where = std::to_string(l + 1) + "," + height_of(layer);
    std::vector<std::size_t> count(job.classes.size());
    std::size_t known = 0;
    std::string text;
    for (std::size_t cell = 0; cell < std::size_t(map.cols) * std::size_t(map.rows); ++cell) {
      const auto cls = map.predicted(cell);
      if (cls == ml::kNoClass) continue;
      ++known;
      ++count[std::size_t(cls)];
      const auto x = int(cell % std::size_t(map.cols)) * cell_px, y = int(cell / std::size_t(map.cols)) * cell_px;
      const auto p = map.of(cell);
      text += where + "," + std::to_string(x) + "," + std::to_string(y) + "," + std::to_string(std::min(cell_px, grey.width_px - x)) + "," + std::to_string(std::min(cell_px, grey.height_px - y)) + "," +
              ml::csv_field(job.classes[std::size_t(cls)].name) + "," + number(double(p[std::size_t(cls)]));
      for (float v : p) text += "," + number(double(v));
      text += '\n';
    }
    cells->write(text);
    text = where;
    for (auto n : count) text += "," + number(known ? double(n) / double(known) : 0, "%.6f");
    layers->write(text + "\n");
    before = std::move(map);
  }
  for (auto* file : {&*cells, &*layers, &*legend})
    if (auto ok = file->commit(); !ok) return tl::make_unexpected(ok.error());
  return files;
}

}  // namespace mp::explorer
