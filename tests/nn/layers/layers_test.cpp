#include <cmath>
#include <sstream>

#include "catch.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/nn.h"
#include "nn/support.h"

using namespace lexigrad;

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

TEST_CASE("the tutorial's table prints as in PyTorch") {
  manual_seed(123);
  nn::Embedding embedding(6, 3);
  std::ostringstream out;
  out << embedding << "\n" << embedding.weight() << "\n" << embedding(3);
  CHECK(out.str() ==
        "Embedding(6, 3)\n"
        "Parameter containing:\n"
        "tensor([[ 0.3374, -0.1778, -0.1690],\n        [ 0.9178,  1.5810,  1.3010],\n"
        "        [ 1.2753, -0.2010, -0.1606],\n        [-0.4015,  0.9666, -1.1481],\n"
        "        [-1.1589,  0.3255, -0.6315],\n        [-2.8400, -0.7849, -1.4096]], requires_grad=True)\n"
        "tensor([[-0.4015,  0.9666, -1.1481]], grad_fn=<EmbeddingBackward0>)");
}

TEST_CASE("a padding row is zero, gets no gradient and is known to the optimizer") {
  nn::Embedding embedding(4, 2, {.padding_idx = 1});
  CHECK(equal(embedding.weight()[1].detach(), zeros({2})));
  CHECK(embedding.weight()[0].to_vector<double>()[0] != 0);
  sum(embedding(tensor({0, 1, 1, 2}))).backward();
  REQUIRE(embedding.weight().row_grad());
  CHECK(embedding.weight().row_grad()->indices().to_vector<int64_t>() == std::vector<int64_t>{0, 2});
  CHECK(embedding.parameters()[0].constant_row() == 1);
  CHECK(embedding.weight().constant_row() == 1);
  CHECK(nn::Embedding(4, 2).parameters()[0].constant_row() == -1);
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
  CHECK(equal(nn::GELU(GeluForm::tanh)(x), gelu(x, GeluForm::tanh)));
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

TEST_CASE("normalisation layers: values, gradients, printing, width") {
  nn::LayerNorm norm(3), plain(3, {.affine = false}), no_bias(3, {.bias = false});
  nn::RMSNorm rms(4, {.eps = 1e-6});
  Tensor x = tensor({{1.0f, 2.0f, 6.0f}, {-1.0f, 0.0f, 1.0f}});
  // (x - 3) / sqrt(14 / 3 + eps), x / sqrt(2 / 3 + eps)
  Tensor expected = tensor({{-0.9258191, -0.4629095, 1.3887286}, {-1.2247357, 0.0, 1.2247357}});
  for (const nn::LayerNorm* layer : {&norm, &plain, &no_bias})
    CHECK(allclose((*layer)(x).detach().to(float64), expected.to(float64), 0, 1e-5));
  CHECK(allclose(rms(tensor({1.0f, 1.0f, 1.0f, 5.0f})).detach(),
                 tensor({1.0f, 1.0f, 1.0f, 5.0f}) / std::sqrt(7.0), 0, 1e-6));
  CHECK(to_string(norm) == "LayerNorm((3,), eps=1e-05, elementwise_affine=True)");
  CHECK(to_string(plain) == "LayerNorm((3,), eps=1e-05, elementwise_affine=False)");
  CHECK(to_string(rms) == "RMSNorm((4,), eps=1e-06, elementwise_affine=True)");
  CHECK(norm.named_parameters().size() == 2);
  CHECK(no_bias.named_parameters().size() == 1);
  CHECK(plain.named_parameters().empty());
  manual_seed(3);
  CHECK(gradcheck(nn::LayerNorm(5), randn({2, 3, 5}, float64)).ok);
  CHECK(gradcheck(nn::RMSNorm(5), randn({2, 3, 5}, float64)).ok);
  CHECK(gradgradcheck(nn::LayerNorm(5), randn({2, 5}, float64)).ok);
  CHECK(gradgradcheck(nn::RMSNorm(5), randn({2, 5}, float64)).ok);
  CHECK(message([&] {
          norm(ones({2, 4}));
        }) == "[LayerNorm] The input's last dimension is that of [2, 4], the layer's width 3");
  CHECK(message([&] {
          rms(ones({2, 3}));
        }) == "[RMSNorm] The input's last dimension is that of [2, 3], the layer's width 4");
  CHECK(message([] { nn::LayerNorm(0); }) == "[LayerNorm] Needs at least one column, got 0");
  CHECK(gradcheck(nn::Sequential(nn::Linear(3, 4), nn::SiLU(), nn::RMSNorm(4)), randn({2, 3}, float64)).ok);
}
