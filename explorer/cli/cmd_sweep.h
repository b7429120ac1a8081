// meltpool sweep: see cmd_sweep.cpp.
#pragma once
namespace CLI {
class App;
}
namespace mp::explorer::cli {
void add_sweep(CLI::App& app, int& exit);
}
