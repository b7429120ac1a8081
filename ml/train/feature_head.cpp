// See feature_head.h.
#include "ml/train/feature_head.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <opencv2/ml.hpp>
#include <set>

#include "ml/head/instant_model.h"
#include "ml/nn/safetensors.h"
#include "ml/train/batches.h"

namespace mp::ml {
namespace {

constexpr const char* kPrefix = "head.";   // of its tensors, in a file with those of the backbone
constexpr double kSvmC = 1;
constexpr int kTemperatureFolds = 3;

/// Columns to mean 0 and deviation 1; a constant one becomes 0.
struct Scale {
  std::vector<float> mean, factor;
  Scale() = default;
  Scale(std::span<const float> x, std::size_t d) : mean(d), factor(d) {
    const std::size_t n = x.size() / d;
    for (std::size_t j = 0; j < d; ++j) {
      double sum = 0, squares = 0;
      for (std::size_t i = 0; i < n; ++i) {
        sum += double(x[i * d + j]);
        squares += double(x[i * d + j]) * double(x[i * d + j]);
      }
      const double m = sum / double(n), deviation = std::sqrt(std::max(0., squares / double(n) - m * m));
      mean[j] = float(m);
      factor[j] = deviation > 1e-9 ? float(1 / deviation) : 0.f;
    }
  }
  void apply(std::span<float> x) const {
    const std::size_t d = mean.size();
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = (x[i] - mean[i % d]) * factor[i % d];
  }
};

/// One plane a class: rows x classes decision values.
struct Planes {
  std::size_t d = 0, classes = 0;
  std::vector<float> weight, bias;  // classes x d; a class without samples keeps zeros and a low bias

  std::vector<float> decide(std::span<const float> x) const {
    const std::size_t n = x.size() / d;
    std::vector<float> out(n * classes);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t c = 0; c < classes; ++c)
        out[i * classes + c] = std::inner_product(&x[i * d], &x[i * d] + d, &weight[c * d], bias[c]);
    return out;
  }
};

Planes fit_planes(std::span<const float> x, std::size_t d, std::span<const ClassId> cls, std::size_t classes) {
  Planes planes{d, classes, std::vector<float>(classes * d), std::vector<float>(classes, -10.f)};
  const int n = int(cls.size());
  cv::Mat samples(n, int(d), CV_32F, const_cast<float*>(x.data()));
  for (std::size_t c = 0; c < classes; ++c) {
    cv::Mat wanted(n, 1, CV_32S);
    int members = 0;
    for (int i = 0; i < n; ++i) members += wanted.at<int>(i) = cls[std::size_t(i)] == ClassId(c);
    if (members == 0 || members == n) continue;
    auto svm = cv::ml::SVM::create();
    svm->setType(cv::ml::SVM::C_SVC);
    svm->setKernel(cv::ml::SVM::LINEAR);
    svm->setC(kSvmC);
    svm->setTermCriteria({cv::TermCriteria::MAX_ITER + cv::TermCriteria::EPS, 10'000, 1e-4});
    svm->train(samples, cv::ml::ROW_SAMPLE, wanted);
    // A linear machine is kept as one vector: the decision is +-(alpha v.x - rho).
    cv::Mat alpha, index, vectors = svm->getSupportVectors();
    const double rho = svm->getDecisionFunction(0, alpha, index);
    alpha.convertTo(alpha, CV_64F);
    auto* w = &planes.weight[c * d];
    for (int v = 0; v < alpha.cols; ++v)
      for (std::size_t j = 0; j < d; ++j) w[j] += float(alpha.at<double>(v)) * vectors.at<float>(index.at<int>(v), int(j));
    planes.bias[c] = float(-rho);
    // Which side is the class is not documented: its own samples say it.
    double own = 0, rest = 0;
    for (int i = 0; i < n; ++i) {
      const double s = std::inner_product(w, w + d, &x[std::size_t(i) * d], 0.0);
      (wanted.at<int>(i) ? own : rest) += s / (wanted.at<int>(i) ? members : n - members);
    }
    if (own >= rest) continue;
    for (std::size_t j = 0; j < d; ++j) w[j] = -w[j];
    planes.bias[c] = -planes.bias[c];
  }
  return planes;
}

void soften(std::span<float> decisions, std::size_t classes, float temperature) {
  for (std::size_t i = 0; i < decisions.size(); i += classes) {
    auto row = decisions.subspan(i, classes);
    const float most = *std::max_element(row.begin(), row.end());
    float sum = 0;
    for (auto& v : row) sum += v = std::exp(temperature * (v - most));
    for (auto& v : row) v /= sum;
  }
}

std::vector<float> values_of(std::span<const NamedTensor> tensors, const std::string& name) {
  const auto it = std::ranges::find(tensors, name, &NamedTensor::name);
  return it == tensors.end() ? std::vector<float>() : it->values;
}

class SvmHead final : public FeatureHead {
 public:
  SvmHead(std::span<const NamedTensor> tensors, std::size_t d, std::size_t classes) {
    scale_.mean = values_of(tensors, "mean");
    scale_.factor = values_of(tensors, "factor");
    planes_ = {d, classes, values_of(tensors, "weight"), values_of(tensors, "bias")};
    const auto t = values_of(tensors, "temperature");
    temperature_ = t.size() == 1 ? t[0] : 0;
  }
  bool complete() const {
    return scale_.mean.size() == planes_.d && scale_.factor.size() == planes_.d && planes_.weight.size() == planes_.classes * planes_.d && planes_.bias.size() == planes_.classes && temperature_ > 0;
  }
  SvmHead(std::vector<float> x, std::size_t d, std::span<const ClassId> cls, int classes, std::uint64_t seed) : scale_(x, d) {
    scale_.apply(x);
    planes_ = fit_planes(x, d, cls, std::size_t(classes));
    // How sure a distance is: the temperature with the least log loss on samples that were left out.
    constexpr std::array<float, 6> kTemperatures{2, 0.5f, 1, 4, 8, 16};
    std::array<double, kTemperatures.size()> loss{};
    auto fold = leave_fold_out(cls, kTemperatureFolds, seed);
    if (fold.left_out.empty()) return;
    auto gather = [&](std::span<const std::size_t> of, std::vector<ClassId>& c) {
      std::vector<float> rows;
      for (auto i : of) {
        rows.insert(rows.end(), x.begin() + std::ptrdiff_t(i * d), x.begin() + std::ptrdiff_t((i + 1) * d));
        c.push_back(cls[i]);
      }
      return rows;
    };
    std::vector<ClassId> kept_class, left_class;
    const auto kept = gather(fold.kept, kept_class), left = gather(fold.left_out, left_class);
    const auto decisions = fit_planes(kept, d, kept_class, std::size_t(classes)).decide(left);
    for (std::size_t t = 0; t < kTemperatures.size(); ++t) {
      auto p = decisions;
      soften(p, std::size_t(classes), kTemperatures[t]);
      for (std::size_t i = 0; i < left_class.size(); ++i)
        loss[t] -= std::log(std::max(double(p[i * std::size_t(classes) + std::size_t(left_class[i])]), 1e-9));
    }
    temperature_ = kTemperatures[std::size_t(std::min_element(loss.begin(), loss.end()) - loss.begin())];
  }
  std::vector<float> predict(std::span<const float> features, std::size_t) const override {
    std::vector<float> x(features.begin(), features.end());
    scale_.apply(x);
    auto p = planes_.decide(x);
    soften(p, planes_.classes, temperature_);
    return p;
  }
  std::vector<NamedTensor> tensors() const override {
    const auto d = std::int64_t(planes_.d), c = std::int64_t(planes_.classes);
    return {{"mean", {d}, scale_.mean}, {"factor", {d}, scale_.factor}, {"weight", {c, d}, planes_.weight}, {"bias", {c}, planes_.bias}, {"temperature", {1}, {temperature_}}};
  }

 private:
  Scale scale_;
  Planes planes_;
  float temperature_ = 2;
};

class RidgeHead final : public FeatureHead {
 public:
  RidgeHead(std::vector<float> x, std::size_t d, std::span<const ClassId> cls, int classes) : d_(d), cls_(cls.begin(), cls.end()), rows_(x) {
    const std::size_t n = cls.size();
    std::vector<SampleId> all(n);
    std::iota(all.begin(), all.end(), SampleId(0));
    std::vector<Labelled> labelled;
    for (std::size_t i = 0; i < n; ++i) labelled.push_back({SampleId(i), cls[i]});
    model_ = std::make_unique<InstantModel>(make_features("network", n, d, std::move(x)), all, InstantOptions{.threads = 1});
    fitted_ = bool(model_->refit(labelled, classes, 1));
  }
  bool fitted() const { return fitted_; }
  std::vector<float> predict(std::span<const float> features, std::size_t) const override { return model_->predict(features); }
  // A kernel's head is its rows: fitting them again gives the same.
  std::vector<NamedTensor> tensors() const override {
    const auto n = std::int64_t(cls_.size());
    return {{"rows", {n, std::int64_t(d_)}, rows_}, {"class", {n}, std::vector<float>(cls_.begin(), cls_.end())}};
  }

 private:
  std::size_t d_;
  std::vector<ClassId> cls_;
  std::vector<float> rows_;
  std::unique_ptr<InstantModel> model_;
  bool fitted_ = false;
};

class HeadedNetwork final : public Network {
 public:
  HeadedNetwork(std::shared_ptr<Network> backbone, std::unique_ptr<FeatureHead> head, const std::string& name)
      : backbone_(std::move(backbone)), head_(std::move(head)), spec_(backbone_->spec()) {
    spec_.name = name;
  }
  const NetworkSpec& spec() const override { return spec_; }
  std::size_t parameters() const override { return backbone_->parameters(); }
  int feature_dim() const override { return backbone_->feature_dim(); }
  float train_step(std::span<const std::uint8_t>, std::span<const ClassId>, const StepSettings&) override { return cannot(); }
  float contrast_step(std::span<const std::uint8_t>, float, std::uint64_t) override { return cannot(); }
  std::vector<float> predict(std::span<const std::uint8_t> images, std::size_t n, std::vector<float>* features) override {
    std::vector<float> own;
    auto& f = features ? *features : own;
    if (!head_) {
      error_ = "no head has been fitted or loaded";
      return {};
    }
    if (backbone_->predict(images, n, &f).empty()) {
      error_ = backbone_->last_error();
      return {};
    }
    return head_->predict(f, n);
  }
  std::vector<std::uint8_t> save() const override {
    const auto bytes = backbone_->save();
    const auto file = read_safetensors(bytes);
    if (!head_ || !file) return bytes;
    auto all = named(*file, false);
    for (auto& tensor : head_->tensors()) {
      tensor.name = kPrefix + tensor.name;
      all.push_back(std::move(tensor));
    }
    return write_safetensors(all, file->metadata);
  }
  Result<void> load(std::span<const std::uint8_t> bytes) override {
    const auto file = read_safetensors(bytes);
    if (!file) return tl::make_unexpected(file.error());
    if (auto ok = backbone_->load(write_safetensors(named(*file, false), file->metadata)); !ok) return ok;
    auto head = read_head(spec_.name.substr(spec_.name.find('+') + 1), named(*file, true), std::size_t(feature_dim()), spec_.classes);
    if (!head) return tl::make_unexpected(head.error());
    head_ = std::move(*head);
    return {};
  }
  std::string last_error() const override { return error_; }

 private:
  /// Those of the head without their prefix, or the others.
  static std::vector<NamedTensor> named(const TensorFile& file, bool of_head) {
    std::vector<NamedTensor> out;
    for (const auto& view : file.tensors)
      if (view.name.starts_with(kPrefix) == of_head) out.push_back({of_head ? view.name.substr(std::string_view(kPrefix).size()) : view.name, view.shape, floats_of(view)});
    return out;
  }
  float cannot() {
    error_ = "a head is fitted to features, not stepped";
    return std::numeric_limits<float>::quiet_NaN();
  }
  std::shared_ptr<Network> backbone_;
  std::unique_ptr<FeatureHead> head_;
  NetworkSpec spec_;
  std::string error_;
};

}  // namespace

Result<std::unique_ptr<FeatureHead>> fit_head(const std::string& kind, std::vector<float> features, std::size_t d,
                                              std::span<const ClassId> cls, int classes, std::uint64_t seed) {
  const std::string what = "cannot fit the head " + kind;
  if (std::set<ClassId>(cls.begin(), cls.end()).size() < 2) return fail(what, {}, "labels of two classes", "fewer");
  if (features.size() != cls.size() * d || !std::ranges::all_of(features, [](float v) { return std::isfinite(v); }))
    return fail(what, {}, "finite features of every label", "others");
  if (kind == "svm") return std::make_unique<SvmHead>(std::move(features), d, cls, classes, seed);
  auto ridge = std::make_unique<RidgeHead>(std::move(features), d, cls, classes);
  if (!ridge->fitted()) return fail(what, {}, "features that a kernel can be made of", "others");
  return ridge;
}

Result<std::unique_ptr<FeatureHead>> read_head(const std::string& kind, std::span<const NamedTensor> tensors, std::size_t d, int classes) {
  const std::string what = "cannot read the head " + kind;
  const auto size = std::to_string(d) + " features and " + std::to_string(classes) + " classes";
  for (const auto& tensor : tensors)
    if (!std::ranges::all_of(tensor.values, [](float v) { return std::isfinite(v); })) return fail(what, {}, "finite values", "others in " + tensor.name, "train it again");
  if (kind == "svm") {
    auto svm = std::make_unique<SvmHead>(tensors, d, std::size_t(classes));
    if (!svm->complete()) return fail(what, {}, "its tensors for " + size, "others or none", "train it again");
    return svm;
  }
  auto rows = values_of(tensors, "rows");
  const auto stored = values_of(tensors, "class");
  std::vector<ClassId> cls;
  for (float c : stored)
    if (c >= 0 && c < float(classes)) cls.push_back(ClassId(c));
  if (cls.empty() || cls.size() != stored.size()) return fail(what, {}, "its tensors for " + size, "others or none", "train it again");
  return fit_head(kind, std::move(rows), d, cls, classes, 1);
}

std::shared_ptr<Network> with_head(std::shared_ptr<Network> backbone, std::unique_ptr<FeatureHead> head,
                                   const std::string& name) {
  return std::make_shared<HeadedNetwork>(std::move(backbone), std::move(head), name);
}

}  // namespace mp::ml
