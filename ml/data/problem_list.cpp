#include "ml/data/problem_list.h"

#include <algorithm>
#include <fmt/format.h>

namespace mp::ml {
namespace {

constexpr std::size_t kMaxKinds = 50;   // the last one takes all others
constexpr std::size_t kFirstOfKind = 5;

bool digit(char c) { return c >= '0' && c <= '9'; }

std::string shared_part(const std::string& line) {
  const auto colon = line.find(": ");
  std::string out;
  for (std::size_t i = colon == std::string::npos ? 0 : colon + 2; i < line.size(); ++i) {
    if (line[i] == '\'') {
      i = std::min(line.find('\'', i + 1), line.size());
      out += '\'';
    } else if (digit(line[i]) || (line[i] == '-' && i + 1 < line.size() && digit(line[i + 1]))) {
      i = std::min(line.find_first_not_of("0123456789.eE+-", i), line.size()) - 1;
      out += '0';
    } else {
      out += line[i];
    }
  }
  return out;
}

}  // namespace

ProblemList::Kind& ProblemList::kind_of(const std::string& line) {
  const auto [at, added] = index_.try_emplace(shared_part(line), kinds_.size());
  if (!added) return kinds_[at->second];
  if (kinds_.size() < kMaxKinds) return kinds_.emplace_back();
  index_.erase(at);
  return kinds_.back();
}

void ProblemList::add(std::string line) {
  Kind& kind = kind_of(line);
  ++size_;
  ++kind.count;
  if (kind.first.size() < kFirstOfKind) kind.first.push_back(line);
  if (lines_.size() >= kMaxProblems && kind.count > 1) return;
  ++kind.kept;
  lines_.push_back(std::move(line));
}

void ProblemList::add(const ProblemList& other, const std::string& before) {
  for (const auto& line : other.lines_) add(before + line);
  for (const Kind& k : other.kinds_) {
    kind_of(before + k.first.front()).count += k.count - k.kept;
    size_ += k.count - k.kept;
  }
}

std::vector<std::string> ProblemList::lines() const {
  auto out = lines_;
  if (size_ > lines_.size()) out.push_back(fmt::format("and {} more", size_ - lines_.size()));
  return out;
}

std::vector<std::string> ProblemList::brief(std::size_t of_kind) const {
  std::vector<std::string> out;
  for (const Kind& k : kinds_) {
    auto n = std::min(of_kind, k.first.size());
    if (k.count == n + 1 && k.first.size() > n) ++n;
    out.insert(out.end(), k.first.begin(), k.first.begin() + std::ptrdiff_t(n));
    if (k.count > n) out.push_back(fmt::format("and {} more like it", k.count - n));
  }
  return out;
}

}  // namespace mp::ml
