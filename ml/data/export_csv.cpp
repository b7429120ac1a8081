#include <cmath>
#include <fmt/format.h>
#include <iterator>

#include "ml/data/atomic_file.h"
#include "ml/data/csv.h"
#include "ml/data/utf8.h"

namespace mp::ml {

Result<void> write_export_csv(const std::string& file, const Pool& pool, const ClassTable& classes,
                              const LabelStore& labels, const Predictions* predictions) {
  auto out = AtomicFile::create(file);
  if (!out) return tl::make_unexpected(out.error());
  const auto name_of_class = [&](ClassId c) {
    return c >= 0 && std::size_t(c) < classes.size() ? csv_field(classes[std::size_t(c)].name) : std::string();
  };
  const bool source_labels = !pool.labels_hidden;
  const int columns = predictions ? predictions->classes : 0;

  std::string line = "id,path,region,layer,z_mm,split,label,source";
  if (source_labels) line += ",source_label";
  line += ",predicted,confidence";
  for (int c = 0; c < columns; ++c)
    line += "," + csv_field("p:" + (std::size_t(c) < classes.size() ? classes[std::size_t(c)].name : std::to_string(c)));
  out->write(line + "\n");

  const auto path_of = [&](SampleId id) {
    // With several folders a relative path may mean two files.
    return csv_field(percent_encode(pool.roots.size() > 1 ? pool.absolute_path(pool.image_of[id]) : pool.image(id).path));
  };
  std::string path;
  for (SampleId id = 0; id < pool.size(); ++id) {
    if (id == 0 || pool.image_of[id] != pool.image_of[id - 1]) path = path_of(id);
    const Region& r = pool.region[id];
    line.clear();
    auto at = std::back_inserter(line);
    fmt::format_to(at, "{},{},{} {} {} {},", id, path, r.x, r.y, r.w, r.h);
    const std::int32_t layer = pool.layer_of.empty() ? -1 : pool.layer_of[id];
    if (layer >= 0) {
      const float z = pool.layers[std::size_t(layer)].z_mm;
      fmt::format_to(at, "{},", layer);
      if (!std::isnan(z)) fmt::format_to(at, "{}", z);
      line += ',';
    } else {
      line += ",,";
    }
    fmt::format_to(at, "{},", name_of(pool.split[id]));
    if (id < labels.cls.size() && labels.labelled(id))
      fmt::format_to(at, "{},{}", name_of_class(labels.cls[id]), name_of(labels.source[id]));
    else
      line += ',';
    if (source_labels) fmt::format_to(at, ",{}", name_of_class(pool.source_class[id]));
    if (predictions && id < predictions->n && predictions->predicted[id] != kNoClass) {
      fmt::format_to(at, ",{},{}", name_of_class(predictions->predicted[id]), predictions->confidence[id]);
      for (int c = 0; c < columns; ++c)
        fmt::format_to(at, ",{}", predictions->probability[std::size_t(id) * std::size_t(columns) + std::size_t(c)]);
    } else {
      line.append(std::size_t(2 + columns), ',');
    }
    line += '\n';
    out->write(line);
  }
  return out->commit();
}

}  // namespace mp::ml
