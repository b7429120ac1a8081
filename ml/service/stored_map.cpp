#include "ml/service/stored_map.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "ml/service/blob_bytes.h"

namespace mp::ml {
namespace {

// Layout: "MPMAP3" | key u64 | model u64 | scale f32 | supervised u8 | method | xy as text of floats | FNV-1a u64 of all before.
constexpr std::string_view kMagic = "MPMAP3";
constexpr std::size_t kRowsLookedAt = 512;

std::string_view bytes_of(const void* data, std::size_t n) { return {static_cast<const char*>(data), n}; }

}  // namespace

std::uint64_t map_key(const FeatureTable& f) {
  std::uint64_t h = hash_combine(hash_bytes(f.extractor), hash_combine(f.n, f.d));
  h = hash_bytes(bytes_of(f.valid.data(), f.valid.size()), h);
  const auto step = std::max<std::size_t>(1, f.n / kRowsLookedAt);
  for (std::size_t i = 0; i < f.n; i += step) {
    const auto row = f.row(SampleId(i));
    h = hash_bytes(bytes_of(row.data(), row.size_bytes()), h);
  }
  return h;
}

std::vector<std::uint8_t> encode_stored_map(const StoredMap& map) {
  BlobWriter w;
  w.bytes(kMagic.data(), kMagic.size());
  w.number(map.key, 8);
  w.number(map.model, 8);
  w.number(std::bit_cast<std::uint32_t>(map.scale), 4);
  w.number(map.projection.supervised, 1);
  w.text(map.projection.method.data(), map.projection.method.size());
  w.text(map.projection.xy.data(), map.projection.xy.size() * sizeof(float));
  w.number(blob_checksum(w.out), 8);
  return std::move(w.out);
}

std::optional<StoredMap> decode_stored_map(std::span<const std::uint8_t> blob) {
  if (blob.size() < kMagic.size() + 8 || std::memcmp(blob.data(), kMagic.data(), kMagic.size()) != 0) return {};
  const auto body = blob.first(blob.size() - 8);
  if (BlobReader{blob.last(8)}.number(8) != blob_checksum(body)) return {};
  BlobReader r{body.subspan(kMagic.size())};
  StoredMap map;
  map.key = r.number(8);
  map.model = r.number(8);
  map.scale = std::bit_cast<float>(std::uint32_t(r.number(4)));
  if (!(map.scale > 0)) map.scale = 1;
  map.projection.supervised = r.number(1) != 0;
  map.projection.method = r.string();
  const auto xy = r.text();
  if (!r.ok || !r.in.empty() || xy.size() % (2 * sizeof(float)) != 0) return {};
  map.projection.xy.resize(xy.size() / sizeof(float));
  if (!xy.empty()) std::memcpy(map.projection.xy.data(), xy.data(), xy.size());
  return map;
}

}  // namespace mp::ml
