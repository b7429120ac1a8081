// The inner loop of the software path for each instruction set. The loop itself is in point_blend.inc, because a
// compiler compiles a function for one instruction set only; all sets give the same bytes. Called from any drawing
// thread.
#include "engine/draw/point_blend.h"

#include <algorithm>
#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace mp::draw {
namespace {

/// below + (colour - below) * a / 255, rounded, for a = coverage * opacity / 256; two channels in one multiplication.
inline std::uint32_t mix(std::uint32_t below, std::uint32_t colour, std::uint32_t a) {
  constexpr std::uint32_t kPair = 0x00ff00ff, kHalf = 0x00800080;
  std::uint32_t even = (below & kPair) * (255 - a) + (colour & kPair) * a + kHalf;
  std::uint32_t odd = (below >> 8 & kPair) * (255 - a) + (colour >> 8 & kPair) * a + kHalf;
  even = (even + (even >> 8 & kPair)) >> 8 & kPair;
  odd = (odd + (odd >> 8 & kPair)) & ~kPair;
  return even | odd;
}

namespace plain {
inline void mix8(std::uint32_t* pixels, const std::uint8_t* coverage, std::uint32_t colour, std::uint32_t opacity256) {
  for (int i = 0; i < 8; ++i) pixels[i] = mix(pixels[i], colour, coverage[i] * opacity256 >> 8);
}
#include "engine/draw/point_blend.inc"
}  // namespace plain

#ifdef __x86_64__
namespace sse2 {
// Eight 16-bit channels (two pixels) of `below` towards `colour`.
inline __m128i mix2(__m128i below, __m128i colour, __m128i coverage, __m128i opacity) {
  __m128i a = _mm_srli_epi16(_mm_mullo_epi16(coverage, opacity), 8);
  __m128i rest = _mm_sub_epi16(_mm_set1_epi16(255), a);
  __m128i sum = _mm_add_epi16(_mm_mullo_epi16(below, rest), _mm_mullo_epi16(colour, a));
  sum = _mm_add_epi16(sum, _mm_set1_epi16(128));
  return _mm_srli_epi16(_mm_add_epi16(sum, _mm_srli_epi16(sum, 8)), 8);
}
inline void mix8(std::uint32_t* pixels, const std::uint8_t* coverage, std::uint32_t colour, std::uint32_t opacity256) {
  const __m128i zero = _mm_setzero_si128();
  __m128i wide_colour = _mm_unpacklo_epi8(_mm_set1_epi32(int(colour)), zero);
  __m128i opacity = _mm_set1_epi16(short(opacity256));
  __m128i c = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(coverage));
  c = _mm_unpacklo_epi8(c, c);
  for (int i = 0; i < 2; ++i) {
    __m128i four = i == 0 ? _mm_unpacklo_epi16(c, c) : _mm_unpackhi_epi16(c, c);
    auto* at = reinterpret_cast<__m128i*>(pixels + 4 * i);
    __m128i below = _mm_loadu_si128(at);
    __m128i low = mix2(_mm_unpacklo_epi8(below, zero), wide_colour, _mm_unpacklo_epi8(four, zero), opacity);
    __m128i high = mix2(_mm_unpackhi_epi8(below, zero), wide_colour, _mm_unpackhi_epi8(four, zero), opacity);
    _mm_storeu_si128(at, _mm_packus_epi16(low, high));
  }
}
#include "engine/draw/point_blend.inc"
}  // namespace sse2

#pragma GCC push_options
#pragma GCC target("avx2")
namespace avx2 {
inline __m256i mix4(__m256i below, __m256i colour, __m256i coverage, __m256i opacity) {
  __m256i a = _mm256_srli_epi16(_mm256_mullo_epi16(coverage, opacity), 8);
  __m256i rest = _mm256_sub_epi16(_mm256_set1_epi16(255), a);
  __m256i sum = _mm256_add_epi16(_mm256_mullo_epi16(below, rest), _mm256_mullo_epi16(colour, a));
  sum = _mm256_add_epi16(sum, _mm256_set1_epi16(128));
  return _mm256_srli_epi16(_mm256_add_epi16(sum, _mm256_srli_epi16(sum, 8)), 8);
}
inline void mix8(std::uint32_t* pixels, const std::uint8_t* coverage, std::uint32_t colour, std::uint32_t opacity256) {
  const __m256i zero = _mm256_setzero_si256();
  // Lanes of 16 bytes: coverage 0 .. 3 four times each in the low one, 4 .. 7 in the high one.
  const __m256i spread =
      _mm256_setr_epi8(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7);
  __m256i wide_colour = _mm256_unpacklo_epi8(_mm256_set1_epi32(int(colour)), zero);
  __m256i opacity = _mm256_set1_epi16(short(opacity256));
  __m256i c = _mm256_broadcastsi128_si256(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(coverage)));
  c = _mm256_shuffle_epi8(c, spread);
  auto* at = reinterpret_cast<__m256i*>(pixels);
  __m256i below = _mm256_loadu_si256(at);
  __m256i low = mix4(_mm256_unpacklo_epi8(below, zero), wide_colour, _mm256_unpacklo_epi8(c, zero), opacity);
  __m256i high = mix4(_mm256_unpackhi_epi8(below, zero), wide_colour, _mm256_unpackhi_epi8(c, zero), opacity);
  _mm256_storeu_si256(at, _mm256_packus_epi16(low, high));
}
#include "engine/draw/point_blend.inc"
}  // namespace avx2
#pragma GCC pop_options
#endif

}  // namespace

void draw_point_items_plain(const PointBand& band, const PointStamps& stamps, const PointItem* items, std::size_t n,
                            const PointLook& look) {
  plain::draw_items(band, stamps, items, n, look);
}

void draw_point_items(const PointBand& band, const PointStamps& stamps, const PointItem* items, std::size_t n,
                      const PointLook& look) {
#ifdef __x86_64__
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  if (has_avx2) return avx2::draw_items(band, stamps, items, n, look);
  return sse2::draw_items(band, stamps, items, n, look);
#else
  return plain::draw_items(band, stamps, items, n, look);
#endif
}

}  // namespace mp::draw
