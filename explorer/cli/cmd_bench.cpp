// meltpool bench NAME
#include <CLI/CLI.hpp>

#include "explorer/cli/benches.h"
#include "explorer/cli/cli.h"

namespace mp::explorer::cli {

void add_bench(CLI::App& app, int& exit) {
  auto* bench = app.add_subcommand("bench", "Measure; one row a figure, JSON with --json");
  bench->require_subcommand(1);
  add_bench_ui(*bench, exit);
  add_bench_scatter(*bench, exit);
  add_bench_mosaic(*bench, exit);
  add_bench_learn(*bench, exit);
  add_bench_query(*bench, exit);
  add_bench_compute(*bench, exit);
  add_bench_project(*bench, exit);
  add_bench_detect(*bench, exit);
  add_bench_explain(*bench, exit);
  add_bench_box_map(*bench, exit);
}

}  // namespace mp::explorer::cli
