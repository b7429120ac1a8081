#include "explorer/cli/cli.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "engine/draw/renderer.h"
#include "explorer/cli/cmd_sweep.h"
#include "ml/nn/network.h"

namespace mp::explorer::cli {

int report(const Error& error) {
  std::fprintf(stderr, "meltpool: %s\n", error.message().c_str());
  return kFailed;
}

int run(int argc, char** argv) {
  CLI::App app{"Meltpool: explore, label and learn images from additive manufacturing", "meltpool"};
  app.set_version_flag("--version", [] {
    std::string text = "meltpool " MP_VERSION;
    const auto device = draw::probe_device();
    text += device ? "\ndevice: " + *device : "\ndevice: none (" + device.error().message() + ")";
    return text;
  });
  app.require_subcommand(0, 1);
  app.footer("Exit status: 0 done, 1 failed, 2 wrong usage, 3 done in part (the report says what is missing).\n"
             "Without a subcommand the explorer opens.");
  int exit = kDone;
  add_demo(app, exit);
  add_explore(app, exit);
  add_import(app, exit);
  add_import_boxes(app, exit);
  add_import_series(app, exit);
  add_evaluate_boxes(app, exit);
  add_train_boxes(app, exit);
  add_predict_boxes(app, exit);
  add_status(app, exit);
  add_label(app, exit);
  add_query(app, exit);
  add_lists(app, exit);
  add_split(app, exit);
  add_train(app, exit);
  add_sweep(app, exit);
  add_read_weights(app, exit);
  add_export(app, exit);
  add_project(app, exit);
  add_predict(app, exit);
  add_explain(app, exit);
  add_layer_maps(app, exit);
  add_bench(app, exit);
  try {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.empty()) arguments = {"explore"};
    std::reverse(arguments.begin(), arguments.end());   // what CLI11 expects of a vector
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& e) {
    const int status = app.exit(e);
    return status == 0 ? kDone : kWrongUsage;
  } catch (const std::exception& e) {
    return report({e.what(), {}, {}, {}, {}});
  }
  return exit;
}

}  // namespace mp::explorer::cli
