// A state with random predictions and positions, for the arithmetic of the views. Test code only.
#pragma once
#include <cmath>
#include <random>

#include "explorer/model/apply.h"
#include "explorer/model/reduce.h"

namespace mp::explorer {

/// n samples of their own images; clusters of `classes` predicted classes on a circle, within radius 1.2.
inline State random_state(std::size_t n, int classes, unsigned seed) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<float> u(0, 1);
  State s;
  s.project_dir = "/p";
  auto pool = std::make_shared<ml::Pool>();
  pool->revision = 1;
  pool->roots = {"/images"};
  auto p = std::make_shared<ml::Predictions>();
  auto xy = std::make_shared<ml::Projection>();
  p->n = n;
  p->classes = classes;
  p->labelled = 2;
  for (std::size_t i = 0; i < n; ++i) {
    pool->images.push_back({0, std::to_string(i) + ".png", 20, 20, 100, 7, {}});
    pool->image_of.push_back(std::uint32_t(i));
    pool->region.push_back({0, 0, 20, 20});
    pool->layer_of.push_back(-1);
    pool->split.push_back(ml::Split::pool);
    pool->source_class.push_back(kNoClass);
    std::vector<float> row;
    float sum = 0;
    for (int c = 0; c < classes; ++c) sum += row.emplace_back(u(rng) + .01f);
    for (float v : row) p->probability.push_back(v / sum);
  }
  ml::summarise(*p);
  for (std::size_t i = 0; i < n; ++i) {
    const float angle = 6.2831853f * float(p->predicted[i]) / float(classes);
    xy->xy.push_back(std::cos(angle) + .4f * (u(rng) - .5f));
    xy->xy.push_back(std::sin(angle) + .4f * (u(rng) - .5f));
  }
  for (int c = 0; c < classes; ++c) s.classes.push_back(ml::default_class(c, "class " + std::to_string(c)));
  take_pool(s, pool);
  s.instant = p;
  s.projection = xy;
  s.visible = Bitset(n, true);
  s.n_visible = n;
  return s;
}

}  // namespace mp::explorer
