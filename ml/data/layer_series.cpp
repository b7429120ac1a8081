#include "ml/data/layer_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>
#include <unordered_map>

#include "ml/data/atomic_file.h"
#include "ml/data/csv_record.h"
#include "ml/data/decode.h"
#include "ml/data/utf8.h"

namespace mp::ml {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxProblems = 100;
constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

std::string_view trimmed(std::string_view s) {
  const auto first = s.find_first_not_of(" \t");
  return first == s.npos ? std::string_view() : s.substr(first, s.find_last_not_of(" \t") - first + 1);
}

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return out;
}

template <class T>
bool parse(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// Semicolons and tabs become commas where the header is separated by them, and beside semicolons decimal commas points:
/// so machines write their logs. Quoted fields stay.
std::string with_commas(std::string_view text) {
  std::string out(text);
  const auto header = text.substr(0, text.find_first_of("\r\n"));
  const char separator = header.find(',') != header.npos ? ',' : header.find(';') != header.npos ? ';' : header.find('\t') != header.npos ? '\t' : ',';
  if (separator == ',') return out;
  bool quoted = false;
  for (char& c : out) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == ',') c = '.';
    if (c == separator) c = ',';
  }
  return out;
}

/// "oxygen (ppm)", "oxygen [ppm]" -> name and unit.
LayerSeries series_of(std::string_view title) {
  LayerSeries s;
  const auto open = title.find_last_of("([");
  if (open != title.npos && open > 0 && (title.back() == ')' || title.back() == ']')) {
    s.name = trimmed(title.substr(0, open));
    s.unit = trimmed(title.substr(open + 1, title.size() - open - 2));
  }
  if (s.name.empty()) s.name = title;
  return s;
}

/// Finds layers by number, height or file.
class LayerFinder {
 public:
  enum class By { number, height, file };
  LayerFinder(const Pool& pool, By by) : pool_(pool), by_(by) {
    if (by == By::file)
      for (std::size_t l = 0; l < pool.layers.size(); ++l) {
        const auto& path = pool.images[pool.layers[l].image].path;
        layers_.emplace(path, l);
        layers_.emplace(fs::path(path).filename().string(), l);
      }
    // Heights rise; half of the usual distance is near enough.
    std::vector<float> steps;
    for (std::size_t l = 1; l < pool.layers.size(); ++l)
      if (const float d = pool.layers[l].z_mm - pool.layers[l - 1].z_mm; d > 0) steps.push_back(d);
    if (!steps.empty()) {
      std::nth_element(steps.begin(), steps.begin() + std::ptrdiff_t(steps.size() / 2), steps.end());
      near_mm_ = steps[steps.size() / 2] * .51f;
    }
  }

  /// The layer, or what was expected.
  tl::expected<std::size_t, std::string> find(std::string_view text) const {
    const auto n = pool_.layers.size();
    if (by_ == By::number) {
      std::size_t number = 0;
      if (!parse(text, number) || number < 1 || number > n) return tl::make_unexpected(fmt::format("a layer from 1 to {}", n));
      return number - 1;
    }
    if (by_ == By::file) {
      const auto it = layers_.find(std::string(text));
      if (it == layers_.end()) return tl::make_unexpected(std::string("the file name of a layer"));
      return it->second;
    }
    float z = 0;
    const auto above = [&] { return std::lower_bound(pool_.layers.begin(), pool_.layers.end(), z, [](const LayerEntry& l, float v) { return l.z_mm < v; }); };
    if (parse(text, z) && std::isfinite(z)) {
      auto it = above();
      if (it == pool_.layers.end() || (it != pool_.layers.begin() && z - (it - 1)->z_mm < it->z_mm - z)) --it;
      if (std::abs(it->z_mm - z) <= std::max(near_mm_, 1e-4f)) return std::size_t(it - pool_.layers.begin());
    }
    return tl::make_unexpected(fmt::format("a height in mm of a layer ({} to {})", pool_.layers.front().z_mm, pool_.layers.back().z_mm));
  }

 private:
  const Pool& pool_;
  By by_;
  float near_mm_ = 1e-3f;
  std::unordered_map<std::string, std::size_t> layers_;
};

std::string shown(std::string_view text) { return text.empty() ? "nothing" : "'" + std::string(text.substr(0, 60)) + "'"; }

}  // namespace

Result<LayerSeriesList> read_layer_series(const std::string& file, const Pool& pool) {
  const std::string what = "cannot read the values by layer";
  if (pool.layers.empty()) return fail(what, file, "a project of layers", "a pool without layers", "import the images with --layers");
  auto bytes = read_file(file);
  if (!bytes) {
    auto e = bytes.error();
    return fail(what, file, "a CSV file with a header", e.found, "give the path of the machine's log as CSV");
  }
  std::string_view given(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  if (given.starts_with("\xef\xbb\xbf")) given.remove_prefix(3);
  const auto text = with_commas(given);
  if (text.find('\0') != text.npos) return fail(what, file, "a CSV file of text", "binary data", "export the log as CSV");
  std::size_t at = 0, line = 1;
  CsvRecord record;
  next_record(text, at, record);
  std::size_t key = record.fields.size();
  auto by = LayerFinder::By::number;
  for (std::size_t i = 0; i < record.fields.size() && key == record.fields.size(); ++i) {
    const auto name = lower(trimmed(record.fields[i]));
    if (name == "layer" || name == "layer_number") key = i;
    if (name == "z_mm" || name == "height_mm" || name == "z" || name == "height" || name == "z (mm)") key = i, by = LayerFinder::By::height;
    if (name == "file" || name == "path" || name == "filename") key = i, by = LayerFinder::By::file;
  }
  if (key == record.fields.size())
    return fail(what, file, "a header with a column layer, z_mm or file", "line 1: " + shown(text.substr(0, text.find_first_of("\r\n"))), "name the column that says which layer a line is of");
  if (by == LayerFinder::By::height && !std::isfinite(pool.layers.front().z_mm))
    return fail(what, file, "a column layer or file", "heights, which the layers' file names do not state", "give the number of the layer instead");
  LayerSeriesList out;
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < record.fields.size(); ++i)
    if (const auto title = trimmed(record.fields[i]); i != key && !title.empty()) {
      columns.push_back(i);
      out.all.push_back(series_of(is_utf8(title) ? std::string(title) : "column " + std::to_string(i + 1)));
    }
  if (columns.empty()) return fail(what, file, "a column of values beside that of the layers", "line 1: no other column", "add a column such as oxygen (ppm)");
  if (columns.size() > kMaxSeries) return fail(what, file, fmt::format("at most {} columns of values", kMaxSeries), std::to_string(columns.size()), "leave columns out");

  const auto n = pool.layers.size();
  std::vector<std::vector<double>> sum(columns.size(), std::vector<double>(n));
  std::vector<std::vector<std::uint32_t>> count(columns.size(), std::vector<std::uint32_t>(n));
  const LayerFinder finder(pool, by);
  const std::string name = fs::path(file).filename().string();
  std::size_t dropped = 0, used = 0;
  auto problem = [&](std::string_view expected, std::string_view found) {
    if (out.problems.size() < kMaxProblems)
      out.problems.push_back(fmt::format("{}, line {}: expected {}, found {}", name, line, expected, found));
    else
      ++dropped;
  };
  line += std::size_t(record.lines);
  for (std::size_t lines = record.lines; next_record(text, at, record); line += std::size_t(lines)) {
    lines = std::size_t(record.lines);
    if (line > kMaxSeriesLines) return fail(what, file, fmt::format("at most {} lines", kMaxSeriesLines), "more", "average the log by layer first");
    if (record.fields.size() == 1 && trimmed(record.fields[0]).empty()) continue;
    if (record.unclosed_quote) {
      problem("a closed quoted field", "the end of the file");
      continue;
    }
    const auto place = key < record.fields.size() ? trimmed(record.fields[key]) : std::string_view();
    const auto layer = finder.find(place);
    if (!layer) {
      problem(layer.error(), shown(place));
      continue;
    }
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const auto field = columns[c] < record.fields.size() ? trimmed(record.fields[columns[c]]) : std::string_view();
      if (field.empty()) continue;
      double v = 0;
      if (!parse(field, v) || !std::isfinite(v) || std::abs(v) > double(std::numeric_limits<float>::max())) {
        problem("a number for " + out.all[c].name, shown(field));
        continue;
      }
      sum[c][*layer] += v;
      ++count[c][*layer];
      ++used;
    }
  }
  if (dropped) out.problems.push_back(fmt::format("{}: and {} more problems", name, dropped));
  if (!used) return fail(what, file, "a line with a layer and a number", out.problems.empty() ? "no line after the header" : out.problems.front(), "correct the file");
  for (std::size_t c = 0; c < columns.size(); ++c) {
    auto& s = out.all[c];
    s.value.assign(n, kNone);
    s.min = std::numeric_limits<float>::max();
    s.max = std::numeric_limits<float>::lowest();
    for (std::size_t l = 0; l < n; ++l)
      if (count[c][l]) {
        s.value[l] = float(sum[c][l] / count[c][l]);
        s.min = std::min(s.min, s.value[l]);
        s.max = std::max(s.max, s.value[l]);
      }
  }
  std::erase_if(out.all, [](const LayerSeries& s) { return s.min > s.max; });   // columns without a number
  return out;
}

Result<LayerSeriesList> import_layer_series(const std::string& file, const std::string& project_dir, const Pool& pool) {
  auto read = read_layer_series(file, pool);
  if (!read) return read;
  auto bytes = read_file(file);
  if (!bytes) return tl::make_unexpected(bytes.error());
  std::error_code ec;
  fs::create_directories(fs::path(project_dir) / "series", ec);
  auto out = AtomicFile::create((fs::path(project_dir) / "series" / (fs::path(file).stem().string() + ".csv")).string());
  if (!out) return tl::make_unexpected(out.error());
  out->write({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  if (auto done = out->commit(); !done) return tl::make_unexpected(done.error());
  return read;
}

LayerSeriesList stored_layer_series(const std::string& project_dir, const Pool& pool) {
  LayerSeriesList out;
  std::vector<fs::path> files;
  std::error_code ec;
  for (fs::directory_iterator it(fs::path(project_dir) / "series", ec), end; !ec && it != end; it.increment(ec))
    if (it->path().extension() == ".csv") files.push_back(it->path());
  std::sort(files.begin(), files.end());
  for (const auto& f : files) {
    auto read = read_layer_series(f.string(), pool);
    if (!read) {
      out.problems.push_back(read.error().message());
      continue;
    }
    for (auto& s : read->all) out.all.push_back(std::move(s));
  }
  return out;
}

}  // namespace mp::ml
