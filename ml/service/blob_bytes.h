// Numbers and texts to bytes and back, for the blobs that the service keeps in a project. Integers are little-endian,
// texts are a u64 length and their content. Plain values; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/hash.h"

namespace mp::ml {

struct BlobWriter {
  std::vector<std::uint8_t> out;
  void number(std::uint64_t v, int size) {
    for (int i = 0; i < size; ++i) out.push_back(std::uint8_t(v >> (8 * i)));
  }
  void bytes(const void* data, std::size_t n) {
    const auto* p = static_cast<const std::uint8_t*>(data);
    out.insert(out.end(), p, p + n);
  }
  void text(const void* data, std::size_t n) {
    number(n, 8);
    bytes(data, n);
  }
};

/// After a read beyond the end `ok` is false and what comes is empty.
struct BlobReader {
  std::span<const std::uint8_t> in;
  bool ok = true;
  std::uint64_t number(int size) {
    if (in.size() < std::size_t(size)) {
      ok = false;
      return 0;
    }
    std::uint64_t v = 0;
    for (int i = 0; i < size; ++i) v |= std::uint64_t(in[std::size_t(i)]) << (8 * i);
    in = in.subspan(std::size_t(size));
    return v;
  }
  std::span<const std::uint8_t> text() {
    const auto n = number(8);
    if (!ok || n > in.size()) {
      ok = false;
      return {};
    }
    const auto t = in.first(n);
    in = in.subspan(n);
    return t;
  }
  std::string string() {
    const auto t = text();
    return {t.begin(), t.end()};
  }
};

inline std::uint64_t blob_checksum(std::span<const std::uint8_t> bytes) {
  return hash_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace mp::ml
