// Average precision against stored cases that a plain program worked out from COCOeval's definition, and small cases
// worked by hand.
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "ml/detect/coco_evaluation.h"
#include "ml/detect/nms.h"

using namespace mp::ml;

namespace {

void same(double found, const nlohmann::json& expected) {
  if (expected.is_null())
    CHECK(std::isnan(found));
  else
    CHECK(found == Approx(expected.get<double>()).margin(1e-12));
}

CocoFile coco_of(const nlohmann::json& list, const nlohmann::json& c) {
  CocoFile f;
  for (const auto& i : c["images"]) f.images.push_back({i["id"], i["file_name"]});
  for (const auto& k : c["categories"]) f.categories.push_back({k["id"], k["name"]});
  for (const auto& a : list) {
    const auto& b = a["bbox"];
    f.annotations.push_back({-1, a["image_id"], a["category_id"], b[0], b[1], b[2], b[3], a.value("score", 1.), a.value("area", -1.), a.value("iscrowd", 0) != 0});
  }
  return f;
}

const ScoredBox kLeft{0, 0, 0, 0, 10, 10}, kRight{0, 0, 20, 0, 10, 10};
ScoredBox scored(ScoredBox b, double score) {
  b.score = score;
  return b;
}

}  // namespace

TEST_CASE("average precision is that of COCOeval on the stored cases") {
  const auto cases = nlohmann::json::parse(std::ifstream(MP_SOURCE_DIR "/tests/ml/detect/coco_cases.json"));
  REQUIRE(cases.size() == 5);
  for (const auto& c : cases) {
    const auto e = evaluate_coco(coco_of(c["annotations"], c), coco_of(c["results"], c), {.resamples = 0});
    REQUIRE(e);
    const auto& expected = c["expected"];
    same(e->result.map50, expected["map50"]);
    same(e->result.map75, expected["map75"]);
    same(e->result.map, expected["map"]);
    same(e->result.recall100, expected["recall100"]);
    for (std::size_t s = 0; s < 3; ++s) same(e->result.map_by_size[s], expected["by_size"][s]);
    for (std::size_t k = 0; k < e->classes.size(); ++k) same(e->result.by_class[k].ap50, expected["ap50"][k]);
  }
}

TEST_CASE("precision, recall and F1 count from the threshold on") {
  const ScoredBox truth[] = {kLeft, kRight};
  const ScoredBox found[] = {scored(kLeft, .9), scored({0, 0, 50, 50, 10, 10}, .6), scored(kRight, .2)};
  const auto e = evaluate_detections(truth, found, 1, 1, {.threshold = .5, .resamples = 0});
  CHECK(e.precision == Approx(.5));
  CHECK(e.recall == Approx(.5));
  CHECK(e.f1 == Approx(.5));
  // 51 recall points up to 0.5 with precision 1, 50 more with 2/3.
  CHECK(e.map50 == Approx((51 + 50 * 2. / 3) / 101));
  const auto& curve = e.by_class[0].curve;
  REQUIRE(curve.recall.size() == 3);
  CHECK(curve.recall.back() == 1.f);
  CHECK(curve.precision[1] == Approx(.5));
}

TEST_CASE("a class without boxes has no average precision and does not pull the mean down") {
  const ScoredBox truth[] = {kLeft};
  ScoredBox other = scored(kRight, .8);
  other.cls = 1;
  const ScoredBox found[] = {scored(kLeft, .9), other};
  const auto e = evaluate_detections(truth, found, 1, 3, {.resamples = 0});
  CHECK(e.map50 == Approx(1));
  CHECK(std::isnan(e.by_class[1].ap50));
  CHECK(std::isnan(e.by_class[2].ap50));
}

TEST_CASE("confusion tells a wrong class, a missed box and a find in the background apart") {
  ScoredBox other = kRight;
  other.cls = 1;
  const ScoredBox truth[] = {kLeft, other, {1, 1, 0, 0, 5, 5}};
  const ScoredBox found[] = {scored(kLeft, .9), scored(kRight, .8), scored({1, 0, 40, 40, 5, 5}, .7), scored({1, 1, 0, 0, 5, 5}, .1)};
  const auto e = evaluate_detections(truth, found, 2, 2, {.resamples = 0});
  const std::vector<std::size_t> expected = {1, 0, 0,   // class 0: found
                                             1, 0, 1,   // class 1: once taken for 0, once missed (score too low)
                                             1, 0, 0};  // background: taken for class 0
  CHECK(e.confusion == expected);
}

TEST_CASE("an overlap of exactly .85 is one: the thresholds are COCOeval's to the last bit") {
  const ScoredBox truth[] = {{0, 0, 0, 0, 20, 10}};
  const ScoredBox found[] = {scored({0, 0, 0, 0, 17, 10}, .9)};
  CHECK(evaluate_detections(truth, found, 1, 1, {.resamples = 0}).map == Approx(.8));
}

TEST_CASE("what lies in a crowd is not found in the background") {
  ScoredBox crowd{0, 0, 0, 0, 100, 100};
  crowd.crowd = true;
  const ScoredBox truth[] = {crowd};
  ScoredBox of_another_class = scored({0, 0, 50, 50, 10, 10}, .9);
  of_another_class.cls = 1;
  const ScoredBox found[] = {scored({0, 0, 10, 10, 10, 10}, .9), of_another_class};
  CHECK(evaluate_detections(truth, found, 1, 2, {.resamples = 0}).confusion == std::vector<std::size_t>{0, 0, 0, 0, 0, 0, 0, 1, 0});
}

TEST_CASE("the bootstrap interval holds the mean, and is the same for the same seed") {
  std::vector<ScoredBox> truth, found;
  for (std::uint32_t i = 0; i < 40; ++i) {
    truth.push_back({i, 0, 0, 0, 10, 10});
    found.push_back({i, 0, i % 3 ? 0. : 30., 0, 10, 10, .01 * i});
  }
  const auto e = evaluate_detections(truth, found, 40, 1, {.resamples = 300});
  CHECK(e.map50_low < e.map50);
  CHECK(e.map50_high > e.map50);
  CHECK(e.map50_high - e.map50_low > .1);
  CHECK(e.map50_high - e.map50_low < .5);
  const auto again = evaluate_detections(truth, found, 40, 1, {.resamples = 300});
  CHECK(again.map50_low == e.map50_low);
  CHECK(evaluate_detections(truth, found, 40, 1, {.resamples = 300, .seed = 2}).map50_low != e.map50_low);
}

TEST_CASE("nothing at all is measured without an error") {
  const auto e = evaluate_detections({}, {}, 0, 0, {});
  CHECK(std::isnan(e.map50));
  CHECK(e.confusion == std::vector<std::size_t>{0});
}

TEST_CASE("ten thousand boxes in one image: only the best hundred of a class count") {
  std::vector<ScoredBox> truth, found;
  for (int i = 0; i < 10'000; ++i) {
    truth.push_back({0, 0, i % 100 * 12., i / 100 * 12., 10, 10});
    found.push_back(scored(truth.back(), 1 - i * 1e-5));
  }
  const auto e = evaluate_detections(truth, found, 1, 1, {.resamples = 0});
  CHECK(e.detections == 100);
  CHECK(e.recall100 == Approx(.01));
}

TEST_CASE("detections of unknown images and categories and boxes without a size are named and left out") {
  CocoFile truth, found;
  truth.images.push_back({7, "a.png"});
  truth.categories.push_back({3, "scratch"});
  truth.annotations.push_back({1, 7, 3, 0, 0, 10, 10});
  found.annotations = {{-1, 7, 3, 0, 0, 10, 10, .9}, {-1, 8, 3, 0, 0, 10, 10, .9}, {-1, 7, 4, 0, 0, 10, 10, .9}, {-1, 7, 3, 0, 0, -10, 10, .9}, {-1, 7, 3, 0, 0, 10, 10, NAN}};
  const auto e = evaluate_coco(truth, found, {.resamples = 0});
  REQUIRE(e);
  CHECK(e->problems.size() == 4);
  CHECK(e->result.map50 == Approx(1));
  CHECK(e->result.detections == 1);
  CHECK_FALSE(evaluate_coco({}, found, {}));
}

TEST_CASE("thousands of detections of one fault are named by file and annotation and counted; proposals are no truth") {
  CocoFile truth, found;
  truth.images.push_back({7, "a.png"});
  truth.categories.push_back({3, "scratch"});
  truth.annotations = {{1, 7, 3, 0, 0, 10, 10}, {2, 7, 3, 50, 50, 10, 10}};
  truth.annotations[1].status = BoxStatus::proposed;
  truth.file = "t.json";
  found.file = "f.json";
  found.annotations.push_back({-1, 7, 3, 0, 0, 10, 10, .9});
  for (int i = 0; i < 14'000; ++i) found.annotations.push_back({100 + i, 7, 5, 0, 0, 10, 10, .5});
  const auto e = evaluate_coco(truth, found, {.resamples = 0});
  REQUIRE(e);
  CHECK(e->result.boxes == 1);
  CHECK(e->result.map50 == Approx(1));
  CHECK(e->problems.size() == 14'001);
  const auto brief = e->problems.brief(1);
  REQUIRE(brief.size() == 3);
  CHECK(brief[0] == "t.json: 1 box of status proposed or rejected left out: no true boxes");
  CHECK(brief[1] == "f.json: annotation 100: the true boxes know no category 5");
  CHECK(brief[2] == "and 13999 more like it");
  CHECK(e->problems.lines().size() == kMaxProblems + 1);
}

TEST_CASE("suppression keeps the best box of each class and place") {
  const std::vector<Detection> boxes = {{{0, 0, 10, 10}, 0, .5f}, {{1, 0, 11, 10}, 0, .9f}, {{1, 0, 11, 10}, 1, .4f}, {{50, 50, 60, 60}, 0, .3f},
                                        {{50, 50, 50, 60}, 0, .99f}, {{0, 0, NAN, 10}, 0, .9f}, {{0, 0, 10, 10}, 0, NAN}};
  const auto kept = suppress(boxes, {.max_iou = .5f, .vote_iou = 1});
  REQUIRE(kept.size() == 3);
  CHECK(kept[0] == boxes[1]);
  CHECK(kept[1] == boxes[2]);
  CHECK(kept[2] == boxes[3]);
  CHECK(suppress(boxes, {.max_iou = .95f, .max_boxes = 2}).size() == 2);
  CHECK(suppress({}).empty());
}

TEST_CASE("the boxes of a thing vote on its place by their scores") {
  const std::vector<Detection> boxes = {{{0, 0, 10, 10}, 0, .6f}, {{2, 0, 12, 10}, 0, .3f},    // IoU 8 / 12: votes
                                        {{2, 0, 12, 10}, 1, .5f},                              // another class
                                        {{5, 0, 15, 10}, 0, .2f}};                             // 1/3: a thing of its own, the second votes on it
  const auto kept = suppress(boxes, {.max_iou = .4f, .vote_iou = .5f});
  REQUIRE(kept.size() == 3);
  CHECK(kept[0].rect.x0 == Approx(2. / 3));
  CHECK(kept[0].rect.x1 == Approx(10 + 2. / 3));
  CHECK(kept[0].score == .6f);
  CHECK(kept[1].rect == boxes[2].rect);
  CHECK(kept[2].rect.x0 == Approx((.2 * 5 + .3 * 2) / .5));
}
