// See parallel_plot.h.
#include "explorer/cli/parallel_plot.h"

#include <algorithm>
#include <cstdio>

#include "engine/ui/plots.h"

namespace mp::explorer::cli {

namespace {

constexpr double kWidth = 150, kHeight = 300, kTop = 48, kLeft = 80;

std::string escaped(const std::string& s) {
  std::string r;
  for (char c : s) r += c == '<' ? "&lt;" : c == '&' ? "&amp;" : c == '>' ? "&gt;" : std::string(1, c);
  return r;
}

double share(const ParallelAxis& a, double at) {
  if (!a.values.empty()) return a.values.size() > 1 ? at / double(a.values.size() - 1) : .5;
  return a.high > a.low ? (at - a.low) / (a.high - a.low) : .5;
}

}  // namespace

std::string parallel_plot_svg(const std::vector<ParallelAxis>& axes, const std::vector<ParallelRun>& runs) {
  char line[400];
  auto x = [](std::size_t axis) { return kLeft + kWidth * double(axis); };
  auto y = [](double s) { return kTop + kHeight * (1 - s); };
  std::snprintf(line, sizeof line, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" font-family=\"Inter, sans-serif\" font-size=\"12\" fill=\"#222\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
                x(axes.size() - 1) + kLeft, kTop + kHeight + 32);
  std::string svg = line;
  // The best runs last, on top.
  auto order = runs;
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.at.back() < b.at.back(); });
  for (const auto& run : order) {
    const auto colour = ui::viridis(float(std::clamp(share(axes.back(), run.at.back()), 0., 1.)) * .9f);
    std::string points;
    for (std::size_t a = 0; a < axes.size(); ++a) {
      std::snprintf(line, sizeof line, "%.1f,%.1f ", x(a), y(share(axes[a], run.at[a])));
      points += line;
    }
    std::snprintf(line, sizeof line, "\" fill=\"none\" stroke=\"#%02x%02x%02x\" stroke-width=\"2\" stroke-opacity=\".8\"/>\n", colour & 255, colour >> 8 & 255, colour >> 16 & 255);
    svg += "<polyline points=\"" + points + line;
  }
  for (std::size_t a = 0; a < axes.size(); ++a) {
    std::snprintf(line, sizeof line, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#444\"/>\n<text x=\"%.1f\" y=\"24\" text-anchor=\"middle\" font-weight=\"600\">", x(a), x(a), y(0), y(1), x(a));
    svg += line + escaped(axes[a].title) + "</text>\n";
    auto label = [&](double s, const std::string& text) {
      std::snprintf(line, sizeof line, "<text x=\"%.1f\" y=\"%.1f\" paint-order=\"stroke\" stroke=\"#fff\" stroke-width=\"3\">", x(a) + 6, y(s) + 4);
      svg += line + escaped(text) + "</text>\n";
    };
    for (std::size_t v = 0; v < axes[a].values.size(); ++v) label(share(axes[a], double(v)), axes[a].values[v]);
    if (axes[a].values.empty())
      for (double s : {0., .5, 1.}) label(s, ui::format_value(axes[a].low + s * (axes[a].high - axes[a].low)));
  }
  return svg + "</svg>\n";
}

}  // namespace mp::explorer::cli
