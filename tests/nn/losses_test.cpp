#include <cmath>
#include <sstream>

#include "../catch.h"
#include "lexigrad/autograd/random.h"
#include "lexigrad/nn/nn.h"
#include "support.h"

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
