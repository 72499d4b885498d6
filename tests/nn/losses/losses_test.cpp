#include <cmath>
#include <sstream>

#include "catch.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/nn.h"
#include "nn/support.h"

using namespace lexigrad;

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

TEST_CASE("mse: the sum of squares and its count, nothing broadcast") {
  Tensor x = tensor({{1.0, 2.0}, {3.0, 5.0}}).requires_grad_();
  nn::Loss loss = nn::mse(x, tensor({{0.0, 2.0}, {5.0, 1.0}}));
  CHECK(loss.count == 4);
  CHECK(loss.sum.item<double>() == 1 + 0 + 4 + 16);
  loss.backward();
  CHECK(x.grad().to_vector<double>() == std::vector<double>{0.5, 0, -1, 2});
  CHECK(nn::mse(zeros({0, 3}), zeros({0, 3})).item() == 0);
  CHECK(message([&] { nn::mse(x, ones({2})); }) ==
        "[mse] The input is [2, 2], the target [2]. Hint: reshape() or expand() one of them; nothing is "
        "broadcast "
        "here");
}

TEST_CASE("bce_with_logits agrees with the logarithms of sigmoids, and no logit is too large") {
  manual_seed(2);
  Tensor x = randn({3, 4}, float64).requires_grad_(), t = rand({3, 4}, float64), w = rand({4}, float64) + 0.5;
  std::vector<double> logits = x.to_vector<double>(), targets = t.to_vector<double>(),
                      weights = w.to_vector<double>();
  double plain = 0, weighted = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    double s = 1 / (1 + std::exp(-logits[i])), hit = targets[i] * std::log(s),
           miss = (1 - targets[i]) * std::log(1 - s);
    plain -= hit + miss;
    weighted -= weights[i % 4] * hit + miss;
  }
  CHECK(nn::bce_with_logits(x, t).sum.item<double>() == Approx(plain).epsilon(1e-14));
  CHECK(nn::bce_with_logits(x, t, {.pos_weight = w}).sum.item<double>() == Approx(weighted).epsilon(1e-14));
  CHECK(nn::bce_with_logits(x, t).count == 12);
  auto loss = [&](const std::vector<Tensor>& in) {
    return nn::bce_with_logits(in[0], t, {.pos_weight = w}).sum;
  };
  CHECK(gradcheck(loss, {x}).ok);
  CHECK(gradgradcheck(loss, {x}).ok);
  Tensor far = tensor({1000.0, -1000.0, 1000.0, -1000.0}), yes = tensor({1.0, 0.0, 0.0, 1.0});
  CHECK(nn::bce_with_logits(far, yes).sum.item<double>() == 2000);
  CHECK(message([&] { nn::bce_with_logits(x, ones({3})); }).find("[bce_with_logits] The logits are [3, 4]") ==
        0);
}

TEST_CASE("nll of log_softmax is cross_entropy, ignored targets and all") {
  manual_seed(3);
  Tensor x = randn({2, 3, 5}, float64).requires_grad_(), targets = tensor({{1, -100, 4}, {0, 2, -100}});
  nn::Loss expected = nn::cross_entropy(x, targets), loss = nn::nll(log_softmax(x), targets);
  CHECK(loss.count == expected.count);
  CHECK(loss.item() == Approx(expected.item()).epsilon(1e-14));
  expected.backward();
  Tensor gradient = x.grad().clone();
  x.zero_grad();
  loss.backward();
  CHECK(allclose(x.grad(), gradient, 0, 1e-15));
  CHECK(nn::nll(log_softmax(x), full({2, 3}, -100, int64)).item() == 0);
  auto by_ops = [&](const std::vector<Tensor>& in) { return nn::nll(log_softmax(in[0]), targets).sum; };
  CHECK(gradgradcheck(by_ops, {x}).ok);
  Tensor certain =
      tensor({{0.0, -static_cast<double>(INFINITY)}});  // what an ignored row holds does not matter
  CHECK(nn::nll(cat({certain, full({1, 2}, -INFINITY)}, 0), tensor({0, -100})).item() == 0);
  CHECK(message([&] { nn::nll(x, tensor({1, 2})); }).find("[nll] ") == 0);
  CHECK(message([&] { nn::nll(x, full({2, 3}, 5, int64)); }).find("[nll] ") == 0);
}
