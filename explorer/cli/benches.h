// One function a benchmark; each adds itself below `bench`. Files are named after what they measure.
#pragma once

namespace CLI {
class App;
}

namespace mp::explorer::cli {

void add_bench_ui(CLI::App& bench, int& exit);
void add_bench_scatter(CLI::App& bench, int& exit);   // scatter, lasso
void add_bench_query(CLI::App& bench, int& exit);
void add_bench_mosaic(CLI::App& bench, int& exit);
void add_bench_learn(CLI::App& bench, int& exit);
void add_bench_project(CLI::App& bench, int& exit);
void add_bench_detect(CLI::App& bench, int& exit);
void add_bench_explain(CLI::App& bench, int& exit);
void add_bench_box_map(CLI::App& bench, int& exit);
void add_bench_compute(CLI::App& bench, int& exit);   // features, train, refit

}  // namespace mp::explorer::cli
