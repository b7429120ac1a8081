// Plots into files: pictures through the file painter, numbers as CSV.
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "engine/ui/context_impl.h"
#include "engine/ui/export_menu.h"
#include "engine/ui/item.h"
#include "engine/ui/plot_draw.h"

namespace mp::ui {
namespace {

namespace fs = std::filesystem;

std::string csv_cell(const std::string& s) {
  if (s.find_first_of(",\"\n\r") == s.npos) return s;
  std::string out = "\"";
  for (char c : s) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

Result<void> write_text(const std::string& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (out) return {};
  return fail("cannot write the plot's numbers", file, "a folder that can be written", errno_text(errno),
              "choose another folder or free some space");
}

bool is_csv(const std::string& file) { return fs::path(file).extension() == ".csv"; }

/// One row an x, one column a series. Values of one series at the same x (the steps of a ROC curve) take further rows.
std::string plot_csv(const PlotSpec& spec) {
  std::map<float, std::vector<std::vector<float>>> by_x;   // x -> series -> its values there
  for (std::size_t k = 0; k < spec.series.size(); ++k) {
    const Series& s = spec.series[k];
    for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
      if (!std::isfinite(s.x[i])) continue;
      auto& row = by_x[s.x[i]];
      row.resize(spec.series.size());
      row[k].push_back(s.y[i]);
    }
  }
  std::string out = csv_cell(spec.x.label.empty() ? "x" : spec.x.label);
  for (const auto& s : spec.series) out += "," + csv_cell(s.name);
  out += "\n";
  for (const auto& [x, columns] : by_x) {
    std::size_t rows = 0;
    for (const auto& c : columns) rows = std::max(rows, c.size());
    for (std::size_t r = 0; r < rows; ++r) {
      out += fmt::format("{}", x);
      for (const auto& c : columns) out += r < c.size() && std::isfinite(c[r]) ? fmt::format(",{}", c[r]) : ",";
      out += "\n";
    }
  }
  return out;
}

}  // namespace

Result<void> export_plot(const PlotSpec& spec, const std::string& file, int w, int h) {
  if (is_csv(file)) return write_text(file, plot_csv(spec));
  auto p = file_painter(file, w, h);
  if (!p) return tl::make_unexpected(p.error());
  const std::set<std::string> none;
  PlotLayout l = lay_out(**p, spec, {12, 12, float(w) - 12, float(h) - 12}, none);
  draw_plot(**p, spec, l, none, NAN);
  return (*p)->finish();
}

Result<void> export_matrix(const MatrixSpec& spec, const std::string& file, int side) {
  if (is_csv(file)) {
    std::string out = "true \\ predicted";
    const std::size_t n = spec.classes.size();
    for (const auto& c : spec.classes) out += "," + csv_cell(c);
    out += "\n";
    for (std::size_t r = 0; r < n; ++r) {
      out += csv_cell(spec.classes[r]);
      for (std::size_t c = 0; c < n; ++c)
        out += "," + std::to_string(r * n + c < spec.counts.size() ? spec.counts[r * n + c] : 0);
      out += "\n";
    }
    return write_text(file, out);
  }
  auto p = file_painter(file, side, side);
  if (!p) return tl::make_unexpected(p.error());
  MatrixLayout l = lay_out(**p, spec, {12, 12, float(side) - 12, float(side) - 12});
  draw_matrix(**p, spec, l, {-1, -1});
  return (*p)->finish();
}

void set_export_folder(std::string folder) { context().impl().export_folder = std::move(folder); }
void set_export_callback(std::function<void(const Result<std::string>&)> done) {
  context().impl().export_done = std::move(done);
}

std::string file_stem(const std::string& name) {
  std::string out;
  for (unsigned char c : name) {
    if (std::isalnum(c) || c >= 0x80)
      out += char(std::tolower(c));
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "plot" : out;
}

void export_menu(const std::string& name, const std::function<Result<void>(const std::string&)>& write) {
  if (!begin_menu("##export", px(168))) return;
  for (const char* kind : {"SVG", "PDF", "PNG", "CSV"}) {
    const std::string label = std::string("Export ") + kind;
    if (!popup_row(label, name + "/" + label)) continue;
    close_popup();
    auto& m = context().impl();
    std::string end = kind;
    for (char& c : end) c = char(std::tolower(static_cast<unsigned char>(c)));
    std::error_code ec;
    fs::path folder = m.export_folder.empty() ? fs::path(".") : fs::path(m.export_folder);
    fs::create_directories(folder, ec);
    fs::path file = folder / (file_stem(name) + "." + end);
    for (int k = 2; fs::exists(file, ec) && k < 10000; ++k)
      file = folder / (file_stem(name) + "-" + std::to_string(k) + "." + end);
    Result<void> done = write(file.string());
    if (!m.export_done) continue;
    if (done)
      m.export_done(file.string());
    else
      m.export_done(tl::make_unexpected(done.error()));
  }
  end_popup();
}

}  // namespace mp::ui
