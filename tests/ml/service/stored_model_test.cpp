#include "ml/service/stored_model.h"

#include <catch2/catch.hpp>

using namespace mp::ml;

namespace {
StoredModel sample() { return {{"powder", "", "recoater µ"}, 1ull << 40, "texture512/1", {0, 255, 7}}; }
}  // namespace

TEST_CASE("stored model: what goes in comes out") {
  const auto model = decode_stored_model(encode_stored_model(sample()));
  REQUIRE(model);
  CHECK(model->classes == sample().classes);
  CHECK(model->label_revision == sample().label_revision);
  CHECK(model->extractor == sample().extractor);
  CHECK(model->bytes == sample().bytes);
}

TEST_CASE("stored model: every cut and every changed byte is an error") {
  const auto blob = encode_stored_model(sample());
  for (std::size_t n = 0; n < blob.size(); ++n) CHECK(!decode_stored_model(std::span(blob).first(n)));
  for (std::size_t i = 0; i < blob.size(); ++i) {
    auto changed = blob;
    changed[i] ^= 1;
    CHECK(!decode_stored_model(changed));
  }
  auto longer = blob;
  longer.push_back(0);
  CHECK(!decode_stored_model(longer));
}

TEST_CASE("stored model: a newer version is named") {
  auto blob = encode_stored_model(sample());
  blob[6] = 9;
  const auto model = decode_stored_model(blob);
  REQUIRE(!model);
  CHECK(model.error().message().find("newer") != std::string::npos);
}
