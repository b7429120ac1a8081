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
#include "ml/train/batches.h"

namespace mp::ml {
namespace {

constexpr double kSvmC = 1;
constexpr int kTemperatureFolds = 3;

/// Columns to mean 0 and deviation 1; a constant one becomes 0.
struct Scale {
  std::vector<float> mean, factor;
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

class SvmHead final : public FeatureHead {
 public:
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

 private:
  Scale scale_;
  Planes planes_;
  float temperature_ = 2;
};

class RidgeHead final : public FeatureHead {
 public:
  RidgeHead(std::vector<float> x, std::size_t d, std::span<const ClassId> cls, int classes) {
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

 private:
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
    if (backbone_->predict(images, n, &f).empty()) {
      error_ = backbone_->last_error();
      return {};
    }
    return head_->predict(f, n);
  }
  std::vector<std::uint8_t> save() const override { return backbone_->save(); }
  Result<void> load(std::span<const std::uint8_t> bytes) override { return backbone_->load(bytes); }
  std::string last_error() const override { return error_; }

 private:
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

std::shared_ptr<Network> with_head(std::shared_ptr<Network> backbone, std::unique_ptr<FeatureHead> head,
                                   const std::string& name) {
  return std::make_shared<HeadedNetwork>(std::move(backbone), std::move(head), name);
}

}  // namespace mp::ml
