// The command line: subcommands, their options and exit statuses. One file a subcommand.
#pragma once
#include <string>
#include <vector>

#include "engine/base/error.h"

namespace CLI {
class App;
}

namespace mp::explorer::cli {

enum Exit : int { kDone = 0, kFailed = 1, kWrongUsage = 2, kPartly = 3 };

/// Parses and runs. Returns the exit status.
int run(int argc, char** argv);

// Each adds its subcommand to `app`; what it does at the end is stored in `exit`.
void add_demo(CLI::App& app, int& exit);
void add_explore(CLI::App& app, int& exit);
void add_import(CLI::App& app, int& exit);
void add_import_boxes(CLI::App& app, int& exit);
void add_import_series(CLI::App& app, int& exit);
void add_evaluate_boxes(CLI::App& app, int& exit);
void add_train_boxes(CLI::App& app, int& exit);
void add_predict_boxes(CLI::App& app, int& exit);
void add_status(CLI::App& app, int& exit);
void add_train(CLI::App& app, int& exit);
void add_read_weights(CLI::App& app, int& exit);
void add_query(CLI::App& app, int& exit);
void add_label(CLI::App& app, int& exit);
void add_lists(CLI::App& app, int& exit);
void add_split(CLI::App& app, int& exit);
void add_export(CLI::App& app, int& exit);
void add_project(CLI::App& app, int& exit);
void add_predict(CLI::App& app, int& exit);
void add_explain(CLI::App& app, int& exit);
void add_layer_maps(CLI::App& app, int& exit);
void add_bench(CLI::App& app, int& exit);

/// "meltpool: <message>" on stderr; returns kFailed.
int report(const Error& error);

}  // namespace mp::explorer::cli
