#include "lexigrad/train/formats/gpt2_file.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/losses/cross_entropy.h"
#include "lexigrad/nn/positions/methods.h"
#include "lexigrad/nn/positions/positions.h"
#include "lexigrad/train/formats/module_file.h"
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/optim/methods/adamw.h"
#include "support/paths.h"
#include "support/throws.h"
#include "support/tiny_gpt2.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using namespace lexigrad::train;

namespace {

// What PyTorch made: tests/fixtures/make_gpt2_fixtures.py.
const std::string kFolder = lexigrad::test::in_source("tests/fixtures/gpt2");

const nlohmann::json& expected() {
  static const nlohmann::json data = nlohmann::json::parse(std::ifstream(kFolder + "/expected.json"));
  return data;
}

Tensor matrix(const nlohmann::json& rows) {
  std::vector<int64_t> values;
  for (const auto& row : rows)
    for (int64_t value : row) values.push_back(value);
  int64_t count = static_cast<int64_t>(rows.size());
  return from_values<int64_t>(values, {count, static_cast<int64_t>(values.size()) / count});
}

Tensor logits_of(const nn::Gpt2& model) {
  NoGrad off;
  return model(matrix(expected()["ids"]));
}

Tensor expected_logits() {
  return from_values<double>(expected()["logits"].get<std::vector<double>>(), {2, 7, 50});
}

std::vector<NamedTensor> tensors() { return load_safetensors(kFolder + "/model.safetensors").tensors; }

// A copy of the fixture's folder, its tensors and metadata changed.
struct Changed {
  Folder folder;
  std::string file = folder / "model.safetensors";
  Changed(const std::vector<NamedTensor>& tensors, const Metadata& metadata = {{"heads", "2"}}) {
    save_safetensors(file, tensors, metadata);
  }
  std::string error() const {
    std::string text = message_of([&] { load_gpt2(file); }), place = " (" + file + ")";
    return text.ends_with(place) ? text.substr(0, text.size() - place.size()) : text;
  }
};

nn::Loss loss_of(const nn::Gpt2& model, const Tensor& batch) {  // (B, T + 1)
  int64_t length = batch.size(1) - 1;
  return model.loss(narrow(batch, 1, 0, length).contiguous(), narrow(batch, 1, 1, length).contiguous());
}

}  // namespace

TEST_CASE("a GPT-2 of Hugging Face's names gives PyTorch's logits") {
  manual_seed(9);
  Tensor undisturbed = rand({2});
  manual_seed(9);
  nn::Gpt2 model = load_gpt2(kFolder);
  CHECK(equal(rand({2}), undisturbed));
  CHECK(model.options().vocabulary == 50);
  CHECK(model.options().max_length == 16);
  CHECK(model.options().dim == 16);
  CHECK(model.options().layers == 4);
  CHECK(model.options().heads == 2);
  CHECK(model.num_parameters() == 50 * 16 + 16 * 16 + 4 * (12 * 16 * 16 + 13 * 16) + 2 * 16);
  CHECK(allclose(logits_of(model).to(float64), expected_logits(), 0, 1e-4));
  CHECK(equal(logits_of(load_gpt2(kFolder + "/model.safetensors")), logits_of(model)));
}

TEST_CASE("a GPT-2 comes back as it was saved, in Hugging Face's names and shapes") {
  Folder folder;
  manual_seed(4);
  nn::Gpt2 model({.vocabulary = 11, .max_length = 7, .dim = 12, .layers = 2, .heads = 3, .dropout = 0});
  save_gpt2(folder / "a", model);
  nn::Gpt2 again = load_gpt2(folder / "a");
  CHECK(again.options().heads == 3);
  Tensor ids = tensor({{1, 5, 10, 0}});
  CHECK(equal(again(ids).detach(), model(ids).detach()));
  SafetensorsFile file = load_safetensors(folder / "a");
  CHECK(file.tensors.size() == 2 + 2 * 12 + 2);
  CHECK(file.metadata.at("format") == "pt");
  REQUIRE(file.find("h.1.attn.c_attn.weight"));
  CHECK(file.find("h.1.attn.c_attn.weight")->shape() == Shape{12, 36});
  CHECK(file.find("h.1.mlp.c_proj.weight")->shape() == Shape{48, 12});
  // The fixture, saved anew, has PyTorch's tensors.
  save_gpt2(folder / "b", load_gpt2(kFolder));
  SafetensorsFile copy = load_safetensors(folder / "b");
  for (const auto& [name, tensor] : tensors()) {
    if (name.ends_with("attn.bias")) continue;
    INFO(name);
    REQUIRE(copy.find(name));
    CHECK(equal(*copy.find(name), tensor));
  }
  nn::Gpt2 turning(
      {.vocabulary = 5, .max_length = 4, .dim = 4, .layers = 1, .heads = 1, .positions = "rope-half-split"});
  CHECK(message_of([&] { save_gpt2(folder / "c", turning); }) ==
        "[save_gpt2] The model has the positions \"rope-half-split\", a GPT-2 file only learned ones. Hint: "
        "save_module keeps any");
}

TEST_CASE("models with every position method come back from a module's file") {
  for (const std::string& positions : nn::position_methods().names()) {
    INFO(positions);
    Folder folder;
    nn::Gpt2 model = tiny_gpt2(1, positions), again = tiny_gpt2(2, positions);
    Tensor ids = tensor({{4, 0, 1}});
    CHECK_FALSE(equal(again(ids).detach(), model(ids).detach()));
    save_module(folder / "a", model);
    load_module(folder / "a", again);
    CHECK(equal(again(ids).detach(), model(ids).detach()));
  }
}

TEST_CASE("a GPT-2 file may have prefixes, masks, a head and other floating dtypes") {
  std::vector<NamedTensor> given = tensors(), renamed;
  for (const auto& [name, tensor] : given) renamed.push_back({"transformer." + name, tensor.to(float64)});
  renamed.push_back({"transformer.h.0.attn.masked_bias", tensor(-10000.0)});
  renamed.push_back({"lm_head.weight", renamed.back().tensor});
  for (const auto& [name, tensor] : renamed)
    if (name == "transformer.wte.weight") renamed.back().tensor = tensor.clone();
  Changed changed(renamed);
  CHECK(allclose(logits_of(load_gpt2(changed.file)).to(float64), expected_logits(), 0, 1e-4));
}

TEST_CASE("a GPT-2 file that does not fit names all that is wrong at once") {
  std::vector<NamedTensor> given, copy = tensors();
  for (const auto& [name, tensor] : copy) {
    if (name == "h.0.ln_1.bias" || name == "h.3.mlp.c_fc.weight") continue;
    if (name == "h.1.attn.c_attn.weight")
      given.push_back({name, tensor.t().contiguous()});
    else if (name == "h.2.ln_2.weight")
      given.push_back({name, ones({16}, int64)});
    else
      given.push_back({name, tensor});
  }
  given.push_back({"h.2.attn.rotary", ones({2})});
  given.push_back({"score.weight", ones({2})});
  given.push_back({"lm_head.weight", ones({50, 16})});
  CHECK(Changed(given).error() ==
        "[load_gpt2] Missing: h.0.ln_1.bias, h.3.mlp.c_fc.weight. Not GPT-2's: h.2.attn.rotary, "
        "score.weight. h.1.attn.c_attn.weight is [48, 16] and not [16, 48], h.2.ln_2.weight is int64, "
        "lm_head.weight differs from wte.weight, which GPT-2's head shares");
  std::string nothing = Changed({{"token.weight", ones({3, 2})}}).error();
  CHECK(nothing.starts_with("[load_gpt2] Missing: wte.weight, wpe.weight, h.0.ln_1.weight, "));
  CHECK(nothing.ends_with("ln_f.weight, ln_f.bias. Not GPT-2's: token.weight"));
  given = tensors();
  for (auto& [name, tensor] : given)
    if (name == "wte.weight") tensor = tensor.reshape({800});
  CHECK(Changed(given).error() == "[load_gpt2] wte.weight is [800] and not [?, 16]");
}

TEST_CASE("the heads of a GPT-2 file: config.json, then its own metadata, then the width / 64") {
  CHECK(load_gpt2(Changed(tensors(), {{"heads", "4"}}).file).options().heads == 4);
  CHECK(Changed(tensors(), {{"heads", "3"}}).error() ==
        "[load_gpt2] The width 16 is no multiple of the 3 heads");
  CHECK(Changed(tensors(), {}).error() ==
        "[load_gpt2] Nothing says how many heads the width 16 has. Hint: put the model's config.json beside "
        "the file");
  Changed both(tensors(), {{"heads", "4"}});
  spill(both.folder / "config.json", R"({"n_head": 8})");
  CHECK(load_gpt2(both.file).options().heads == 8);
  spill(both.folder / "config.json", R"({"seed": 8})");  // a run's, not a model's
  CHECK(load_gpt2(both.file).options().heads == 4);
  auto error_with = [&](const std::string& config) {
    spill(both.folder / "config.json", config);
    return message_of([&] { load_gpt2(both.file); });
  };
  std::string place = " (" + (both.folder / "config.json") + ")";
  CHECK(error_with("[1]") == "[load_gpt2] This is no JSON object" + place);
  CHECK(error_with("{") == "[load_gpt2] This is no JSON object" + place);
  CHECK(error_with(R"({"n_head": "2"})") == "[load_gpt2] n_head is no whole number above 0" + place);
  CHECK(error_with(R"({"n_head": 2, "activation_function": "relu"})") ==
        "[load_gpt2] \"activation_function\" is \"relu\", GPT-2's is \"gelu_new\"" + place);
  Folder folder;
  manual_seed(4);
  nn::Gpt2 wide({.vocabulary = 3, .max_length = 2, .dim = 128, .layers = 1, .heads = 1});
  save_gpt2(folder / "a", wide);
  SafetensorsFile file = load_safetensors(folder / "a");
  save_safetensors(folder / "b", file.tensors);
  CHECK(load_gpt2(folder / "b").options().heads == 2);
}

TEST_CASE("100 steps of training follow PyTorch's losses") {
  nn::Gpt2 model = load_gpt2(kFolder);
  optim::AdamW optimizer(model.parameters(), {.lr = 1e-3});
  std::vector<double> losses = expected()["losses"];
  REQUIRE(losses.size() == 100);
  for (size_t step = 0; step < losses.size(); ++step) {
    INFO("step " << step);
    nn::Loss loss = loss_of(model, matrix(expected()["batches"][step % 3]));
    CHECK(loss.item() == Approx(losses[step]).margin(1e-3).epsilon(0));
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
}

TEST_CASE("GPT-2 overfits one batch") {
  manual_seed(1);
  nn::Gpt2 model({.vocabulary = 50, .max_length = 8, .dim = 32, .layers = 2, .heads = 2, .dropout = 0});
  optim::AdamW optimizer(model.parameters(), {.lr = 5e-3});
  Tensor batch = matrix(expected()["batches"][0]);
  double last = 10;
  for (int step = 0; step < 150; ++step) {
    nn::Loss loss = loss_of(model, batch);
    last = loss.item();
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
  CHECK(last < 0.01);
}

TEST_CASE("GPT-2 trains to the same bits with any number of threads") {
  int before = num_threads();
  std::vector<Tensor> first;
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    manual_seed(2);
    nn::Gpt2 model({.vocabulary = 50, .max_length = 70, .dim = 32, .layers = 2, .heads = 4, .dropout = 0.1});
    optim::AdamW optimizer(model.parameters(), {.lr = 1e-2});
    for (uint64_t step = 0; step < 3; ++step) {
      DrawStep draws(step);
      optimizer.zero_grad();
      loss_of(model, randint(0, 50, {3, 71})).backward();
      optimizer.step();
    }
    std::vector<Tensor> found;
    for (const nn::ParameterRef& p : model.parameters()) found.push_back(p.detach());
    if (first.empty()) first = found;
    for (size_t i = 0; i < found.size(); ++i) CHECK(equal(found[i], first[i]));
  }
  set_num_threads(before);
}

TEST_CASE("weights in F16 are those in float32, rounded", "[foreign]") {
  nn::Gpt2 whole = load_gpt2(kFolder),
           half = load_gpt2(lexigrad::test::in_source("tests/fixtures/formats/gpt2_half.safetensors"));
  auto expected = whole.named_parameters(), found = half.named_parameters();
  REQUIRE(found.size() == expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    INFO(found[i].first);
    std::vector<float> a = Tensor(expected[i].second).to_vector<float>(),
                       b = Tensor(found[i].second).to_vector<float>();
    REQUIRE(a.size() == b.size());
    // Half of F16's last place: 11 bits of a normal number, steps of 2^-24 below.
    for (size_t k = 0; k < a.size(); ++k)
      REQUIRE(std::abs(a[k] - b[k]) <= std::max(std::ldexp(std::abs(a[k]), -11), std::ldexp(1.0f, -25)));
  }
}
