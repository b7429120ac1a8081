#include "ml/service/stored_model.h"

#include <cstring>
#include <string_view>

#include "engine/base/hash.h"
#include "ml/data/types.h"

namespace mp::ml {
namespace {

// Layout: "MPINST" version(u16) | label revision u64 | extractor | count u32, names | bytes | FNV-1a u64 of all before.
// Integers are little-endian; texts and bytes are a u64 length and their content.
constexpr std::string_view kMagic = "MPINST";
constexpr std::uint64_t kVersion = 1;

struct Writer {
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

struct Reader {
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

std::uint64_t checksum(std::span<const std::uint8_t> bytes) {
  return hash_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

std::vector<std::uint8_t> encode_stored_model(const StoredModel& model) {
  Writer w;
  w.bytes(kMagic.data(), kMagic.size());
  w.number(kVersion, 2);
  w.number(model.label_revision, 8);
  w.text(model.extractor.data(), model.extractor.size());
  w.number(model.classes.size(), 4);
  for (const auto& c : model.classes) w.text(c.data(), c.size());
  w.text(model.bytes.data(), model.bytes.size());
  w.number(checksum(w.out), 8);
  return std::move(w.out);
}

Result<StoredModel> decode_stored_model(std::span<const std::uint8_t> blob) {
  const char* action = "label or train in the project again, then its model is stored anew";
  if (blob.size() < kMagic.size() + 10 || std::memcmp(blob.data(), kMagic.data(), kMagic.size()) != 0)
    return fail("the stored model cannot be read", {}, "a model of the instant tier",
                std::to_string(blob.size()) + " other bytes", action);
  Reader sum{blob.last(8)};
  const auto body = blob.first(blob.size() - 8);
  Reader r{body.subspan(kMagic.size())};
  const auto version = r.number(2);
  if (version > kVersion)
    return fail("the stored model was made by a newer version", {}, "format " + std::to_string(kVersion),
                "format " + std::to_string(version), "use that version of the program");
  if (sum.number(8) != checksum(body))
    return fail("the stored model is damaged", {}, "a matching checksum", "another", action);
  StoredModel m;
  m.label_revision = r.number(8);
  m.extractor = r.string();
  const auto count = r.number(4);
  if (count > std::uint64_t(kMaxClasses))
    return fail("the stored model is damaged", {}, "at most " + std::to_string(kMaxClasses) + " classes",
                std::to_string(count), action);
  for (std::uint64_t i = 0; i < count && r.ok; ++i) m.classes.push_back(r.string());
  const auto bytes = r.text();
  m.bytes.assign(bytes.begin(), bytes.end());
  if (!r.ok || !r.in.empty()) return fail("the stored model is damaged", {}, "a whole record", "another length", action);
  return m;
}

}  // namespace mp::ml
