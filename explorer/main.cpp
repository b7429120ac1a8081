#include <cstdlib>

#include "engine/base/log.h"
#include "explorer/cli/cli.h"

int main(int argc, char** argv) {
  // Waiting OpenMP threads must sleep, not spin against the window. Read once, when the first network is loaded.
  setenv("OMP_WAIT_POLICY", "passive", 0);
  mp::log::init();
  return mp::explorer::cli::run(argc, argv);
}
