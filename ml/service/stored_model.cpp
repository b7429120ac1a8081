#include "ml/service/stored_model.h"

#include <cstring>
#include <string_view>

#include "ml/data/types.h"
#include "ml/service/blob_bytes.h"

namespace mp::ml {
namespace {

// Layout: "MPINST" version(u16) | label revision u64 | extractor | count u32, names | bytes | FNV-1a u64 of all before.
// Integers are little-endian; texts and bytes are a u64 length and their content.
constexpr std::string_view kMagic = "MPINST";
constexpr std::uint64_t kVersion = 1;

}  // namespace

std::vector<std::uint8_t> encode_stored_model(const StoredModel& model) {
  BlobWriter w;
  w.bytes(kMagic.data(), kMagic.size());
  w.number(kVersion, 2);
  w.number(model.label_revision, 8);
  w.text(model.extractor.data(), model.extractor.size());
  w.number(model.classes.size(), 4);
  for (const auto& c : model.classes) w.text(c.data(), c.size());
  w.text(model.bytes.data(), model.bytes.size());
  w.number(blob_checksum(w.out), 8);
  return std::move(w.out);
}

Result<StoredModel> decode_stored_model(std::span<const std::uint8_t> blob) {
  const char* action = "label or train in the project again, then its model is stored anew";
  if (blob.size() < kMagic.size() + 10 || std::memcmp(blob.data(), kMagic.data(), kMagic.size()) != 0)
    return fail("the stored model cannot be read", {}, "a model of the instant tier",
                std::to_string(blob.size()) + " other bytes", action);
  BlobReader sum{blob.last(8)};
  const auto body = blob.first(blob.size() - 8);
  BlobReader r{body.subspan(kMagic.size())};
  const auto version = r.number(2);
  if (version > kVersion)
    return fail("the stored model was made by a newer version", {}, "format " + std::to_string(kVersion),
                "format " + std::to_string(version), "use that version of the program");
  if (sum.number(8) != blob_checksum(body))
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
