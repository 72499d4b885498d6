// Gradient norms and clipping, of dense and row gradients.
#include "lexigrad/train/optim/clip.h"

#include <cmath>

#include "catch.h"
#include "support/throws.h"
#include "train/optim/support.h"

using namespace lexigrad;
using namespace lexigrad::test;

namespace {
struct Pair {
  Tensor table = zeros({5, 2}, float64).requires_grad_(), weight = zeros({2}, float64).requires_grad_(),
         unused = zeros({3}, float64).requires_grad_();
  std::vector<nn::ParameterRef> all{table, weight, unused};
  // Norm 13: 3, 4 in the rows, 12 in the weight.
  Pair() {
    table.set_grad(RowGrad(tensor({1, 4}), tensor({{3.0, 0.0}, {0.0, 4.0}}, float64), 5));
    weight.set_grad(tensor({0.0, -12.0}, float64));
  }
};
}  // namespace

TEST_CASE("the norm is that of all gradients as one vector", "[optim]") {
  Pair p;
  REQUIRE(optim::grad_norm(p.all) == 13);
  REQUIRE(optim::grad_norm({p.unused}) == 0);
}

TEST_CASE("gradients are scaled down to the norm asked for, never up, and rows stay rows", "[optim]") {
  Pair p;
  REQUIRE(optim::clip_grad_norm_(p.all, 20) == 13);
  REQUIRE(equal(p.weight.grad(), tensor({0.0, -12.0}, float64)));
  REQUIRE(optim::clip_grad_norm_(p.all, 6.5) == 13);
  double factor = 6.5 / (13 + 1e-6);  // as torch.nn.utils.clip_grad_norm_
  REQUIRE(equal(p.weight.grad(), tensor({0.0, -12.0 * factor}, float64)));
  REQUIRE(p.table.row_grad() != nullptr);
  REQUIRE(equal(p.table.row_grad()->values(), tensor({{3 * factor, 0.0}, {0.0, 4 * factor}}, float64)));
  REQUIRE_FALSE(p.unused.has_grad());
}

TEST_CASE("a norm that is not finite leaves the gradients, and a bound that is none is refused", "[optim]") {
  Pair p;
  p.weight.set_grad(tensor({static_cast<double>(INFINITY), 1.0}, float64));
  REQUIRE(std::isinf(optim::clip_grad_norm_(p.all, 1)));
  REQUIRE(p.weight.grad()[1].item<double>() == 1);
  for (double bound : {0.0, -1.0, static_cast<double>(NAN), static_cast<double>(INFINITY)})
    REQUIRE(message_of([&] {
              optim::clip_grad_norm_(p.all, bound);
            }).find("[clip_grad_norm_] max_norm is ") == 0);
}

TEST_CASE("parameters left out of the decay by name move as without it", "[optim]") {
  auto stepped = [](double decay, std::vector<std::string> no_decay) {
    std::vector<nn::ParameterRef> parameters{{ones({2}, float64).requires_grad_(), "block.0.bias"},
                                             {ones({2}, float64).requires_grad_(), "block.0.weight"}};
    for (const auto& p : parameters) p.set_grad(ones({2}, float64));
    optim::AdamW optimizer(parameters, {.weight_decay = decay, .no_decay = std::move(no_decay)});
    optimizer.step();
    return std::vector<double>{parameters[0][0].item<double>(), parameters[1][0].item<double>()};
  };
  double plain = stepped(0, {})[0], decayed = stepped(0.5, {})[0];
  REQUIRE(decayed < plain);
  for (std::string pattern : {"*.bias", "block.0.bias", "block.*bias", "*b*l*ia*"})
    REQUIRE(stepped(0.5, {pattern}) == std::vector<double>{plain, decayed});
  REQUIRE(stepped(0.5, {"*"}) == std::vector<double>{plain, plain});
  REQUIRE(message_of([&] {
            stepped(0.5, {"*.bias", "norm*"});
          }) ==
          "[adamw] no_decay \"norm*\" is the name of no parameter. Hint: * stands for any letters, "
          "\"block.0.bias\" is a name");
}
