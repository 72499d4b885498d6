#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "../catch.h"
#include "lexigrad/autograd/random.h"
#include "lexigrad/autograd/row_grad.h"
#include "lexigrad/nn/nn.h"

using namespace lexigrad;

namespace {

const nlohmann::json& fixture() {
  static const nlohmann::json data =
      nlohmann::json::parse(std::ifstream(LEXIGRAD_SOURCE_DIR "/tests/fixtures/nn.json"));
  return data;
}

std::vector<double> numbers(const nlohmann::json& list) { return list.get<std::vector<double>>(); }

Tensor doubles(const nlohmann::json& list, const Shape& shape) {
  std::vector<double> values = numbers(list);
  return from_values<double>(values, shape);
}

Tensor whole(const nlohmann::json& list, const Shape& shape) {
  auto values = list.get<std::vector<int64_t>>();
  return from_values<int64_t>(values, shape);
}

template <class F>
std::string message(const F& f) {
  try {
    f();
  } catch (const std::invalid_argument& e) { return e.what(); }
  return "nothing was thrown";
}

bool bits(const Tensor& x, const nlohmann::json& list) {
  std::vector<double> found = x.to_vector<double>(), expected = numbers(list);
  return std::equal(expected.begin(), expected.end(), found.begin());
}

}  // namespace

TEST_CASE("layers start from PyTorch's numbers") {
  const auto& init = fixture()["init"];
  manual_seed(42);
  nn::Embedding embedding(5, 4);
  nn::Linear linear(4, 3);
  CHECK(allclose(embedding.weight().to(float64), doubles(init["layers"]["embedding"], {5, 4}), 0, 5e-7));
  CHECK(bits(linear.weight(), init["layers"]["weight"]));
  CHECK(bits(linear.bias(), init["layers"]["bias"]));
  CHECK(linear.weight().to_vector<double>()[0] == 0.07792538404464722);
  CHECK(linear.bias().to_vector<double>()[2] == -0.4949542284011841);
  for (int64_t size : {1, 3, 6, 7, 10, 768}) {
    INFO(size);
    manual_seed(static_cast<uint64_t>(size));
    nn::Linear other(size, 2);
    CHECK(bits(other.weight(), init["linear" + std::to_string(size)]));
    CHECK(bits(other.bias(), init["bias" + std::to_string(size)]));
    manual_seed(static_cast<uint64_t>(size));
    Tensor weight = empty({2, size}, float64);
    nn::init::kaiming_uniform_(weight, std::sqrt(5.0));
    CHECK(bits(weight, init["kaiming64_" + std::to_string(size)]));
  }
  manual_seed(7);
  Tensor weight = empty({3, 4});
  nn::init::xavier_uniform_(weight);
  CHECK(bits(weight, init["xavier_uniform_"]));
  manual_seed(7);
  nn::init::kaiming_uniform_(weight);
  CHECK(bits(weight, init["kaiming_uniform_"]));
  CHECK(message([] { nn::init::xavier_uniform_(ones({3})); }) ==
        "[xavier_uniform_] Needs a weight (out, in, ...), got [3]");
}

TEST_CASE("an embedding looks up rows") {
  nn::Embedding embedding(6, 3);
  CHECK(embedding(3).shape() == Shape{1, 3});
  Tensor y = embedding(tensor({{2, 3}, {5, 2}}));
  CHECK(y.shape() == Shape{2, 2, 3});
  CHECK(equal(y[0][0].detach(), embedding.weight()[2].detach()));
  CHECK(equal(y[0][0].detach(), y[1][1].detach()));
  CHECK(message([&] {
          embedding(tensor({1, 6}));
        })
            .find("Id 6 at position 1 is outside table \"weight\" (valid ids "
                  "are 0..5)") != std::string::npos);
  CHECK(message([] { nn::Embedding(6, 3, {.name = "wte"})(6); }).find("table \"wte\"") != std::string::npos);
  CHECK(message([] { nn::Embedding(0, 3); }) ==
        "[Embedding] Needs at least one row and one column, got 0 and 3");
}

TEST_CASE("a padding row is zero, gets no gradient and is known to the optimizer") {
  nn::Embedding embedding(4, 2, {.padding_idx = 1});
  CHECK(equal(embedding.weight()[1].detach(), zeros({2})));
  CHECK(embedding.weight()[0].to_vector<double>()[0] != 0);
  sum(embedding(tensor({0, 1, 1, 2}))).backward();
  REQUIRE(embedding.weight().row_grad());
  CHECK(embedding.weight().row_grad()->indices().to_vector<int64_t>() == std::vector<int64_t>{0, 2});
  CHECK(embedding.parameters()[0].constant_row == 1);
  CHECK(embedding.weight().constant_row == 1);
  CHECK(nn::Embedding(4, 2).parameters()[0].constant_row == -1);
  embedding.weight().fill_(3);
  embedding.reset_padding();
  CHECK(embedding.weight().to_vector<double>() == std::vector<double>{3, 3, 0, 0, 3, 3, 3, 3});
  embedding.to(float64);
  CHECK(embedding.padding_idx() == 1);
  CHECK(message([] { nn::Embedding(4, 2, {.padding_idx = 4}); }) ==
        "[Embedding] padding_idx 4 is outside the table (valid are 0..3, and -1 for none)");
}

TEST_CASE("a pretrained table is shared, and frozen unless told otherwise") {
  Tensor table = tensor({{1.0, 2.0}, {3.0, 4.0}});
  auto frozen = nn::Embedding::from_pretrained(table);
  CHECK(frozen.weight().shares_storage(table));
  CHECK_FALSE(frozen(tensor({1})).requires_grad());
  CHECK(to_string(frozen) == "Embedding(2, 2)");
  auto trained = nn::Embedding::from_pretrained(table, {.freeze = false, .padding_idx = 0});
  CHECK(trained(tensor({1})).requires_grad());
  CHECK(trained.padding_idx() == 0);
  CHECK(equal(table[0], tensor({1.0, 2.0})));  // as in PyTorch, the padding row keeps its values
  nn::Embedding first(3, 2);
  auto next = nn::Embedding::from_pretrained(first.weight());
  CHECK(first.weight().requires_grad());
  CHECK_FALSE(next.weight().requires_grad());
  CHECK(message([] { nn::Embedding::from_pretrained(ones({3})); }) ==
        "[from_pretrained] The table must have shape (num_embeddings, embedding_dim), got [3]");
}

TEST_CASE("one-hot times Linear equals Embedding, in value and in gradient") {
  manual_seed(123);
  nn::Embedding embedding(4, 5);
  nn::Linear linear(4, 5, {.bias = false});
  linear.weight().copy_(embedding.weight().t());
  Tensor ids = tensor({2, 3, 1, 2}), pull = randn({4, 5});
  Tensor a = embedding(ids), b = linear(one_hot(ids, 4));
  CHECK(equal(a.detach(), b.detach()));
  sum(a * pull).backward();
  sum(b * pull).backward();
  CHECK(equal(embedding.weight().grad(), linear.weight().grad().t().contiguous()));
}

TEST_CASE("Linear with and without bias") {
  nn::Linear linear(2, 3), plain(2, 3, {.bias = false});
  linear.weight().copy_(tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}));
  linear.bias().copy_(tensor({10.0, 20.0, 30.0}));
  CHECK(equal(linear(tensor({{1.0, 1.0}})).detach(), tensor({{13.0, 27.0, 41.0}})));
  CHECK(linear(ones({2, 4, 2})).shape() == Shape{2, 4, 3});
  CHECK_FALSE(plain.bias().defined());
  CHECK(plain.parameters().size() == 1);
  CHECK(message([] { nn::Linear(0, 3); }) == "[Linear] Needs at least one feature in and out, got 0 and 3");
}

TEST_CASE("Sequential feeds its layers in order") {
  nn::Linear first(2, 2, {.bias = false}), last(2, 1, {.bias = false});
  first.weight().copy_(tensor({{1.0, -1.0}, {0.5, 1.0}}));
  last.weight().copy_(tensor({{2.0, 1.0}}));
  nn::Sequential model(std::move(first), nn::ReLU(), std::move(last));
  CHECK(model(tensor({{1.0, 3.0}})).item<double>() == 3.5);  // relu(-2), relu(3.5)
  nn::Sequential moved = std::move(model);
  CHECK(moved(tensor({{1.0, 3.0}})).item<double>() == 3.5);
  CHECK(moved.parameters().size() == 2);
  Tensor x = tensor({-1.0, 0.5});
  CHECK(equal(nn::Tanh()(x), tanh(x)));
  CHECK(equal(nn::Sigmoid()(x), sigmoid(x)));
  CHECK(equal(nn::GELU()(x), gelu(x)));
  CHECK(equal(nn::GELU(Gelu::tanh)(x), gelu(x, Gelu::tanh)));
  CHECK(equal(nn::Sequential()(x), x));
}

TEST_CASE("learned positions are added, and errors name both sizes") {
  nn::LearnedPositions position(4, 3);
  Tensor x = ones({2, 4, 3}), y = position(x);
  for (int64_t b : {0, 1}) CHECK(equal((y[b] - x[b]).detach(), (position.weight() + 1.0 - 1.0).detach()));
  CHECK(equal(position(ones({2, 2, 3}))[1].detach(), slice(y[1], 0, 0, 2).detach()));
  sum(position(ones({2, 2, 3}))).backward();
  CHECK(position.weight().grad().to_vector<double>() ==
        std::vector<double>{2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0});
  CHECK(message([&] {
          position(ones({2, 5, 3}));
        }) ==
        "[LearnedPositions] The input has 5 positions, the table 4. Hint: cut the input into windows, or "
        "make the "
        "model with a larger max_length");
  CHECK(message([&] {
          position(ones({2, 4, 7}));
        }) ==
        "[LearnedPositions] The tokens' embeddings have width 7, the positions' 3. Hint: both tables need "
        "the same "
        "embedding_dim");
  std::string sum_error =
      message([] { nn::Embedding(9, 256)(arange(4)) + nn::Embedding(4, 128)(arange(4)); });
  CHECK(sum_error.find("[4, 256]") != std::string::npos);
  CHECK(sum_error.find("[4, 128]") != std::string::npos);
  CHECK(to_string(position) == "LearnedPositions(4, 3)");
  Tensor token = tensor({0.5, -0.2, 0.1}), place = tensor({0.1, 0.3, -0.1});
  CHECK(allclose(token + place, tensor({0.6, 0.1, 0.0}), 0, 1e-7));
}

TEST_CASE("losses carry their sum and count") {
  Tensor logits = tensor({{1.0, 2.0, 3.0}, {0.0, 0.0, 0.0}, {4.0, 1.0, 1.0}}).requires_grad_();
  double first = std::log(std::exp(1) + std::exp(2) + std::exp(3)) - 3, second = std::log(3.0);
  nn::Loss loss = nn::cross_entropy(logits, tensor({2, 1, -100}));
  CHECK(loss.count == 2);
  CHECK(loss.sum.item<double>() == Approx(first + second));
  CHECK(loss.item() == Approx((first + second) / 2));
  loss.backward();
  double share = 1 / (1 + std::exp(-1) + std::exp(-2));
  CHECK(logits.grad().to_vector<double>()[2] == Approx((share - 1) / 2));
  CHECK(logits.grad().to_vector<double>()[8] == 0);
  CHECK(nn::cross_entropy(logits, tensor({2, 1, 7}), {.ignore_index = 7}).count == 2);

  std::ostringstream out;
  out << nn::Loss{tensor(3.0), 2};
  CHECK(out.str() == "tensor(1.5000)");
}

TEST_CASE("a loss without targets is 0 and trains nothing") {
  Tensor logits = ones({2, 3}).requires_grad_();
  nn::Loss loss = nn::cross_entropy(logits, tensor({-100, -100}));
  CHECK(loss.count == 0);
  CHECK(loss.item() == 0);
  loss.backward();
  CHECK(equal(logits.grad(), zeros({2, 3})));
  nn::Linear head(3, 4);
  Tensor x = ones({2, 3}).requires_grad_();
  nn::Loss fused = nn::linear_cross_entropy(x, head, tensor({-100, -100}));
  CHECK(fused.item() == 0);
  fused.backward();
  CHECK(equal(x.grad(), zeros({2, 3})));
  CHECK(equal(head.weight().grad(), zeros({4, 3})));
}

TEST_CASE("losses of parts add up to the loss of the whole") {
  manual_seed(1);
  Tensor logits = randn({6, 5}, float64).requires_grad_();
  Tensor targets = tensor({1, -100, 4, 0, -100, -100});
  nn::Loss whole = nn::cross_entropy(logits, targets);
  whole.backward();
  Tensor expected = logits.grad().clone();
  logits.zero_grad();
  nn::Loss parts = nn::cross_entropy(slice(logits, 0, 0, 2), slice(targets, 0, 0, 2)) +
                   nn::cross_entropy(slice(logits, 0, 2), slice(targets, 0, 2));
  CHECK(parts.count == 3);
  CHECK(parts.item() == Approx(whole.item()).epsilon(1e-14));
  parts.backward();
  CHECK(allclose(logits.grad(), expected, 0, 1e-15));
}

TEST_CASE("the next-token model agrees with PyTorch") {
  const auto& data = fixture();
  auto sizes = data["sizes"].get<std::vector<int64_t>>();
  int64_t batch = sizes[0], time = sizes[1], dim = sizes[2], vocabulary = sizes[3];
  Tensor ids = whole(data["ids"], {batch, time}), targets = whole(data["targets"], {batch, time});
  for (auto [name, encoder] : {std::pair{"none", nn::Encoder::none}, {"mean", nn::Encoder::mean}}) {
    INFO(name);
    nn::NextTokenModel model({.vocabulary = vocabulary, .dim = dim, .max_length = 6, .encoder = encoder});
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
  for (auto encoder : {nn::Encoder::none, nn::Encoder::mean}) {
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
  nn::NextTokenModel model(
      {.vocabulary = 7, .dim = 4, .max_length = 5, .encoder = nn::Encoder::mean, .bias = false});
  CHECK(to_string(model) ==
        "NextTokenModel(\n  encoder=mean\n  (token): Embedding(7, 4)\n  (position): LearnedPositions(5, 4)\n"
        "  (head): Linear(in_features=4, out_features=7, bias=False)\n)");
  CHECK(model.named_parameters().size() == 3);
  CHECK(model.named_parameters()[0].first == "token.weight");
  CHECK(model.token().weight().body() == model.parameters()[0].body());
  CHECK(model.position().weight().shape() == Shape{5, 4});
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
