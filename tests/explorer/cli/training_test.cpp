// Training by the real program: files of weights through the helper process, manifests, pretraining, sweeps, heads.
#include <algorithm>

#include "tests/explorer/cli/program.h"

namespace mp::explorer::cli::test {

namespace {
const std::string kStored = MP_SOURCE_DIR "/tests/ml/nn/stored/";
}

TEST_CASE("train: weights from a file, refused ones, manifests, pretraining, sweep") {
  Folder home;
  const auto p = make_project(home);
  expect(0, home, {"label", p, "--from-source"});
  const std::vector<std::string> quick{"--epochs", "1", "--input", "32", "--min-steps", "3", "--threads", "1", "--json"};
  auto train = [&](std::vector<std::string> more) {
    std::vector<std::string> a{"train", p};
    a.insert(a.end(), quick.begin(), quick.end());
    a.insert(a.end(), more.begin(), more.end());
    return run(home, a);
  };
  const auto first = train({"--network", "bn-gapc", "--pretrain", "1"});
  INFO(first.err);
  REQUIRE(first.status == 0);
  CHECK(fs::exists(p + "/models/bn-gapc.pretrained.safetensors"));
  const auto weights = p + "/models/bn-gapc.safetensors", manifest = p + "/models/bn-gapc.manifest.json";
  const auto bytes = read_file(weights);

  // The manifest repeats the run, labels that have changed since included.
  fs::copy_file(manifest, home / "m.json");
  expect(0, home, {"label", p, "--id", "0", "--class", ""});
  const auto again = run(home, {"train", p, "--manifest", home / "m.json", "--json"});
  INFO(again.err);
  CHECK(again.status == 0);
  CHECK(again.parsed()["accuracy"] == first.parsed()["accuracy"]);
  CHECK(read_file(weights) == bytes);
  CHECK(run(home, {"train", p, "--manifest", weights}).status == 1);

  // A start from a file: its own network's, not another one's.
  fs::copy_file(weights, home / "w.safetensors");
  CHECK(train({"--network", "bn-gapc", "--weights", home / "w.safetensors"}).status == 0);
  const auto other = train({"--network", "gapc", "--weights", home / "w.safetensors"});
  CHECK(other.status == 1);
  CHECK(contains(other.err, "conv1.bias is missing"));
  for (const auto& [file, found] : std::map<std::string, std::string>{{"hostile.pth", "system"}, {"script.pt", "TorchScript"}, {"elsewhere.h5", "another file"}, {"bomb.pth", "memory"}, {"nothing.pth", "none that can be opened"}}) {
    const auto r = train({"--network", "gapc", "--weights", kStored + file});
    INFO(file << ": " << r.err);
    CHECK(r.status == 1);
    CHECK(contains(r.err, found));
    CHECK(contains(r.err, file));
  }
  const auto trusted = train({"--network", "gapc", "--weights", kStored + "script.pt", "--trust"});
  CHECK(contains(trusted.err, "conv1.weight is missing"));  // it was read: a linear layer

  const auto head = train({"--network", "gapc+svm"});
  INFO(head.err);
  CHECK(head.status == 0);
  const auto gpu = train({"--device", "cuda:7"});
  CHECK(gpu.status == 1);
  CHECK(contains(gpu.err, "cuda:7"));

  const std::vector<std::string> sweep{"sweep", p, "--over", "batch=8,16", "--over", "optimiser=adam,sgd", "--epochs", "1", "--input", "32", "--min-steps", "2", "--csv", home / "s.csv", "--svg", home / "s.svg", "--json"};
  const auto swept = expect(0, home, sweep);
  CHECK(std::count(swept.out.begin(), swept.out.end(), '\n') == 4);
  CHECK(contains(read_file(home / "s.csv"), "batch,optimiser,accuracy"));
  CHECK(contains(read_file(home / "s.svg"), "polyline"));
  const auto record = read_file(p + "/models/sweep.jsonl");
  const auto untouched = read_file(weights);
  auto into_weights = sweep;
  into_weights.insert(into_weights.end(), {"--record", weights});
  CHECK(run(home, into_weights).status == 1);
  CHECK(read_file(weights) == untouched);
  CHECK(expect(0, home, sweep).out == swept.out);  // all known: nothing is trained
  CHECK(read_file(p + "/models/sweep.jsonl") == record);
  write_file(p + "/models/sweep.jsonl", record.substr(0, record.size() - 9));   // a crash in the middle of the last line
  const auto lines = expect(0, home, sweep).out;
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 4);
  const auto mended = read_file(p + "/models/sweep.jsonl");
  expect(0, home, sweep);
  CHECK(read_file(p + "/models/sweep.jsonl") == mended);                        // the run after the cut line is known
  CHECK(run(home, {"sweep", p, "--over", "luck=1,2"}).status == 2);
  const auto nothing = run(home, {"sweep", p, "--over", "batch=8", "--epochs", "1", "--input", "32", "--min-steps", "2", "--folds", "1"});
  CHECK(nothing.status == 3);
  CHECK(contains(nothing.out, "nothing was measured"));
  CHECK(run(home, {"sweep", p, "--over", "batch=8", "--csv", home / "no/s.csv"}).status == 1);
}

}  // namespace mp::explorer::cli::test
