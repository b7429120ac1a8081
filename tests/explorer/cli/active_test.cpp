// bench detect --active: the arithmetic of doubt and of the share that is enough; the command on a small folder.
#include <cmath>

#include "explorer/cli/bench_detect_active.h"
#include "tests/explorer/cli/program.h"

namespace mp::explorer::cli::test {

TEST_CASE("half-believed boxes are doubt, sure ones and nothing are not") {
  const auto with = [](std::vector<float> scores) {
    std::vector<ml::Detection> found;
    for (auto s : scores) found.push_back({{0, 0, 9, 9}, 0, s});
    return image_doubt(found);
  };
  CHECK(with({}) == 0);
  CHECK(with({.01f, .02f}) == 0);                       // below what counts
  CHECK(with({.5f}) == Approx(1 / 1.5));
  CHECK(with({.5f, .5f}) > with({.5f}));
  CHECK(with({.95f, .95f}) < with({.5f}));
}

TEST_CASE("the share that is enough lies between two points, on the first crossing") {
  CHECK(share_reaching({{.1, .3}, {.2, .5}, {.4, .7}}, .6) == Approx(.3));
  CHECK(share_reaching({{.1, .3}, {.2, .7}, {.4, .5}}, .5) == Approx(.15));
  CHECK(share_reaching({{.1, .6}}, .6) == Approx(.1));
  CHECK(std::isnan(share_reaching({{.1, .3}, {.2, .5}}, .6)));
}

}  // namespace mp::explorer::cli::test
