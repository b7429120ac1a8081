// See pth.h.
#include "ml/nn/pth.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <optional>

#include "ml/nn/pickle.h"

namespace mp::ml {
namespace {

using pickle::Value;
using Bytes = std::span<const std::uint8_t>;
constexpr std::size_t kMaxEntries = 100'000, kMaxElements = std::size_t(1) << 31;
constexpr std::uint32_t kEndRecord = 0x06054b50, kCentralRecord = 0x02014b50, kLocalRecord = 0x04034b50;

template <class T>
std::optional<T> number_at(Bytes b, std::size_t at) {
  if (at > b.size() || b.size() - at < sizeof(T)) return std::nullopt;
  T v;
  std::memcpy(&v, b.data() + at, sizeof v);
  return v;
}

/// The stored (not compressed) entries of a zip archive by name.
Result<std::map<std::string, Bytes>> read_zip(Bytes b, const std::string& name) {
  auto wrong = [&](const char* found) { return fail("cannot read the weights", name, "a zip archive as torch.save writes it", found); };
  std::size_t end = b.size() < 22 ? 0 : b.size() - 22;
  while (end > 0 && b.size() - end < 70'000 && number_at<std::uint32_t>(b, end) != kEndRecord) --end;
  if (number_at<std::uint32_t>(b, end) != kEndRecord) return wrong("no end record");
  std::uint64_t count = *number_at<std::uint16_t>(b, end + 10), at = *number_at<std::uint32_t>(b, end + 16);
  if (at == 0xffffffff || count == 0xffff) {  // zip64: a record that a locator before the end points to
    auto where = end < 20 ? std::nullopt : number_at<std::uint64_t>(b, end - 20 + 8);
    if (!where || !number_at<std::uint64_t>(b, std::min<std::uint64_t>(*where, b.size()) + 48)) return wrong("no zip64 record");
    count = *number_at<std::uint64_t>(b, *where + 32);
    at = *number_at<std::uint64_t>(b, *where + 48);
  }
  if (count > kMaxEntries) return wrong("too many entries");
  std::map<std::string, Bytes> entries;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (at > b.size() || b.size() - at < 46 || *number_at<std::uint32_t>(b, at) != kCentralRecord) return wrong("a broken directory");
    const auto method = *number_at<std::uint16_t>(b, at + 10), name_size = *number_at<std::uint16_t>(b, at + 28);
    const auto extra = *number_at<std::uint16_t>(b, at + 30), comment = *number_at<std::uint16_t>(b, at + 32);
    std::uint64_t size = *number_at<std::uint32_t>(b, at + 24), local = *number_at<std::uint32_t>(b, at + 42);
    if (b.size() - at < std::size_t(46) + name_size + extra + comment) return wrong("a broken directory");
    const std::string entry(reinterpret_cast<const char*>(b.data()) + at + 46, name_size);
    if (size == 0xffffffff || local == 0xffffffff) {  // zip64 fields, in this order, only those that did not fit
      std::size_t x = at + 46 + name_size, last = x + extra;
      while (x + 4 <= last && *number_at<std::uint16_t>(b, x) != 1) x += 4u + *number_at<std::uint16_t>(b, x + 2);
      x += 4;
      auto next = [&]() -> std::uint64_t { auto v = x + 8 <= last ? *number_at<std::uint64_t>(b, x) : b.size(); x += 8; return v; };
      if (size == 0xffffffff) size = next();
      if (*number_at<std::uint32_t>(b, at + 20) == 0xffffffff) next();
      if (local == 0xffffffff) local = next();
    }
    if (entry.find("/code/") != std::string::npos)
      return fail("cannot read the weights", name, "a state_dict", kTorchScriptFound,
                  "save its weights with torch.save(model.state_dict())");
    if (method != 0) return wrong("a compressed entry");
    if (local > b.size() || b.size() - local < 30 || *number_at<std::uint32_t>(b, local) != kLocalRecord) return wrong("a broken entry");
    const std::uint64_t data = local + 30 + *number_at<std::uint16_t>(b, local + 26) + *number_at<std::uint16_t>(b, local + 28);
    if (data > b.size() || size > b.size() - data) return wrong("an entry beyond the end");
    entries[entry] = b.subspan(data, size);
    at += 46u + name_size + extra + comment;
  }
  return entries;
}

std::size_t width_of(std::string_view type) {
  if (type == "HalfStorage" || type == "BFloat16Storage" || type == "F16" || type == "BF16") return 2;
  if (type == "FloatStorage" || type == "F32") return 4;
  if (type == "DoubleStorage" || type == "F64") return 8;
  return 0;
}

/// Bytes of one value in a storage that is no float: needed to step over it in old files.
std::size_t any_width_of(std::string_view type) {
  if (type == "LongStorage") return 8;
  if (type == "IntStorage") return 4;
  if (type == "ShortStorage") return 2;
  if (type == "ByteStorage" || type == "CharStorage" || type == "BoolStorage") return 1;
  return width_of(type);
}

float half(std::uint16_t h) {
  const int exponent = h >> 10 & 31, fraction = h & 1023;
  float v = exponent == 0    ? std::ldexp(float(fraction), -24)
            : exponent == 31 ? (fraction ? NAN : INFINITY)
                             : std::ldexp(float(fraction + 1024), exponent - 25);
  return h & 0x8000 ? -v : v;
}

const Value* find(const Value& dict, std::string_view key) {
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2)
    if (dict.items[i]->kind == Value::Kind::text && dict.items[i]->text == key) return dict.items[i + 1];
  return nullptr;
}

using Storages = std::function<std::optional<Bytes>(const pickle::Tensor&)>;

Result<std::vector<NamedTensor>> tensors_of(const Value& top, const Storages& storages, const std::string& file) {
  auto wrong = [&](const std::string& found) { return fail("cannot read the weights", file, "a state_dict of tensors", found); };
  const Value* dict = &top;
  if (top.kind == Value::Kind::dict)
    for (auto key : {"state_dict", "model_state_dict", "model"})
      if (auto* inner = find(top, key); inner && inner->kind == Value::Kind::dict) dict = inner;
  if (dict->kind != Value::Kind::dict) return wrong("something else");
  std::vector<NamedTensor> tensors;
  std::size_t total = 0;
  for (std::size_t i = 0; i + 1 < dict->items.size(); i += 2) {
    auto &key = *dict->items[i], &value = *dict->items[i + 1];
    if (key.kind != Value::Kind::text || value.kind != Value::Kind::tensor) continue;
    auto& t = value.tensor;
    const auto width = width_of(t.type);
    if (!width) continue;  // whole numbers
    const auto bytes = storages(t);
    if (!bytes) return wrong("no storage of " + key.text.substr(0, 60));
    const std::size_t there = bytes->size() / width;
    std::size_t n = 1;
    std::uint64_t last = std::uint64_t(t.offset);  // of the values it needs
    for (std::size_t d = 0; d < t.shape.size(); ++d) {
      if (t.shape[d] > std::int64_t(kMaxElements) || t.stride[d] > std::int64_t(kMaxElements)) return wrong("a tensor too large");
      n *= std::size_t(t.shape[d]);
      if (n > kMaxElements) return wrong("a tensor too large");
      if (t.shape[d] > 0) last += std::uint64_t(t.shape[d] - 1) * std::uint64_t(t.stride[d]);
    }
    total += n;
    if (total > kMaxElements) return wrong("tensors too large");
    if (n > 0 && last >= there) return wrong(key.text.substr(0, 60) + " beyond its storage");
    NamedTensor out{key.text, t.shape, std::vector<float>(n)};
    const auto values = n ? floats_of(t.type, bytes->subspan(std::size_t(t.offset) * width, (last - std::uint64_t(t.offset) + 1) * width)) : std::vector<float>{};
    std::vector<std::int64_t> index(t.shape.size(), 0);
    for (std::size_t k = 0; k < n; ++k) {
      std::int64_t at = 0;
      for (std::size_t d = 0; d < index.size(); ++d) at += index[d] * t.stride[d];
      out.values[k] = values[std::size_t(at)];
      for (std::size_t d = index.size(); d-- > 0;) {
        if (++index[d] < t.shape[d]) break;
        index[d] = 0;
      }
    }
    tensors.push_back(std::move(out));
  }
  if (tensors.empty()) return wrong("no tensor of floats");
  return tensors;
}

Result<std::vector<NamedTensor>> read_archive(Bytes bytes, const std::string& name) {
  auto entries = read_zip(bytes, name);
  if (!entries) return tl::make_unexpected(entries.error());
  std::string folder;
  for (auto& [entry, data] : *entries)
    if (entry.ends_with("/data.pkl")) folder = entry.substr(0, entry.size() - 8);
  if (folder.empty())
    return fail("cannot read the weights", name, "data.pkl in the archive", "none", "save it with torch.save(model.state_dict())");
  if (auto order = entries->find(folder + "byteorder"); order != entries->end())
    if (std::string(order->second.begin(), order->second.end()) != "little")
      return fail("cannot read the weights", name, "little-endian values", "others");
  auto top = pickle::read(entries->at(folder + "data.pkl"));
  if (!top) {
    auto e = top.error();
    e.path = name;
    return tl::make_unexpected(e);
  }
  return tensors_of(*top->top, [&](const pickle::Tensor& t) -> std::optional<Bytes> {
    auto found = entries->find(folder + "data/" + t.storage);
    return found == entries->end() ? std::nullopt : std::optional(found->second);
  }, name);
}

/// Before PyTorch 1.6: pickles of a magic number, a version, facts of the system, the state_dict and the storages' keys,
/// then each storage as a count and its values.
Result<std::vector<NamedTensor>> read_old(Bytes bytes, const std::string& name) {
  std::size_t at = 0;
  std::vector<pickle::Pickle> parts;
  for (int i = 0; i < 5; ++i) {
    auto part = pickle::read(bytes.subspan(at));
    if (!part) {
      auto e = part.error();
      e.path = name;
      return tl::make_unexpected(e);
    }
    at += part->used;
    parts.push_back(std::move(*part));
  }
  // Widths of the storages: by the tensors that lie in them.
  std::map<std::string, std::string> types;
  for (auto& v : parts[3].values)
    if (v.kind == Value::Kind::tensor) types[v.tensor.storage] = v.tensor.type;
  std::map<std::string, Bytes> storages;
  auto wrong = [&](const char* found) { return fail("cannot read the weights", name, "a file of torch.save", found); };
  if (parts[4].top->kind != Value::Kind::list) return wrong("no list of storages");
  for (auto& key : parts[4].top->items) {
    auto type = key->kind == Value::Kind::text ? types.find(key->text) : types.end();
    auto count = number_at<std::uint64_t>(bytes, at);
    if (type == types.end() || !count) return wrong("a storage that no tensor names");
    const std::size_t width = any_width_of(type->second);
    at += 8;
    if (!width || *count > (bytes.size() - at) / width) return wrong("a storage beyond the end");
    storages[key->text] = bytes.subspan(at, *count * width);
    at += *count * width;
  }
  return tensors_of(*parts[3].top, [&](const pickle::Tensor& t) -> std::optional<Bytes> {
    auto found = storages.find(t.storage);
    return found == storages.end() ? std::nullopt : std::optional(found->second);
  }, name);
}

}  // namespace

std::vector<float> floats_of(std::string_view type, std::span<const std::uint8_t> bytes) {
  const auto width = width_of(type);
  if (!width) return {};
  std::vector<float> v(bytes.size() / width);
  const bool brain = type.starts_with("BF");
  for (std::size_t i = 0; i < v.size(); ++i) {
    if (width == 4) {
      v[i] = *number_at<float>(bytes, 4 * i);
    } else if (width == 8) {
      v[i] = float(*number_at<double>(bytes, 8 * i));
    } else {
      const auto h = *number_at<std::uint16_t>(bytes, 2 * i);
      v[i] = brain ? std::bit_cast<float>(std::uint32_t(h) << 16) : half(h);
    }
  }
  return v;
}

Result<std::vector<NamedTensor>> read_pth(std::span<const std::uint8_t> bytes, const std::string& name) {
  return number_at<std::uint32_t>(bytes, 0) == kLocalRecord ? read_archive(bytes, name) : read_old(bytes, name);
}

}  // namespace mp::ml
