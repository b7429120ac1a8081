// Points of a map in a quadtree, for forces that far groups exert as one. Internal to ml/project; any thread may ask.
#pragma once
#include <cstdint>
#include <vector>

namespace mp::ml {

class QuadTree {
 public:
  /// xy: n x 2, finite.
  explicit QuadTree(const std::vector<float>& xy);

  struct Push {
    double x = 0, y = 0;             // sum of q^2 (p - other), q = 1 / (1 + |p - other|^2)
    double q = 0;                    // sum of q; both without the row itself
  };
  /// On row i by all others; a cell counts as one where it is smaller than `theta` times its distance. theta 0: exact.
  Push push(std::uint32_t i, float theta) const;
  /// Rows in the tree's order: neighbours in the map are neighbours here.
  const std::vector<std::uint32_t>& order() const { return order_; }

 private:
  struct Node {
    float x, y;                      // mean place
    float width2;                    // of the cell, squared
    std::uint32_t begin, end;        // of order_
    std::uint32_t next;              // node after this one's subtree; equal to its own index + 1: a leaf
  };
  void split(std::uint32_t begin, std::uint32_t end, int level);
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> code_;  // by place in order_
  std::vector<float> at_;            // xy in that order
  std::vector<std::uint32_t> place_; // of a row in order_
  std::vector<Node> nodes_;          // depth first
  float side_ = 1;
};

}  // namespace mp::ml
