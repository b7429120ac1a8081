// Fixed blocks of a range spread over a few short-lived threads. The blocks do not depend on the number of threads,
// so neither do results. Any thread; the callee must not throw.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace mp::ml {

/// Calls f(begin, end, worker) for every block of [0, n); worker is in [0, threads).
template <class F>
void parallel_blocks(std::size_t n, std::size_t block, int threads, F&& f) {
  const std::size_t blocks = (n + block - 1) / block;
  const std::size_t workers = std::min<std::size_t>(blocks, std::size_t(std::max(threads, 1)));
  std::atomic<std::size_t> next{0};
  auto work = [&](std::size_t worker) {
    for (std::size_t b = next++; b < blocks; b = next++) f(b * block, std::min(n, (b + 1) * block), worker);
  };
  std::vector<std::thread> helpers;
  helpers.reserve(workers);
  for (std::size_t w = 1; w < workers; ++w) helpers.emplace_back(work, w);
  work(0);
  for (auto& t : helpers) t.join();
}

}  // namespace mp::ml
