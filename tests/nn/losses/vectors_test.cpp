// Losses of vectors: glove, info_nce, cosine_embedding, triplet.
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tensor/random.h"
#include "nn/losses/support.h"

using namespace lexigrad;

TEST_CASE("glove by its formula, its gradients, and rows alone") {
  manual_seed(1);
  Tensor words = randn({5, 3}, float64), contexts = randn({6, 3}, float64), b = randn({5, 1}, float64),
         d = randn({6, 1}, float64);
  Tensor i = tensor({0, 2, 2, 4}), j = tensor({5, 1, 0, 0}),
         counts = tensor({1.0, 30.0, 100.0, 250.0}, float64);
  double expected = 0;
  for (int64_t k = 0; k < 4; ++k) {
    int64_t w = i.data<int64_t>()[k], c = j.data<int64_t>()[k];
    double x = counts.data<double>()[k], e = b.data<double>()[w] + d.data<double>()[c] - std::log(x);
    for (int64_t f = 0; f < 3; ++f) e += words.data<double>()[w * 3 + f] * contexts.data<double>()[c * 3 + f];
    expected += (x < 100 ? std::pow(x / 100, 0.75) : 1) * e * e;
  }
  nn::Loss loss = nn::glove({words, contexts, b, d}, i, j, counts);
  CHECK(loss.sum.item<double>() == Approx(expected).epsilon(1e-13));
  CHECK(loss.count == 4);
  check_gradients(
      [&](const std::vector<Tensor>& in) {
        return nn::glove({in[0], in[1], in[2], in[3]}, i, j, counts, {.x_max = 50, .alpha = 0.5}).sum;
      },
      {words, contexts, b, d});
  std::vector<Tensor> tables{words.clone(), contexts.clone(), b.clone(), d.clone()};
  for (Tensor& t : tables) t.requires_grad_();
  nn::glove({tables[0], tables[1], tables[2], tables[3]}, i, j, counts).backward();
  for (const Tensor& t : tables) {
    REQUIRE(t.row_grad() != nullptr);
    CHECK(t.row_grad()->count() == 3);
  }
  CHECK(message([&] {
          nn::glove({words, contexts, b, d}, i, tensor({1}), counts);
        }) == "[glove] Words [4], contexts [1] and counts [4] are not pairs. Hint: one shape for all three");
  CHECK(message([&] {
          nn::glove({words, contexts, b, d}, i, j, zeros({4}, float64));
        }) == "[glove] A count is not above 0, and has no logarithm. Hint: give only pairs that occur");
  CHECK(message([&] {
          nn::glove({words, contexts, b, d}, i, j, counts, {.x_max = 0});
        }) == "[glove] x_max is 0 (valid are numbers above 0)");
}

TEST_CASE("info_nce by its formula, and its gradients") {
  manual_seed(2);
  Tensor queries = randn({5, 4}, float64), keys = randn({5, 4}, float64);
  for (bool normalize : {true, false}) {
    auto unit = [&](const Tensor& x, int64_t r, int64_t c) {
      double length = 0;
      for (int64_t f = 0; f < 4; ++f) length += std::pow(x.data<double>()[r * 4 + f], 2);
      return x.data<double>()[r * 4 + c] / (normalize ? std::sqrt(length) : 1);
    };
    double expected = 0;
    for (int64_t i = 0; i < 5; ++i) {
      double total = 0, own = 0;
      for (int64_t j = 0; j < 5; ++j) {
        double score = 0;
        for (int64_t f = 0; f < 4; ++f) score += unit(queries, i, f) * unit(keys, j, f) / 0.5;
        total += std::exp(score);
        if (i == j) own = score;
      }
      expected += std::log(total) - own;
    }
    nn::InfoNceOptions options{.temperature = 0.5, .normalize = normalize};
    nn::Loss loss = nn::info_nce(queries, keys, options);
    CHECK(loss.sum.item<double>() == Approx(expected).epsilon(1e-13));
    CHECK(loss.count == 5);
    check_gradients([&](const std::vector<Tensor>& in) { return nn::info_nce(in[0], in[1], options).sum; },
                    {queries, keys});
  }
  CHECK(message([&] {
          nn::info_nce(queries, ones({4, 4}, float64));
        }) == "[info_nce] Needs queries and keys of one shape (n, dim), got [5, 4] and [4, 4]");
  CHECK(message([&] { nn::info_nce(queries, keys, {.temperature = 0}); }) ==
        "[info_nce] The temperature is 0 (valid are numbers above 0)");
}

TEST_CASE("cosine_embedding and triplet are PyTorch's") {
  const auto& vectors = loss_fixture().at("vectors");
  Tensor a = doubles(vectors.at("a"), {5, 4}), b = doubles(vectors.at("b"), {5, 4}),
         c = doubles(vectors.at("c"), {5, 4}), sign = whole(vectors.at("sign"), {5});
  for (const auto& expected : loss_fixture().at("cosine_embedding")) {
    INFO(expected.dump());
    auto loss = [&](const std::vector<Tensor>& in) {
      return nn::cosine_embedding(in[0], in[1], sign, {.margin = expected.at("margin")}).sum;
    };
    check_torch(loss, {a, b}, expected);
    check_gradients(loss, {a, b});
  }
  for (const auto& expected : loss_fixture().at("triplet")) {
    INFO(expected.dump());
    nn::TripletOptions options{
        .margin = expected.at("margin"), .p = expected.at("p"), .swap = expected.at("swap")};
    auto loss = [&](const std::vector<Tensor>& in) { return nn::triplet(in[0], in[1], in[2], options).sum; };
    check_torch(loss, {a, b, c}, expected);
    check_gradients(loss, {a, b, c});
  }
  CHECK(nn::triplet(a, b, c).count == 5);
  CHECK(nn::cosine_embedding(a, b, sign).count == 5);
}

TEST_CASE("losses of vectors say what is wrong") {
  Tensor a = ones({2, 3}), b = ones({2, 3}), sign = tensor({1, -1});
  CHECK(message([&] {
          nn::cosine_embedding(a, ones({3, 2}), sign);
        }) == "[cosine_embedding] Needs a and b (..., dim) and targets (...), got [2, 3], [3, 2] and [2]");
  CHECK(message([&] {
          nn::cosine_embedding(a, b, tensor({1, 0}));
        }) == "[cosine_embedding] A target is neither 1 nor -1. Hint: 2 * labels - 1 makes them of 0 and 1");
  CHECK(message([&] { nn::cosine_embedding(a, b, sign, {.margin = 2}); }) ==
        "[cosine_embedding] The margin is 2 (valid are -1..1)");
  CHECK(
      message([&] {
        nn::triplet(a, b, ones({2, 4}));
      }) ==
      "[triplet] Needs anchor, positive and negative of one shape (..., dim), got [2, 3], [2, 3] and [2, 4]");
  CHECK(message([&] { nn::triplet(a, b, b, {.margin = 0}); }) ==
        "[triplet] The margin is 0 (valid are numbers above 0)");
  CHECK(message([&] { nn::triplet(a, b, b, {.p = -1}); }) == "[triplet] p is -1 (valid are numbers above 0)");
}
