
#include "catch.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/nn.h"
#include "nn/support.h"

using namespace lexigrad;

TEST_CASE("the next-token model agrees with PyTorch") {
  const auto& data = fixture();
  auto sizes = data["sizes"].get<std::vector<int64_t>>();
  int64_t batch = sizes[0], time = sizes[1], dim = sizes[2], vocabulary = sizes[3];
  Tensor ids = whole(data["ids"], {batch, time}), targets = whole(data["targets"], {batch, time});
  for (const char* name : {"none", "mean"}) {
    INFO(name);
    nn::NextTokenModel model({.vocabulary = vocabulary, .dim = dim, .max_length = 6, .encoder = name});
    model.to(float64);
    nn::NamedTensors state = model.state();
    for (auto& [path, tensor] : state) tensor = doubles(data["weights"][path], tensor.shape());
    model.load_state(state);
    CHECK(allclose(model(ids), doubles(data[name]["logits"], {batch, time, vocabulary}), 0, 1e-12));
    nn::Loss losses[] = {model.loss(ids, targets), nn::cross_entropy(model(ids), targets)};
    for (const nn::Loss& loss : losses) {
      CHECK(loss.count == batch * time - 1);
      CHECK(loss.item() == Approx(data[name]["loss"].get<double>()).epsilon(1e-13));
      model.zero_grad();
      loss.backward();
      for (const auto& p : model.parameters()) {
        INFO(p.name);
        CHECK(allclose(p.grad(), doubles(data[name]["grads"][p.name], p.shape()), 0, 1e-13));
      }
    }
  }
}

TEST_CASE("a later token never changes an earlier output") {
  manual_seed(3);
  for (auto encoder : {"none", "mean"}) {
    nn::NextTokenModel model({.vocabulary = 50, .dim = 70, .max_length = 9, .encoder = encoder});
    Tensor ids = randint(0, 50, {3, 9}), before = model(ids);
    for (int64_t t = 0; t < 8; ++t) {
      Tensor changed = ids.clone();
      for (int64_t b = 0; b < 3; ++b)
        for (int64_t s = t + 1; s < 9; ++s) changed[b][s].fill_(static_cast<double>((b + s) % 50));
      Tensor after = model(changed);
      REQUIRE(equal(slice(after, 1, 0, t + 1).detach(), slice(before, 1, 0, t + 1).detach()));
      REQUIRE_FALSE(equal(after.detach(), before.detach()));
    }
  }
}

TEST_CASE("the next-token model prints, names its tables and checks its sizes") {
  nn::NextTokenModel model({.vocabulary = 7, .dim = 4, .max_length = 5, .encoder = "mean", .bias = false});
  CHECK(to_string(model) ==
        "NextTokenModel(\n  encoder=mean\n  (token): Embedding(7, 4)\n  (position): LearnedPositions(5, 4)\n"
        "  (head): Linear(in_features=4, out_features=7, bias=False)\n)");
  CHECK(model.named_parameters().size() == 3);
  CHECK(model.named_parameters()[0].first == "token.weight");
  CHECK(model.token().weight().id() == model.parameters()[0].id());
  CHECK(model.position().parameters()[0].shape() == Shape{5, 4});
  CHECK(model.head().weight().shape() == Shape{7, 4});
  CHECK(model(tensor({1, 2})).shape() == Shape{2, 7});
  CHECK(model(tensor({{1, 2}})).shape() == Shape{1, 2, 7});
  CHECK(message([&] {
          model(tensor({{1, 7}}));
        })
            .find("Id 7 at batch 0, position 1 is outside table "
                  "\"token.weight\"") != std::string::npos);
  CHECK(message([&] { model(arange(6)); }).find("The input has 6 positions, the table 5") !=
        std::string::npos);
  CHECK(message([] { nn::NextTokenModel({.vocabulary = 7, .dim = 0, .max_length = 5}); }) ==
        "[NextTokenModel] Needs vocabulary, dim and max_length of at least 1, got 7, 0 and 5");
}

TEST_CASE("word order shows with positions only") {
  manual_seed(8);
  nn::Embedding token(6, 16);
  nn::LearnedPositions position(6, 16);
  Tensor a = tensor({0, 1, 2, 3, 4, 5}), b = tensor({0, 5, 2, 3, 4, 1});
  auto pooled = [](const Tensor& x) { return mean(tanh(x), {0}); };
  CHECK(allclose(pooled(token(a)), pooled(token(b)), 0, 1e-6));
  CHECK_FALSE(allclose(pooled(position(token(a))), pooled(position(token(b))), 0, 1e-2));
  // Without something that is not linear, pooling hides the order even so: a sum of sums.
  CHECK(allclose(mean(position(token(a)), {0}), mean(position(token(b)), {0}), 0, 1e-6));
}
