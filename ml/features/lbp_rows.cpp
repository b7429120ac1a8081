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

template <class Bits, class T>
[[gnu::always_inline]] inline Bits codes_body(const Rows<T>& rows, int n, T* up_row, T* down_row, std::uint8_t* code) {
  constexpr int sign = sizeof(Bits) * 8 - 1;
  constexpr Bits magnitude = ~(Bits(1) << sign);
  const int m = rows.m, r = rows.radius, reach = n + 2 * m + 2;
  blend(rows.up_near - m - 1, rows.up_far - m - 1, rows.f, reach, up_row);
  blend(rows.down_near - m - 1, rows.down_far - m - 1, rows.f, reach, down_row);
  const T *c = rows.centre, *north = rows.north, *south = rows.south, f = rows.f;
  const T *up = up_row + m + 1, *down = down_row + m + 1;
  Bits closest = magnitude;
#pragma GCC ivdep
  for (int x = 0; x < n; ++x) {
    const T limit = c[x] - T(kEqual);
    const T v[8] = {c[x + r],
                    up[x + m] + f * (up[x + m + 1] - up[x + m]),
                    north[x],
                    up[x - m] + f * (up[x - m - 1] - up[x - m]),
                    c[x - r],
                    down[x - m] + f * (down[x - m - 1] - down[x - m]),
                    south[x],
                    down[x + m] + f * (down[x + m + 1] - down[x + m])};
    Bits darker = 0;
#pragma GCC unroll 8
    for (int k = 0; k < 8; ++k) {
      const Bits bits = std::bit_cast<Bits>(v[k] - limit);
      closest = std::min<Bits>(closest, bits & magnitude);
      darker |= (bits >> (sign - k)) & (Bits(1) << k);
    }
    code[x] = std::uint8_t(~darker);
  }
  return closest;
}

}  // namespace

MP_CLONES float codes(const Rows<float>& rows, int n, float* up, float* down, std::uint8_t* code) {
  return std::bit_cast<float>(codes_body<std::uint32_t>(rows, n, up, down, code));
}
MP_CLONES void codes(const Rows<double>& rows, int n, double* up, double* down, std::uint8_t* code) {
  codes_body<std::uint64_t>(rows, n, up, down, code);
}

MP_CLONES void joint_bins(const std::uint8_t* above_level, int n, std::uint8_t* code) {
  using U8 = std::uint8_t;
  for (int x = 0; x < n; ++x) {
    const U8 c = code[x];
    const U8 changes = U8(c ^ U8(U8(c >> 1) | U8(c << 7)));
    U8 ones = U8(c - U8(U8(c >> 1) & 0x55));
    ones = U8(U8(ones & 0x33) + U8(U8(ones >> 2) & 0x33));
    ones = U8(U8(ones + U8(ones >> 4)) & 0x0f);
    U8 flips = U8(changes - U8(U8(changes >> 1) & 0x55));
    flips = U8(U8(flips & 0x33) + U8(U8(flips >> 2) & 0x33));
    flips = U8(U8(flips + U8(flips >> 4)) & 0x0f);
    const U8 bin = flips <= 2 ? ones : U8(9);
    code[x] = U8(U8(bin * 8) + above_level[x]);
  }
}

MP_CLONES void above_and_contrast(const double* z, const double* top, const double* bottom, int k, int n, double mean,
                                  std::uint8_t* above_level) {
  const double count = double(k) * k;
#pragma GCC ivdep
  for (int x = 0; x < n; ++x) {
    // The order of these additions and the division are the reference's: differences of exactly 3, 8 or 20 are common and
    // its rounding decides them.
    const double sum = bottom[x + k] - top[x + k] - bottom[x] + top[x];
    const double contrast = std::abs(sum / count - z[x]);
    above_level[x] = std::uint8_t((z[x] > mean ? 4 : 0) + (contrast > 3 ? 1 : 0) + (contrast > 8 ? 1 : 0) +
                                  (contrast > 20 ? 1 : 0));
  }
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
