// Panels before a person who clicks and types: what is emitted, what is offered, what an empty state says.
#include <catch2/catch.hpp>

#include "engine/draw/renderer.h"
#include "engine/ui/panel.h"
#include "engine/ui/ui.h"
#include "explorer/panels/panels.h"
#include "explorer/views/pictures.h"
#include "tests/explorer/views/views_fixture.h"

namespace mp::explorer {

namespace {

using window::InputEvent;

/// One column of panels over a state that the test may change between frames.
class Column {
 public:
  using Panels = std::function<void(const PanelContext&)>;

  static std::unique_ptr<Column> open(State state, Panels panels, float height = 760) {
    auto r = draw::Renderer::create({.validation = true, .width_px = 340, .height_px = int(height)});
    if (!r) {
      WARN("no Vulkan device: " << r.error().message());
      return nullptr;
    }
    std::unique_ptr<Column> c(new Column(std::move(*r), std::move(state), std::move(panels), height));
    for (int i = 0; i < 3; ++i) c->frame({});
    c->commands.clear();
    return c;
  }
  void frame(std::vector<InputEvent> events) {
    ui.begin_frame(events, 340, int(height_), .1f);
    ui::begin_panel("column", {0, 0, 300, height_});
    panels_({state, commands, pictures_, keys});
    ui::end_panel();
    const auto lists = ui.end_frame();
    if (renderer_->begin_frame()) renderer_->end_frame(lists, 0xff000000);
  }
  void feed(std::vector<InputEvent> events) {
    frame(std::move(events));
    while (ui.input_pending()) frame({});
    frame({});
  }
  bool click(std::string_view name, int times = 1) {
    const auto r = ui.find(name);
    if (!r) return false;
    const auto p = r->centre();
    std::vector<InputEvent> events = {{.type = InputEvent::Type::mouse_move, .x = p.x, .y = p.y}};
    for (int i = 0; i < 2 * times; ++i) events.push_back({.type = InputEvent::Type::mouse_button, .button = window::MouseButton::left, .down = i % 2 == 0});
    feed(events);
    return true;
  }
  void type(const std::string& text) {
    feed({{.type = InputEvent::Type::text, .text = text}});
    feed({{.type = InputEvent::Type::key, .down = true, .key = window::Key::enter}, {.type = InputEvent::Type::key, .down = false, .key = window::Key::enter}});
  }
  /// The only command of its kind that was emitted.
  template <class C>
  std::optional<C> emitted() const {
    std::optional<C> found;
    for (const auto& c : commands)
      if (auto* one = std::get_if<C>(&c)) {
        CHECK_FALSE(found);
        found = *one;
      }
    return found;
  }
  bool offers(std::string_view name) const { return ui.find(name).has_value() && ui.visible(name); }
  int validation_messages() const { return renderer_->validation_messages(); }

  State state;
  Commands commands;
  std::vector<KeyHelp> keys;

 private:
  Column(std::unique_ptr<draw::Renderer> r, State s, Panels panels, float height)
      : state(std::move(s)), renderer_(std::move(r)), ui(*renderer_, 1), pictures_(*renderer_, [] {}), panels_(std::move(panels)), height_(height) {}
  std::unique_ptr<draw::Renderer> renderer_;

 public:
  ui::Context ui;

 private:
  Pictures pictures_;
  Panels panels_;
  float height_;
};

/// An evaluation of all samples against their own predictions, one of them wrong.
ml::Evaluation evaluation(int classes) {
  ml::Evaluation e;
  e.classes = classes;
  e.n = 20;
  e.accuracy = .95f;
  e.basis = "held-out part, 20 samples";
  e.confusion.assign(std::size_t(classes * classes), 0);
  for (int c = 0; c < classes; ++c) e.confusion[std::size_t(c * classes + c)] = 5;
  e.confusion[1] = 1;
  return e;
}

}  // namespace

TEST_CASE("the class panel: a click filters, a name is typed, the rows carry the counts") {
  auto c = Column::open(random_state(40, 3, 1), classes_panel);
  if (!c) return;
  REQUIRE(c->click("class class 1"));
  CHECK(c->emitted<cmd::ToggleClassFilter>()->cls == 1);
  c->commands.clear();
  REQUIRE(c->click("Add class"));
  c->frame({});   // the field takes the keyboard in the frame after
  c->type("spatter");
  CHECK(c->emitted<cmd::AddClass>()->name == "spatter");
  CHECK(c->validation_messages() == 0);
}

TEST_CASE("twenty classes leave the query in sight at 1280x800") {
  auto c = Column::open(random_state(400, 20, 2), [](const PanelContext& p) {
    classes_panel(p);
    query_panel(p);
  }, 732);
  if (!c) return;
  CHECK(c->offers("class class 0"));
  CHECK(c->offers("Next picks"));
  CHECK_FALSE(c->offers("class class 19"));   // the list scrolls
}

TEST_CASE("the query panel asks, takes a strategy, and offers the oracle only where source labels exist") {
  auto c = Column::open(random_state(40, 3, 3), query_panel);
  if (!c) return;
  REQUIRE(c->click("Next picks"));
  CHECK_FALSE(c->emitted<cmd::Query>()->oracle);
  c->commands.clear();
  REQUIRE(c->click("Strategy"));
  REQUIRE(c->click("Strategy/Entropy"));
  CHECK(c->emitted<cmd::SetStrategy>()->name == "entropy");
  c->commands.clear();
  REQUIRE(c->click("Oracle"));
  CHECK(c->commands.empty());
  auto pool = std::make_shared<ml::Pool>(*c->state.pool);
  for (auto& s : pool->source_class) s = 0;
  take_pool(c->state, pool);
  c->frame({});
  REQUIRE(c->click("Oracle"));
  CHECK(c->emitted<cmd::Query>()->oracle);
}

TEST_CASE("the training panel starts with two classes only, and can then be paused and stopped") {
  auto c = Column::open(random_state(40, 2, 4), training_panel);
  if (!c) return;
  c->state.labels_per_class = {3, 0};
  REQUIRE(c->click("Train"));
  CHECK(c->commands.empty());   // its tooltip says that a second class is missing
  c->state.labels_per_class = {3, 2};
  REQUIRE(c->click("Train"));
  CHECK(c->emitted<cmd::Train>());
  c->commands.clear();
  c->state.training.on = true;
  c->frame({});
  REQUIRE(c->click("Pause"));
  CHECK(c->emitted<cmd::PauseTraining>()->paused);
  REQUIRE(c->click("Stop"));
  CHECK(c->emitted<cmd::StopTraining>());
}

TEST_CASE("the evaluation panel explains what is missing, then a cell of the matrix selects its samples") {
  auto c = Column::open(random_state(40, 2, 5), evaluation_panel);
  if (!c) return;
  c->state.instant_evaluation = evaluation(2);
  for (std::vector<int> labels : {std::vector<int>{0, 0}, {4, 0}}) {
    c->state.labels_per_class = labels;
    c->frame({});
    c->frame({});
    CHECK_FALSE(c->offers("confusion"));   // everything is right where there is one answer only
  }
  c->state.labels_per_class = {4, 3};
  c->frame({});
  c->frame({});
  REQUIRE(c->offers("confusion"));
  const auto names = c->ui.names();
  const auto cell = std::find_if(names.begin(), names.end(), [](const std::string& n) { return n.starts_with("confusion/"); });
  REQUIRE(cell != names.end());
  REQUIRE(c->click(*cell));
  CHECK(c->emitted<cmd::SelectCell>());
  CHECK(c->validation_messages() == 0);
}

TEST_CASE("filters: the text of the search field, and one button that shows all again") {
  auto c = Column::open(random_state(40, 2, 6), filters_panel);
  if (!c) return;
  CHECK_FALSE(c->offers("Show all"));
  REQUIRE(c->click("Name"));
  c->feed({{.type = InputEvent::Type::text, .text = "crack"}});
  REQUIRE_FALSE(c->commands.empty());   // one a letter; the last one has them all
  CHECK(std::get<cmd::SetFilters>(c->commands.back()).filters.text == "crack");
  c->commands.clear();
  c->state.filters.labelled = 1;
  c->frame({});
  REQUIRE(c->click("Show all"));
  REQUIRE_FALSE(c->commands.empty());
  CHECK_FALSE(std::get<cmd::SetFilters>(c->commands.back()).filters.any());
}

TEST_CASE("the start screen opens recent projects and the demo, and no folder that is not there") {
  State s;
  s.recent_projects = {"/data/first", "/data/second"};
  auto c = Column::open(s, [](const PanelContext& p) { start_screen(p, {0, 0, 340, 760}); });
  if (!c) return;
  REQUIRE(c->click("Open folder"));
  CHECK(c->commands.empty());
  REQUIRE(c->click("Demo build"));
  CHECK(c->emitted<cmd::OpenDemo>());
  REQUIRE(c->click("recent 2"));
  CHECK(c->emitted<cmd::OpenProject>()->dir == "/data/second");
}

}  // namespace mp::explorer
