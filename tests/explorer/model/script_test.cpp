// Commands and scripts as JSON: there and back, errors that name the line, and lines that mean harm.
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "explorer/model/command_json.h"
#include "explorer/model/script.h"
#include "tests/explorer/model/fixture.h"

namespace mp::explorer::test {

using nlohmann::json;

namespace {

template <std::size_t... I>
std::vector<Command> one_of_each(std::index_sequence<I...>) {
  return {Command{std::in_place_index<I>}...};
}

std::string parse_error(const std::string& text) {
  const auto r = parse_script(text, "s.jsonl");
  return r ? std::string() : r.error().message();
}

template <class T>
T only(const std::string& line) {
  const auto r = parse_script(line, "s.jsonl");
  INFO((r ? std::string() : r.error().message()));
  REQUIRE(r);
  REQUIRE(r->size() == 1);
  REQUIRE(std::holds_alternative<T>((*r)[0].action));
  return std::get<T>((*r)[0].action);
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("every command goes to JSON and back") {
  std::set<std::string> names;
  for (const auto& c : one_of_each(std::make_index_sequence<std::variant_size_v<Command>>())) {
    const auto j = to_json(c);
    INFO(j.dump());
    CHECK(j["type"] == command_name(c));
    CHECK(names.insert(command_name(c)).second);
    const auto back = command_from_json(j);
    REQUIRE(back);
    CHECK(back->index() == c.index());
    CHECK(to_json(*back) == j);
    auto extra = j;
    extra["typo"] = 1;
    CHECK_FALSE(command_from_json(extra));
    // No field takes a value of another kind.
    for (const auto& [key, value] : j.items()) {
      auto wrong = j;
      wrong[key] = json::array({json::object()});
      INFO(key);
      CHECK_FALSE(command_from_json(wrong));
    }
  }
}

TEST_CASE("the fields of commands survive the way through JSON") {
  Filters f;
  f.class_off = {0, 1, 0};
  f.labelled = 2, f.confidence_min = .25f, f.confidence_max = .5f, f.layer_min = 3, f.layer_max = 9, f.split = 1, f.text = "µm \"x\"";
  MosaicState m;
  m.single = true, m.layer = 4, m.overlay = false, m.strength = .75f, m.camera = {{1, -2}, 33}, m.camera_set = true, m.order = WallOrder::by_class;
  ml::TrainSettings t;
  t.network = "trc", t.input_px = 64, t.epochs = 7, t.batch = 8, t.learning_rate = .5f, t.folds = 3, t.threads = 2, t.device = "cuda:0";
  for (const auto& c : {Command{cmd::Select{SelectOp::intersect, {0, 7, 4'000'000'000u}}}, Command{cmd::Lasso{"mosaic", {{.5f, -1}, {2, 3}, {4, 5}}, SelectOp::remove}}, Command{cmd::Inspect{SampleId(5)}},
                        Command{cmd::Inspect{}}, Command{cmd::SelectCell{2, 1, true}}, Command{cmd::RecolourClass{3, 0xff00ff88}}, Command{cmd::SetFilters{f}}, Command{cmd::SetMosaic{m}},
                        Command{cmd::SetTraining{t}}, Command{cmd::SetScatterCamera{{{.125f, -8}, 640}}}, Command{cmd::SetColourBy{ColourBy::split}}, Command{cmd::NextPick{-1}},
                        Command{cmd::RenameClass{1, "a\nb"}}, Command{cmd::Query{true}}, Command{cmd::SetBuild{{1.5f, -.25f, {{.5f, 1}, 300}, true, BuildCut::along, .75f, true}, 480}}, Command{cmd::ShowContours{true}}, Command{cmd::Import{"/a b/µ", true, 64, true, "/p"}}}) {
    const auto j = json::parse(to_json(c).dump());
    const auto back = command_from_json(j);
    INFO(j.dump());
    REQUIRE(back);
    CHECK(to_json(*back) == to_json(c));
  }
  const auto back = std::get<cmd::SetFilters>(*command_from_json(to_json(cmd::SetFilters{f}))).filters;
  CHECK(back.class_off == f.class_off);
  CHECK(back.text == f.text);
  CHECK(back.layer_max == 9);
  CHECK(std::get<cmd::Select>(*command_from_json(to_json(cmd::Select{SelectOp::add, {4'000'000'000u}}))).ids == Ids{4'000'000'000u});
}

TEST_CASE("commands out of range or incomplete are refused, with the reason") {
  for (const char* text : {R"({"type": "assign", "class": 1e300})", R"({"type": "assign", "class": 40000})", R"({"type": "assign", "class": "1"})", R"({"type": "assign", "class": 1.5})",
                           R"({"type": "assign"})", R"({"type": "assign", "klass": 1})", R"({"type": "assign", "class": true})", R"({"type": "set_screen", "screen": 99})",
                           R"({"type": "set_screen", "screen": -1})", R"({"type": "set_colour_by", "by": 1000000})", R"({"type": "select", "ids": [-1]})", R"({"type": "select", "ids": [4294967296]})",
                           R"({"type": "select", "ids": 5})", R"({"type": "select", "op": 9, "ids": []})", R"({"type": "lasso", "view": "scatter", "polygon": [[1, 2, 3]]})",
                           R"({"type": "set_scale", "scale": 1e39})", R"({"type": "set_scatter_camera", "camera": 5})", R"({"type": "set_mosaic", "order": 77})", R"({"type": "set_build", "cut": 4})", R"({"type": "set_build", "yaw": "left"})", R"({"type": "set_query_size", "k": 99999999999})",
                           R"({"type": 5})", R"({"type": "explode"})", R"({})", R"([])", R"("assign")"}) {
    INFO(text);
    const auto r = command_from_json(json::parse(text));
    CHECK_FALSE(r);
  }
  CHECK(contains(command_from_json(json::parse(R"({"type": "explode"})")).error().message(), "set_strategy"));
  CHECK(contains(command_from_json(json::parse(R"({"type": "assign"})")).error().message(), "\"class\" is missing"));
}

TEST_CASE("script lines") {
  const auto steps = parse_script("# a comment\n\n  \t# another\r\n{\"key\": \"1\"}\r\n{\"t\": 1.5, \"frame\": 3, \"text\": \"µ\"}", "s.jsonl");
  REQUIRE(steps);
  REQUIRE(steps->size() == 2);
  CHECK((*steps)[0].line == 4);
  CHECK((*steps)[1].line == 5);
  CHECK((*steps)[1].time_s == 1.5);
  CHECK((*steps)[1].frame == std::uint64_t(3));
  CHECK(parse_script("", "s")->empty());

  const auto lasso = only<step::Lasso>(R"({"lasso": {"view": "mosaic", "polygon": [[0,0],[1,0],[1,1]], "units": "data", "op": "add"}})");
  CHECK(lasso.view == "mosaic");
  CHECK(lasso.data_units);
  CHECK(lasso.op == SelectOp::add);
  CHECK(lasso.polygon[2] == Vec2{1, 1});
  CHECK(only<step::Lasso>(R"({"lasso": {"polygon": [[0,0],[1,0],[1,1]], "alt": true}})").op == SelectOp::remove);
  const auto mouse = only<step::Mouse>(R"({"mouse": {"move": [3, 4], "view": "scatter", "down": "left", "shift": true}})");
  CHECK(mouse.move == Vec2{3, 4});
  CHECK(mouse.shift);
  CHECK(only<step::Wheel>(R"({"wheel": -2})").y == -2);
  CHECK(only<step::Wheel>(R"({"wheel": {"y": 1, "at": [0.5, 0.5], "view": "scatter"}})").at == Vec2{.5f, .5f});
  CHECK(only<step::Click>(R"({"click": "Train", "double": true})").twice);
  CHECK(only<step::Wait>(R"({"wait": 0.25})").amount == .25);
  CHECK(only<step::Wait>(R"({"wait": "rescored", "timeout_s": 5})").timeout_s == 5);
  CHECK(only<step::Wait>(R"({"wait": "trained"})").what == step::Wait::For::trained);
  CHECK(only<step::Wait>(R"({"wait": "frames", "n": 7})").amount == 7);
  CHECK(only<step::Resize>(R"({"resize": [640, 480]})").height_px == 480);
  CHECK(only<step::Mark>(R"({"mark": "pan"})").name == "pan");
  CHECK(only<step::Header>(R"({"meltpool": 1, "seed": 9, "data_hash": "ab"})").seed == 9);
  CHECK(std::holds_alternative<cmd::Assign>(only<step::Run>(R"({"command": {"type": "assign", "class": 1}})").command));
  // A recorded lasso is drawn again, not selected by ids.
  CHECK(only<step::Lasso>(R"({"command": {"type": "lasso", "view": "scatter", "polygon": [[0,0],[1,0],[1,1]], "op": 0}})").data_units);
}

TEST_CASE("recorded lines are script lines") {
  const auto text = script_header(7, "00ff", 640, 480) + "\n" + script_line(1.2345, Command{cmd::Assign{1}}) + "\n" + script_line(2, step::Wait{step::Wait::For::rescored, 1, 9}) + "\n" +
                    script_line(3, step::Wait{step::Wait::For::seconds, .5, 9}) + "\n" + script_line(3, step::Wait{step::Wait::For::frames, 4, 9}) + "\n" +
                    script_line(4, Command{cmd::Import{"bytes \xff of a path"}}) + "\n";
  const auto steps = parse_script(text, "r.jsonl");
  REQUIRE(steps);
  REQUIRE(steps->size() == 6);
  CHECK((*steps)[1].time_s == Approx(1.2345).margin(1e-3));
  CHECK(std::get<step::Wait>((*steps)[2].action).what == step::Wait::For::rescored);
  CHECK(std::get<step::Wait>((*steps)[4].action).amount == 4);
  CHECK_FALSE(is_recorded(cmd::Hover{}));
  CHECK_FALSE(is_recorded(cmd::Quit{}));
  CHECK(is_recorded(cmd::Assign{}));
}

TEST_CASE("errors name the file, the line and the cause") {
  const auto first = parse_error("{\"key\": \"1\"}\n\n{\"key\": }\n");
  CHECK(contains(first, "s.jsonl:3"));
  CHECK(contains(parse_error("{\"kex\": 1}"), "\"kex\""));
  CHECK(contains(parse_error("{\"wait\": \"lunch\"}"), "lunch"));
  CHECK(contains(parse_error("{\"lasso\": {\"polygon\": [[0,0],[1,1]]}}"), "at least 3 corners"));
  CHECK(contains(parse_error("{\"mouse\": {\"down\": \"third\"}}"), "left, right or middle"));
  CHECK(contains(parse_error("[1, 2]"), "JSON object"));
  CHECK(contains(parse_error("\n{\"command\": {\"type\": \"assing\", \"class\": 1}}"), "s.jsonl:2"));
}

TEST_CASE("hostile lines are errors, not crashes") {
  std::string deep = "{\"key\": ", open(1'000'000, '['), curly;
  for (int i = 0; i < 200'000; ++i) curly += "{\"a\":";
  for (const auto& line : {deep + open, deep + open + std::string(1'000'000, ']') + "}", curly, curly + "1" + std::string(200'000, '}'), std::string("{\"x\": ") + open + std::string(1'000'000, ']') + "}",
                           std::string("{\"command\": ") + open + std::string(1'000'000, ']') + "}"})
    CHECK(contains(parse_error(line), "s.jsonl:1"));
  for (const char* line : {"{\"wait\": 1e999}", "{\"wait\": 1e300}", "{\"wait\": -1}", "{\"wait\": NaN}", "{\"wait\": \"frames\", \"n\": 1e30}", "{\"wait\": \"idle\", \"timeout_s\": \"soon\"}",
                           "{\"resize\": [0, 5]}", "{\"resize\": [-3, 5]}", "{\"resize\": [1e9, 5]}", "{\"resize\": [5]}", "{\"resize\": \"640x480\"}", "{\"frame\": -1, \"key\": \"1\"}",
                           "{\"frame\": 1e40, \"key\": \"1\"}", "{\"t\": \"now\", \"key\": \"1\"}", "{\"key\": 1}", "{\"text\": null}", "{\"click\": {}}", "{\"click\": 5}", "{\"screenshot\": []}",
                           "{\"mouse\": {\"move\": [1e30, 0]}}", "{\"mouse\": {\"move\": [null, 0]}}", "{\"mouse\": 5}", "{\"lasso\": {\"polygon\": 5}}", "{\"lasso\": {}}", "{\"lasso\": []}",
                           "{\"lasso\": {\"polygon\": [[0,0],[1,0],[1,\"a\"]]}}", "{\"wheel\": \"up\"}", "{\"wheel\": 1e20}", "{\"text\": \"\xff\xfe\"}", "{\"key\": \"1\"", "nul", "{}", "\x01\x02"}) {
    INFO(line);
    CHECK(contains(parse_error(line), "s.jsonl:1"));
  }
  CHECK(contains(parse_error("{\"text\": \"" + std::string(17 << 20, 'a') + "\"}"), "longer"));
}

TEST_CASE("the data's hash knows files, sizes, regions and order") {
  const auto pool = state().pool;
  const auto h = data_hash(*pool);
  CHECK(h.size() == 16);
  CHECK(data_hash(*pool) == h);
  auto changed = *pool;
  changed.images[3].path += "x";
  CHECK(data_hash(changed) != h);
  changed = *pool;
  changed.images[3].size_bytes++;
  CHECK(data_hash(changed) != h);
  changed = *pool;
  changed.region[5].x = 1;
  CHECK(data_hash(changed) != h);
  changed = *pool;
  std::swap(changed.images[0], changed.images[1]);
  CHECK(data_hash(changed) != h);
  changed = *pool;
  changed.roots = {"/elsewhere"};                      // a moved folder is the same data
  changed.images[2].mtime_ns = 1;
  CHECK(data_hash(changed) == h);
}

}  // namespace mp::explorer::test
