#include "ml/project/knn.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <numeric>

#include "engine/base/hash.h"
#include "ml/head/parallel.h"
#include "ml/project/components.h"
#include "ml/project/distances.h"
#include "ml/project/trees.h"

namespace mp::ml {
namespace {

constexpr std::uint32_t kNew = 0x8000'0000u;  // flag of an entry that came in the last round
constexpr std::size_t kLeaf = 48;
constexpr std::size_t kBlock = 256;           // rows a task
constexpr double kEnough = .0006;             // share of entries that changed in a round

bool finite(const float* row, std::size_t d) {
  for (std::size_t i = 0; i < d; ++i)
    if ((std::bit_cast<std::uint32_t>(row[i]) & 0x7f80'0000u) == 0x7f80'0000u) return false;
  return true;
}

// The best k of every row, nearest first. Rows are touched by one thread at a time.
struct Lists {
  std::size_t k;
  std::vector<std::uint32_t> id;  // with kNew
  std::vector<float> distance;
  Lists(std::size_t n, std::size_t k_)
      : k(k_), id(n * k_, kNoNeighbour), distance(n * k_, std::numeric_limits<float>::infinity()) {}
  float worst(std::size_t i) const { return distance[i * k + k - 1]; }
  bool insert(std::size_t i, std::uint32_t j, float d) {
    std::uint32_t* ids = id.data() + i * k;
    float* ds = distance.data() + i * k;
    if (!(d < ds[k - 1])) return false;
    for (std::size_t s = 0; s < k; ++s)
      if (ids[s] != kNoNeighbour && (ids[s] & ~kNew) == j) return false;
    std::size_t s = k - 1;
    for (; s > 0 && d < ds[s - 1]; --s) {
      ids[s] = ids[s - 1];
      ds[s] = ds[s - 1];
    }
    ids[s] = j | kNew;
    ds[s] = d;
    return true;
  }
};

void exact(const PaddedRows& rows, Lists& lists, int threads, const CancelToken& cancel) {
  std::vector<std::uint32_t> all(rows.size());
  std::iota(all.begin(), all.end(), 0u);
  parallel_blocks(rows.size(), 32, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    std::vector<float> d(rows.size());
    if (cancel.cancelled()) return;
    for (std::size_t i = begin; i < end; ++i) {
      squared_distances(rows, i, all, d.data());
      for (std::uint32_t j = 0; j < rows.size(); ++j)
        if (j != i) lists.insert(i, j, d[j]);
    }
  });
}

void join_leaves(const PaddedRows& rows, const ProjectionTree& tree, Lists& lists, int threads) {
  parallel_blocks(tree.start.size() - 1, 16, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    std::vector<float> d(kLeaf);
    for (std::size_t l = begin; l < end; ++l) {
      const std::span<const std::uint32_t> leaf(tree.order.data() + tree.start[l], tree.start[l + 1] - tree.start[l]);
      for (std::size_t a = 1; a < leaf.size(); ++a) {
        squared_distances(rows, leaf[a], leaf.first(a), d.data());
        for (std::size_t b = 0; b < a; ++b) {
          lists.insert(leaf[a], leaf[b], d[b]);
          lists.insert(leaf[b], leaf[a], d[b]);
        }
      }
    }
  });
}

void warm_start(const PaddedRows& rows, const std::vector<std::uint32_t>& packed_of, const KnnGraph& before,
                std::span<const std::uint32_t> row_of, Lists& lists, int threads) {
  parallel_blocks(rows.size(), kBlock, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    std::vector<std::uint32_t> to;
    std::vector<float> d(std::size_t(before.k));
    for (std::size_t i = begin; i < end; ++i) {
      if (row_of[i] >= before.n) continue;
      to.clear();
      for (const std::uint32_t j : before.row(row_of[i]))
        if (j < packed_of.size() && packed_of[j] != kNoNeighbour && packed_of[j] != i) to.push_back(packed_of[j]);
      squared_distances(rows, i, to, d.data());
      for (std::size_t c = 0; c < to.size(); ++c) lists.insert(i, to[c], d[c]);
    }
  });
}

// Up to k rows that have row i among their neighbours, with the flag of that entry: new ones first, then a hash decides.
std::vector<std::uint32_t> reverse_lists(const Lists& lists, std::size_t n, std::uint64_t seed) {
  const std::size_t k = lists.k;
  std::vector<std::uint32_t> reverse(n * k, kNoNeighbour), count(n, 0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t s = 0; s < k; ++s) {
      const std::uint32_t e = lists.id[i * k + s];
      if (e == kNoNeighbour) break;
      const std::uint32_t j = e & ~kNew, seen = count[j]++;
      std::size_t slot = seen;
      if (seen >= k) slot = std::size_t(mix64(seed ^ (std::uint64_t(j) << 32 | seen)) % (seen + 1));
      if (slot < k) reverse[j * k + slot] = std::uint32_t(i) | (e & kNew);
    }
  return reverse;
}

// One round: every row looks at the neighbours of its neighbours (in both directions) where either step is new. Reads
// the lists of the last round and writes its own, so that the number of threads does not matter.
std::size_t descend(const PaddedRows& rows, const Lists& last, Lists& next, int threads, std::uint64_t seed,
                    const CancelToken& cancel) {
  const std::size_t n = rows.size(), k = last.k;
  const auto reverse = reverse_lists(last, n, seed);
  std::atomic<std::size_t> changes{0};
  const std::size_t workers = std::size_t(std::max(1, threads));
  std::vector<std::vector<std::uint32_t>> seen(workers);
  parallel_blocks(n, kBlock, threads, [&](std::size_t begin, std::size_t end, std::size_t worker) {
    if (cancel.cancelled()) return;
    auto& stamp = seen[worker];
    if (stamp.empty()) stamp.assign(n, kNoNeighbour);
    std::vector<std::uint32_t> to;
    std::vector<float> d(2 * k * 2 * k + 1);
    std::size_t changed = 0;
    for (std::size_t i = begin; i < end; ++i) {
      to.clear();
      stamp[i] = std::uint32_t(i);
      const std::uint32_t* mine = last.id.data() + i * k;
      std::uint32_t* out = next.id.data() + i * k;
      for (std::size_t s = 0; s < k; ++s) {
        out[s] = mine[s] == kNoNeighbour ? kNoNeighbour : mine[s] & ~kNew;
        if (mine[s] != kNoNeighbour) stamp[mine[s] & ~kNew] = std::uint32_t(i);
      }
      std::copy_n(last.distance.data() + i * k, k, next.distance.data() + i * k);
      const auto look = [&](std::uint32_t e, bool any) {
        if (e == kNoNeighbour || !(any || (e & kNew))) return;
        const std::uint32_t j = e & ~kNew;
        if (stamp[j] == i) return;
        stamp[j] = std::uint32_t(i);
        to.push_back(j);
      };
      const auto visit = [&](std::uint32_t e) {
        if (e == kNoNeighbour) return;
        const std::uint32_t* theirs = last.id.data() + (e & ~kNew) * k;
        for (std::size_t s = 0; s < k; ++s) look(theirs[s], e & kNew);
      };
      for (std::size_t s = 0; s < k; ++s) visit(mine[s]);
      for (std::size_t s = 0; s < k; ++s) {
        look(reverse[i * k + s], false);
        visit(reverse[i * k + s]);
      }
      squared_distances(rows, i, to, d.data());
      for (std::size_t c = 0; c < to.size(); ++c) changed += next.insert(i, to[c], d[c]);
    }
    changes += changed;
  });
  return changes;
}

int trees_for(std::size_t n) { return n < 20'000 ? 6 : n < 300'000 ? 8 : 10; }

void refine(const PaddedRows& rows, Lists& lists, const KnnOptions& o, int trees, const CancelToken& cancel) {
  std::vector<ProjectionTree> grown(static_cast<std::size_t>(trees));
  parallel_blocks(grown.size(), 1, o.threads, [&](std::size_t t, std::size_t, std::size_t) {
    if (!cancel.cancelled()) grown[t] = projection_tree(rows, kLeaf, hash_combine(o.seed, t));
  });
  for (auto& tree : grown) {
    if (cancel.cancelled()) return;
    join_leaves(rows, tree, lists, o.threads);
    tree = {};
  }
  Lists next(rows.size(), lists.k);
  for (int round = 0; round < o.max_rounds && !cancel.cancelled(); ++round) {
    const std::size_t changes =
        descend(rows, lists, next, o.threads, hash_combine(o.seed, 1000 + std::uint64_t(round)), cancel);
    std::swap(lists, next);
    if (double(changes) <= kEnough * double(lists.id.size())) break;
  }
}

}  // namespace

Result<KnnGraph> knn_graph(std::span<const float> rows, std::size_t n, std::size_t d, const KnnOptions& options,
                           std::span<const std::uint8_t> usable, const KnnGraph* before, const CancelToken& cancel) {
  if (options.k < 1 || d == 0 || rows.size() != n * d || (!usable.empty() && usable.size() != n) || n >= kNew)
    return fail("cannot search for neighbours", {}, "n x d features and at least 1 neighbour",
                fmt::format("{} x {} in {} values, {} neighbours", n, d, rows.size(), options.k));
  KnnGraph graph;
  graph.n = n;
  graph.k = options.k;
  std::vector<std::uint32_t> row_of, packed_of(n, kNoNeighbour);
  for (std::size_t i = 0; i < n; ++i)
    if ((usable.empty() || usable[i]) && finite(rows.data() + i * d, d)) {
      packed_of[i] = std::uint32_t(row_of.size());
      row_of.push_back(std::uint32_t(i));
    }
  graph.left_out = n - row_of.size();
  PaddedRows padded(row_of.size(), d);
  if (row_of.size() > options.exact_up_to) {
    // Rows that are near each other lie near each other in memory: most of what the search touches is then at hand.
    for (std::size_t i = 0; i < row_of.size(); ++i) std::copy_n(rows.data() + row_of[i] * d, d, padded.row(i));
    auto tree = projection_tree(padded, kLeaf, hash_combine(options.seed, 77));
    for (auto& i : tree.order) i = row_of[i];
    row_of = std::move(tree.order);
    for (std::size_t i = 0; i < row_of.size(); ++i) packed_of[row_of[i]] = std::uint32_t(i);
  }
  for (std::size_t i = 0; i < row_of.size(); ++i) std::copy_n(rows.data() + row_of[i] * d, d, padded.row(i));

  Lists lists(row_of.size(), std::size_t(options.k));
  if (row_of.size() <= options.exact_up_to) {
    exact(padded, lists, options.threads, cancel);
  } else {
    if (before) warm_start(padded, packed_of, *before, row_of, lists, options.threads);
    const int trees = options.trees > 0 ? options.trees : trees_for(row_of.size());
    refine(padded, lists, options, before ? std::max(1, trees / 4) : trees, cancel);
  }
  if (cancel.cancelled()) return tl::make_unexpected(cancelled_error());

  const std::size_t k = lists.k;
  graph.ids.assign(n * k, kNoNeighbour);
  graph.distances.assign(n * k, std::numeric_limits<float>::infinity());
  for (std::size_t i = 0; i < row_of.size(); ++i)
    for (std::size_t s = 0; s < k; ++s) {
      const std::uint32_t e = lists.id[i * k + s];
      if (e == kNoNeighbour) break;
      graph.ids[row_of[i] * k + s] = row_of[e & ~kNew];
      graph.distances[row_of[i] * k + s] = std::sqrt(lists.distance[i * k + s]);
    }
  return graph;
}

double shared_neighbours(const KnnGraph& a, const KnnGraph& b) {
  std::size_t shared = 0, all = 0;
  for (std::size_t i = 0; i < std::min(a.n, b.n); ++i) {
    const auto x = a.row(i), y = b.row(i);
    if (x[0] == kNoNeighbour || y[0] == kNoNeighbour) continue;
    for (const auto id : x) {
      if (id == kNoNeighbour) break;
      ++all;
      shared += std::find(y.begin(), y.end(), id) != y.end();
    }
  }
  return all ? double(shared) / double(all) : 1;
}

}  // namespace mp::ml
