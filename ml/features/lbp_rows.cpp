#include "ml/features/lbp_rows.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/base/simd.h"

namespace mp::ml::lbp {
namespace {

// near + f * (far - near): both diagonals above a pixel read the same row, interpolated between two image rows.
template <class T>
[[gnu::always_inline]] inline void blend(const T* near, const T* far, T f, int n, T* out) {
#pragma GCC ivdep
  for (int x = 0; x < n; ++x) out[x] = near[x] + f * (far[x] - near[x]);
}

// Pixels are done a chunk at a time, the last chunk overlapping the one before it: no slow remainder.
constexpr int kChunk = 16, kBytes = 64;
template <int N, class Chunk>
[[gnu::always_inline]] inline void in_chunks(int n, Chunk chunk) {
  for (int x = 0; x + N <= n; x += N) chunk(x);
  if (n % N) chunk(n - N);
}

template <int N, class Bits, class T>
[[gnu::always_inline]] inline void codes_chunk(const T* c, const T* north, const T* south, const T* up, const T* down,
                                               int r, int m, T f, Bits* closest, std::uint8_t* code) {
  constexpr int sign = sizeof(Bits) * 8 - 1;
  constexpr Bits magnitude = ~(Bits(1) << sign);
  Bits dark[N];
  for (int x = 0; x < N; ++x) {
    const T limit = c[x] - T(kEqual);
    const T v[8] = {c[x + r], up[x + m] + f * (up[x + m + 1] - up[x + m]),
                    north[x], up[x - m] + f * (up[x - m - 1] - up[x - m]),
                    c[x - r], down[x - m] + f * (down[x - m - 1] - down[x - m]),
                    south[x], down[x + m] + f * (down[x + m + 1] - down[x + m])};
    Bits darker = 0, low = magnitude;
#pragma GCC unroll 8
    for (int k = 0; k < 8; ++k) {
      const Bits bits = std::bit_cast<Bits>(v[k] - limit);
      low = std::min<Bits>(low, bits & magnitude);
      darker |= (bits >> (sign - k)) & (Bits(1) << k);
    }
    dark[x] = ~darker;
    closest[x] = std::min(closest[x], low);
  }
  for (int x = 0; x < N; ++x) code[x] = std::uint8_t(dark[x]);
}

template <class Bits, class T>
[[gnu::always_inline]] inline Bits codes_body(const Rows<T>& rows, int n, T* up_row, T* down_row, std::uint8_t* code) {
  const int m = rows.m, r = rows.radius, reach = n + 2 * m + 2;
  blend(rows.up_near - m - 1, rows.up_far - m - 1, rows.f, reach, up_row);
  blend(rows.down_near - m - 1, rows.down_far - m - 1, rows.f, reach, down_row);
  const T *c = rows.centre, *north = rows.north, *south = rows.south, f = rows.f;
  const T *up = up_row + m + 1, *down = down_row + m + 1;
  Bits closest[kChunk];
  std::fill_n(closest, kChunk, Bits(~Bits(0)));
  if (n < kChunk) {
    for (int x = 0; x < n; ++x)
      codes_chunk<1>(c + x, north + x, south + x, up + x, down + x, r, m, f, closest, code + x);
  } else {
    in_chunks<kChunk>(n, [&](int x) {
      codes_chunk<kChunk>(c + x, north + x, south + x, up + x, down + x, r, m, f, closest, code + x);
    });
  }
  return *std::min_element(closest, closest + kChunk);
}

template <int N>
[[gnu::always_inline]] inline void joint_chunk(const std::uint8_t* code, const std::uint8_t* above_level,
                                               std::uint8_t* bin) {
  using U8 = std::uint8_t;
  U8 out[N];
  for (int x = 0; x < N; ++x) {
    const U8 c = code[x];
    const U8 changes = U8(c ^ U8(U8(c >> 1) | U8(c << 7)));
    U8 ones = U8(c - U8(U8(c >> 1) & 0x55));
    ones = U8(U8(ones & 0x33) + U8(U8(ones >> 2) & 0x33));
    ones = U8(U8(ones + U8(ones >> 4)) & 0x0f);
    U8 flips = U8(changes - U8(U8(changes >> 1) & 0x55));
    flips = U8(U8(flips & 0x33) + U8(U8(flips >> 2) & 0x33));
    flips = U8(U8(flips + U8(flips >> 4)) & 0x0f);
    const U8 uniform = flips <= 2 ? ones : U8(9);
    out[x] = U8(U8(uniform * 8) + above_level[x]);
  }
  for (int x = 0; x < N; ++x) bin[x] = out[x];
}

template <int N>
[[gnu::always_inline]] inline void contrast_chunk(const double* z, const double* top, const double* bottom, int k,
                                                  double mean, std::uint8_t* above_level) {
  const double count = double(k) * k;
  float out[N];
  for (int x = 0; x < N; ++x) {
    // The order of these additions and the division are the reference's: differences of exactly 3, 8 or 20 are common
    // and its rounding decides them.
    const double sum = bottom[x + k] - top[x + k] - bottom[x] + top[x];
    const double contrast = std::abs(sum / count - z[x]);
    out[x] = float((z[x] > mean ? 4.0 : 0.0) + (contrast > 3 ? 1.0 : 0.0) + (contrast > 8 ? 1.0 : 0.0) +
                   (contrast > 20 ? 1.0 : 0.0));
  }
  for (int x = 0; x < N; ++x) above_level[x] = std::uint8_t(int(out[x]));
}

}  // namespace

MP_CLONES float codes(const Rows<float>& rows, int n, float* up, float* down, std::uint8_t* code) {
  return std::bit_cast<float>(codes_body<std::uint32_t>(rows, n, up, down, code));
}
MP_CLONES void codes(const Rows<double>& rows, int n, double* up, double* down, std::uint8_t* code) {
  codes_body<std::uint64_t>(rows, n, up, down, code);
}

MP_CLONES void joint_bins(const std::uint8_t* code, const std::uint8_t* above_level, int n, std::uint8_t* bin) {
  if (n < kBytes) {
    for (int x = 0; x < n; ++x) joint_chunk<1>(code + x, above_level + x, bin + x);
    return;
  }
  in_chunks<kBytes>(n, [&](int x) { joint_chunk<kBytes>(code + x, above_level + x, bin + x); });
}

MP_CLONES void above_and_contrast(const double* z, const double* top, const double* bottom, int k, int n, double mean,
                                  std::uint8_t* above_level) {
  if (n < kChunk) {
    for (int x = 0; x < n; ++x) contrast_chunk<1>(z + x, top + x, bottom + x, k, mean, above_level + x);
    return;
  }
  in_chunks<kChunk>(n, [&](int x) { contrast_chunk<kChunk>(z + x, top + x, bottom + x, k, mean, above_level + x); });
}

MP_CLONES void box_row(const double* in, int k, int n, double count, double* out) {
  if (k == 3) {
#pragma GCC ivdep
    for (int x = 0; x < n; ++x) out[x] = (in[x] + in[x + 1] + in[x + 2]) / count;
  } else if (k == 5) {
#pragma GCC ivdep
    for (int x = 0; x < n; ++x) out[x] = (in[x] + in[x + 1] + in[x + 2] + in[x + 3] + in[x + 4]) / count;
  } else {
    for (int x = 0; x < n; ++x) {
      double sum = 0;
      for (int i = 0; i < k; ++i) sum += in[x + i];
      out[x] = sum / count;
    }
  }
}

MP_CLONES void slide(const float* add, const float* remove, int n, double* sum) {
  if (add && remove) {
    for (int x = 0; x < n; ++x) sum[x] += double(add[x]) - double(remove[x]);
  } else if (add) {
    for (int x = 0; x < n; ++x) sum[x] += double(add[x]);
  } else if (remove) {
    for (int x = 0; x < n; ++x) sum[x] -= double(remove[x]);
  }
}

MP_CLONES void add_row(const double* z, int n, double* column, double* out) {
#pragma GCC ivdep
  for (int x = 0; x < n; ++x) out[x] = column[x] += z[x];
}

void prefix_rows(double* const rows[8], int n) {
  double *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3], *e = rows[4], *f = rows[5], *g = rows[6], *h = rows[7];
  double sa = 0, sb = 0, sc = 0, sd = 0, se = 0, sf = 0, sg = 0, sh = 0;
  for (int x = 0; x < n; ++x) {
    a[x] = sa += a[x];
    b[x] = sb += b[x];
    c[x] = sc += c[x];
    d[x] = sd += d[x];
    e[x] = se += e[x];
    f[x] = sf += f[x];
    g[x] = sg += g[x];
    h[x] = sh += h[x];
  }
}

MP_CLONES void to_double(const float* in, int n, double* out) {
  for (int x = 0; x < n; ++x) out[x] = double(in[x]);
}
MP_CLONES void to_float(const double* in, int n, float* out) {
  for (int x = 0; x < n; ++x) out[x] = float(in[x]);
}
MP_CLONES void accumulate(const float* row, int n, double weight, double* sum) {
  for (int x = 0; x < n; ++x) sum[x] += weight * double(row[x]);
}

}  // namespace mp::ml::lbp
