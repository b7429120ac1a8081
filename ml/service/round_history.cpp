#include "ml/service/round_history.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "ml/service/blob_bytes.h"

namespace mp::ml {
namespace {

// A record: "MPRD" | payload length u32 | payload | FNV-1a u64 of the payload. The planes are differences to the round
// before (modulo 256, byte by byte) unless it is a key round, deflated: what did not change costs next to nothing.
constexpr std::string_view kMagic = "MPRD";
constexpr std::size_t kHead = 8, kTail = 8;
constexpr std::size_t kPlanes = 7;                        // x, y and class: two each; confidence
constexpr std::size_t kKeyEvery = 16;
constexpr std::size_t kMostBytes = std::size_t(256) << 20;
constexpr std::size_t kMostSamples = std::size_t(1) << 28;
constexpr float kMargin = .25f;                           // a key round's box leaves room for the next ones to grow

float as_float(std::uint64_t bits) { return std::bit_cast<float>(std::uint32_t(bits)); }
std::uint64_t as_bits(float f) { return std::bit_cast<std::uint32_t>(f); }

Error broken(const std::string& file) {
  return {"cannot read the history of the map", file, "whole rounds", "damaged bytes",
          "Delete the file: the history begins anew; labels and models are kept elsewhere"};
}

}  // namespace

Result<RoundHistory> RoundHistory::open(const std::string& file, bool read_only) {
  RoundHistory h;
  h.file_ = file;
  h.read_only_ = read_only;
  if (auto ok = h.scan(); !ok) return tl::make_unexpected(ok.error());
  return h;
}

Result<void> RoundHistory::scan() {
  rounds_.clear();
  entries_.clear();
  last_.clear();
  size_ = 0;
  std::error_code ec;
  const auto whole = std::filesystem::file_size(file_, ec);
  if (ec && !std::filesystem::exists(file_)) return {};  // none yet
  std::ifstream in(file_, std::ios::binary);
  if (!in || !std::filesystem::is_regular_file(file_, ec))
    return fail("cannot read the history of the map", file_, "a file that can be read", std::filesystem::is_directory(file_, ec) ? "a folder" : "", "Check its permissions, or move it away");
  std::vector<std::uint8_t> payload;
  bool cut = false;
  while (size_ + kHead + kTail <= whole) {
    std::uint8_t head[kHead];
    if (!in.read(reinterpret_cast<char*>(head), kHead) || std::memcmp(head, kMagic.data(), 4) != 0) break;
    const auto length = std::size_t(BlobReader{std::span(head).subspan(4)}.number(4));
    if (size_ + kHead + length + kTail > whole) {
      cut = true;   // as a crash leaves it
      break;
    }
    payload.resize(length + kTail);
    if (!in.read(reinterpret_cast<char*>(payload.data()), std::streamsize(payload.size()))) break;
    const auto body = std::span<const std::uint8_t>(payload).first(length);
    if (BlobReader{std::span<const std::uint8_t>(payload).subspan(length)}.number(8) != blob_checksum(body)) break;
    BlobReader r{body};
    RoundInfo info;
    Entry e;
    e.key = r.number(1) != 0;
    info.label_revision = r.number(8);
    info.labels = int(r.number(4));
    info.accuracy = as_float(r.number(4));
    info.loss = as_float(r.number(4));
    info.network = r.number(1) != 0;
    info.method = r.string();
    e.n = std::size_t(r.number(8));
    for (float* v : {&e.box.x0, &e.box.y0, &e.box.x1, &e.box.y1}) *v = as_float(r.number(4));
    const auto text = r.text();
    if (!r.ok || e.n > kMostSamples || (!e.key && (entries_.empty() || entries_.back().n != e.n))) break;
    e.offset = size_ + kHead + std::size_t(text.data() - body.data());
    e.bytes = text.size();
    size_ += kHead + length + kTail;
    entries_.push_back(e);
    rounds_.push_back(std::move(info));
  }
  if (!cut && size_ + kHead + kTail <= whole) notice_ = keep_damaged(whole - size_);
  if (entries_.empty()) return {};
  auto last = planes(entries_.size() - 1);
  if (!last) return tl::make_unexpected(last.error());
  last_ = std::move(*last);
  return {};
}

/// What follows the last whole round is no cut tail of a crash: a copy is kept, because the next round overwrites it.
std::string RoundHistory::keep_damaged(std::size_t bytes) const {
  auto text = "the history of the map, " + file_ + ", is damaged after round " + std::to_string(rounds_.size()) + " (" + std::to_string(bytes) + " bytes): the rounds before are there, labels and models are kept elsewhere";
  std::error_code ec;
  if (!read_only_ && std::filesystem::copy_file(file_, file_ + ".damaged", std::filesystem::copy_options::overwrite_existing, ec))
    text += ". The file as it was found: " + file_ + ".damaged";
  return text;
}

template <class Visit>
Result<void> RoundHistory::replay(std::size_t first, std::size_t last, Visit&& visit) const {
  std::ifstream in(file_, std::ios::binary);
  Planes now, step;
  std::vector<std::uint8_t> packed;
  for (std::size_t i = first; i <= last; ++i) {
    const auto& e = entries_[i];
    packed.resize(e.bytes);
    in.seekg(std::streamoff(e.offset));
    if (!in.read(reinterpret_cast<char*>(packed.data()), std::streamsize(packed.size()))) return tl::make_unexpected(broken(file_));
    step.resize(kPlanes * e.n);
    auto length = uLongf(step.size());
    if (e.n && (uncompress(step.data(), &length, packed.data(), uLong(packed.size())) != Z_OK || length != step.size()))
      return tl::make_unexpected(broken(file_));
    if (e.key)
      now.swap(step);
    else
      for (std::size_t k = 0; k < now.size(); ++k) now[k] = std::uint8_t(now[k] + step[k]);
    visit(i, now);
  }
  return {};
}

Result<RoundHistory::Planes> RoundHistory::planes(std::size_t index) const {
  std::size_t first = index;
  while (first > 0 && !entries_[first].key) --first;
  Planes out;
  auto ok = replay(first, index, [&](std::size_t i, const Planes& p) {
    if (i == index) out = p;
  });
  if (!ok) return tl::make_unexpected(ok.error());
  return out;
}

Result<void> RoundHistory::append(const RoundInfo& info, std::size_t n, const Box& box, bool key, const Planes& planes) {
  Planes step = planes;
  if (!key)
    for (std::size_t k = 0; k < step.size(); ++k) step[k] = std::uint8_t(step[k] - last_[k]);
  auto length = compressBound(uLong(step.size()));
  std::vector<std::uint8_t> packed(length);
  if (compress2(packed.data(), &length, step.data(), uLong(step.size()), 1) != Z_OK)
    return fail("cannot keep a round of the map", file_, {}, "not enough memory");
  packed.resize(length);
  BlobWriter w;
  w.number(key, 1);
  w.number(info.label_revision, 8);
  w.number(std::uint64_t(info.labels), 4);
  w.number(as_bits(info.accuracy), 4);
  w.number(as_bits(info.loss), 4);
  w.number(info.network, 1);
  w.text(info.method.data(), info.method.size());
  w.number(n, 8);
  for (float v : {box.x0, box.y0, box.x1, box.y1}) w.number(as_bits(v), 4);
  w.text(packed.data(), packed.size());
  BlobWriter record;
  record.bytes(kMagic.data(), kMagic.size());
  record.number(w.out.size(), 4);
  record.bytes(w.out.data(), w.out.size());
  record.number(blob_checksum(w.out), 8);
  {
    std::error_code ec;
    // What a crash left behind the last whole round goes.
    if (const auto there = std::filesystem::file_size(file_, ec); !ec && there != size_) std::filesystem::resize_file(file_, size_, ec);
    std::ofstream out(file_, std::ios::binary | std::ios::app);
    out.write(reinterpret_cast<const char*>(record.out.data()), std::streamsize(record.out.size()));
    out.flush();
    if (!out) return fail("cannot keep a round of the map", file_, "room on the disk", {}, "Free some space; labels are kept on their own");
  }
  Entry e;
  e.key = key;
  e.n = n;
  e.box = box;
  e.bytes = packed.size();
  e.offset = size_ + kHead + w.out.size() - packed.size();
  size_ += record.out.size();
  entries_.push_back(e);
  rounds_.push_back(info);
  last_ = planes;
  return {};
}

Result<void> RoundHistory::add(RoundInfo info, const std::vector<float>& xy, const Predictions& p) {
  if (read_only_) return {};
  const std::size_t n = std::min(xy.size() / 2, p.predicted.size());
  Box seen{std::numeric_limits<float>::max(), std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest(), std::numeric_limits<float>::lowest()};
  for (std::size_t i = 0; i < n; ++i) {
    const float x = xy[2 * i], y = xy[2 * i + 1];
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    seen = {std::min(seen.x0, x), std::min(seen.y0, y), std::max(seen.x1, x), std::max(seen.y1, y)};
  }
  if (seen.x0 > seen.x1) seen = {};
  bool key = entries_.empty() || entries_.back().n != n;
  if (!key) {
    const Box& b = entries_.back().box;
    std::size_t since = 1;
    for (std::size_t i = entries_.size(); i-- > 0 && !entries_[i].key;) ++since;
    key = since >= kKeyEvery || seen.x0 < b.x0 || seen.y0 < b.y0 || seen.x1 > b.x1 || seen.y1 > b.y1;
  }
  Box box = key ? Box{} : entries_.back().box;
  if (key) {
    const float mx = kMargin * (seen.x1 - seen.x0) + 1e-6f, my = kMargin * (seen.y1 - seen.y0) + 1e-6f;
    box = {seen.x0 - mx, seen.y0 - my, seen.x1 + mx, seen.y1 + my};
  }
  Planes planes(kPlanes * n);
  const float sx = 65535 / (box.x1 - box.x0), sy = 65535 / (box.y1 - box.y0);
  for (std::size_t i = 0; i < n; ++i) {
    const bool there = std::isfinite(xy[2 * i]) && std::isfinite(xy[2 * i + 1]);
    const auto x = std::uint16_t(there ? (xy[2 * i] - box.x0) * sx + .5f : 0);
    const auto y = std::uint16_t(there ? (xy[2 * i + 1] - box.y0) * sy + .5f : 0);
    const auto cls = std::uint16_t(p.predicted[i]);
    planes[i] = std::uint8_t(x);
    planes[n + i] = std::uint8_t(x >> 8);
    planes[2 * n + i] = std::uint8_t(y);
    planes[3 * n + i] = std::uint8_t(y >> 8);
    planes[4 * n + i] = std::uint8_t(cls);
    planes[5 * n + i] = std::uint8_t(cls >> 8);
    planes[6 * n + i] = std::uint8_t(std::clamp(p.confidence[i], 0.f, 1.f) * 255 + .5f);
  }
  if (auto ok = append(info, n, box, key, planes); !ok) return ok;
  return size_ > kMostBytes ? thin() : Result<void>{};
}

Result<Round> RoundHistory::load(std::size_t index) const {
  if (index >= entries_.size())
    return fail("there is no such round", file_, entries_.empty() ? "none" : "0 to " + std::to_string(entries_.size() - 1), std::to_string(index));
  auto p = planes(index);
  if (!p) return tl::make_unexpected(p.error());
  const auto& e = entries_[index];
  const std::size_t n = e.n;
  Round round;
  round.index = index;
  round.info = rounds_[index];
  round.xy.resize(2 * n);
  round.predicted.resize(n);
  round.confidence.resize(n);
  const float sx = (e.box.x1 - e.box.x0) / 65535, sy = (e.box.y1 - e.box.y0) / 65535;
  const auto pair = [&](std::size_t plane, std::size_t i) { return std::uint16_t((*p)[plane * n + i] | (*p)[(plane + 1) * n + i] << 8); };
  for (std::size_t i = 0; i < n; ++i) {
    round.xy[2 * i] = e.box.x0 + float(pair(0, i)) * sx;
    round.xy[2 * i + 1] = e.box.y0 + float(pair(2, i)) * sy;
    round.predicted[i] = ClassId(std::int16_t(pair(4, i)));
    round.confidence[i] = float((*p)[6 * n + i]) / 255;
  }
  return round;
}

Result<Trail> RoundHistory::trail(SampleId id) const {
  Trail t;
  t.id = id;
  if (entries_.empty()) return t;
  auto ok = replay(0, entries_.size() - 1, [&](std::size_t k, const Planes& p) {
    const auto& e = entries_[k];
    const std::size_t n = e.n, i = id;
    if (i >= n) return;
    const auto x = float(p[i] | p[n + i] << 8) / 65535, y = float(p[2 * n + i] | p[3 * n + i] << 8) / 65535;
    t.at.push_back({e.box.x0 + x * (e.box.x1 - e.box.x0), e.box.y0 + y * (e.box.y1 - e.box.y0)});
  });
  if (!ok) return tl::make_unexpected(ok.error());
  return t;
}

Result<void> RoundHistory::thin() {
  const auto count = entries_.size();
  RoundHistory kept;
  kept.file_ = file_ + ".thinned";
  std::error_code ec;
  std::filesystem::remove(kept.file_, ec);
  Result<void> added;
  auto ok = replay(0, count - 1, [&](std::size_t i, const Planes& p) {
    if (!added || (i < count / 2 && i % 2 == 1)) return;
    const auto& e = entries_[i];
    const bool key = kept.entries_.empty() || kept.entries_.back().n != e.n || e.key || std::memcmp(&kept.entries_.back().box, &e.box, sizeof e.box) != 0;
    added = kept.append(rounds_[i], e.n, e.box, key, p);
  });
  if (!ok || !added) {
    std::filesystem::remove(kept.file_, ec);
    return ok ? added : ok;
  }
  std::filesystem::rename(kept.file_, file_, ec);
  if (ec) return fail("cannot keep a round of the map", file_, "a file that can be replaced", ec.message());
  kept.file_ = file_;
  *this = std::move(kept);
  return {};
}

}  // namespace mp::ml
