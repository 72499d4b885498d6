// Ops with several outputs: each output has all that a tensor on the tape has.
#include "lexigrad/autograd/tape/outputs.h"

#include <array>
#include <cmath>
#include <limits>
#include <thread>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/checks/check_numerics.h"
#include "lexigrad/autograd/checks/gradcheck.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/function.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/reader.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/random.h"
#include "support/throws.h"

using namespace lexigrad;
using Catch::Matchers::Contains;

namespace {

using Outputs = std::vector<Tensor>;

Tensor leaf(double value) { return tensor(value, float64).requires_grad_(); }
double number(const Tensor& x) { return x.item<double>(); }

int ran = 0;  // how often the rule of powers() has

// x^2 and x^3, with a rule of ops.
Outputs powers(const Tensor& x) {
  NoGrad off;
  Outputs y{x * x, x * x * x};
  detail::Recording on(true);
  return record("powers", y, {x}, [x = Saved(x)](const OutputGrads& dy, Grads& dx) {
    ++ran;
    if (dy.has(0)) dx[0] += dy[0] * 2 * *x;
    if (dy.has(1)) dx[0] += dy[1] * 3 * square(*x);
  });
}

// e^x and e^-x, with a rule that reads the outputs.
Outputs exponentials(const Tensor& x) {
  NoGrad off;
  Outputs y{exp(x), exp(-x)};
  detail::Recording on(true);
  return record("exponentials", std::move(y), {x}, [](const OutputGrads& dy, const Outputs& y, Grads& dx) {
    dx[0] += dy[0] * y[0] - dy[1] * y[1];
  });
}

// The same as a Function.
struct Exponentials : Function<Exponentials> {
  static std::array<Tensor, 2> forward(Context& context, const Tensor& x) {
    std::array<Tensor, 2> y{exp(x), exp(-x)};
    context.save(y[0], y[1]);
    return y;
  }
  static Tensor backward(Context& context, const OutputGrads& dy) {
    return dy[0] * context.saved(0) - dy[1] * context.saved(1);
  }
};

// As many outputs as there are inputs, each times a number, by a list.
struct Scaled : Function<Scaled> {
  static Outputs forward(Context&, const Outputs& x) {
    Outputs y;
    for (const Tensor& each : x) y.push_back(each * 2.0);
    return y;
  }
  static Outputs backward(Context&, const OutputGrads& dy) {
    Outputs dx;
    for (size_t i = 0; i < dy.size(); ++i) dx.push_back(dy.has(i) ? dy[i] * 2.0 : Tensor());
    return dx;
  }
};

}  // namespace

TEST_CASE("one rule runs once for all outputs, with the gradients of those that were used", "[outputs]") {
  Tensor x = leaf(3);
  ran = 0;
  Outputs y = powers(x);
  CHECK(number(y[0]) == 9);
  CHECK(number(y[1]) == 27);
  (y[0] * 2 + y[1] + y[0]).backward();
  CHECK(number(x.grad()) == 3 * 2 * 3 + 27);
  CHECK(ran == 1);
  x.zero_grad();
  powers(x)[1].backward();  // the other is gone
  CHECK(number(x.grad()) == 27);
  x.zero_grad();
  backward(powers(x), {tensor(1.0, float64), tensor(2.0, float64)});
  CHECK(number(x.grad()) == 6 + 2 * 27);
}

TEST_CASE("an output that nothing used has a gradient of zeros", "[outputs]") {
  Tensor x = leaf(1);
  exponentials(x)[1].backward();
  CHECK(number(x.grad()) == -std::exp(-1.0));
  Tensor seen;
  Tensor z = randn({2, 3}, float64).requires_grad_();
  Outputs y =
      record("two", {ones({4}, float64), ones({2}, float64)}, {z}, [&](const OutputGrads& dy, Grads& dx) {
        CHECK_FALSE(dy.has(0));
        CHECK(dy.has(1));
        seen = dy[0];
        dx[0] += zeros({2, 3}, float64);
      });
  sum(y[1]).backward();
  CHECK(equal(seen, zeros({4}, float64)));
}

TEST_CASE("no rule runs where no output is used, nor under NoGrad", "[outputs]") {
  Tensor x = leaf(2);
  ran = 0;
  Outputs y = powers(x);
  (x * 1).backward();
  CHECK(ran == 0);
  NoGrad off;
  for (const Tensor& each : Scaled::apply(Outputs{x, x})) CHECK_FALSE(each.requires_grad());
}

TEST_CASE("grad(), hooks, retain_grad and in-place changes are of one output", "[outputs]") {
  Tensor x = leaf(3);
  Outputs y = powers(x);
  Tensor loss = y[0] * y[1];  // x^5
  CHECK(number(grad(loss, {y[0]}, {.retain_graph = true})[0]) == 27);
  CHECK(number(grad(loss, {y[1]}, {.retain_graph = true})[0]) == 9);
  CHECK(number(grad(y[0], {x}, {.retain_graph = true})[0]) == 6);
  CHECK(message_of([&] { grad(y[0], {y[1]}, {.retain_graph = true}); }).find("has no part in the outputs") !=
        std::string::npos);
  std::vector<double> seen;
  y[0].retain_grad();
  y[1].register_hook([&](const Tensor& g) {
    seen.push_back(number(g));
    return g * 2;
  });
  loss.backward();
  CHECK(number(y[0].grad()) == 27);
  CHECK_FALSE(y[1].has_grad());
  CHECK(seen == std::vector<double>{9});
  CHECK(number(x.grad()) == 27 * 6 + 2 * 9 * 27);

  x.zero_grad();
  y = powers(x);
  y[0].add_(y[1]);  // x^2 + x^3
  (y[0] + y[1]).backward();
  CHECK(number(x.grad()) == 6 + 27 + 27);
}

TEST_CASE("what a rule read must not have changed, output by output", "[outputs]") {
  for (size_t which : {size_t{0}, size_t{1}}) {
    Tensor x = leaf(1);
    Outputs y = exponentials(x);
    Tensor loss = y[0] * 2 + y[1] * 3;
    {
      NoGrad off;
      y[which].add_(1);
    }
    CHECK_THAT(message_of([&] { loss.backward(); }),
               Contains("that exponentials keeps for backward was changed in place by add_"));
  }
}

TEST_CASE("a second backward through any output needs retain_graph", "[outputs]") {
  Tensor x = leaf(2);
  Outputs y = powers(x);
  y[0].backward({.retain_graph = true});
  y[1].backward();
  CHECK(number(x.grad()) == 4 + 12);
  for (const Tensor& each : y)
    CHECK_THAT(message_of([&] { each.backward(); }), Contains("A second backward through \"powers\""));
}

TEST_CASE("gradients of several outputs are on the tape where that is asked for", "[outputs]") {
  Tensor x = leaf(0.5);
  Outputs y = exponentials(x);
  Tensor g = grad(y[0], {x}, {.create_graph = true})[0];  // e^x, read as output 0
  CHECK(number(grad(g, {y[0]}, {.retain_graph = true})[0]) == 1);
  CHECK(number(grad(g, {x}, {.retain_graph = true})[0]) == std::exp(0.5));
  CHECK(number(grad(g, {y[1]}, {.retain_graph = true})[0]) == 0);  // read, times a gradient of zeros
  y.erase(y.begin());  // the output itself is gone; its place is made anew
  g = grad(y[0], {x}, {.create_graph = true})[0];
  CHECK(number(grad(g, {x}, {.create_graph = true})[0]) == std::exp(-0.5));
}

TEST_CASE("gradcheck and gradgradcheck take several outputs, together and each alone", "[outputs]") {
  Tensor x = randn({2, 3}, float64);
  auto by_record = [](const Outputs& in) { return exponentials(in[0]); };
  auto by_function = [](const Outputs& in) {
    auto [a, b] = Exponentials::apply(in[0]);
    return Outputs{a, b};
  };
  GradcheckResult result = gradcheck(by_record, {x});
  CHECK(result.checked == 3 * 6);
  CHECK(result.ok);
  CHECK(gradcheck(by_function, {x}));
  CHECK(gradgradcheck(by_record, {x}));
  CHECK(gradgradcheck(by_function, {x}));
  auto wrong_alone = [](const Outputs& in) {
    return record(
        "wrong", {in[0].detach() * 2.0, in[0].detach() * 3.0}, {in[0]},
        [](const OutputGrads& dy, Grads& dx) { dx[0] += dy[0] * 2.0 + dy[1] * (dy.has(0) ? 3.0 : 4.0); });
  };
  result = gradcheck(wrong_alone, {x});
  CHECK_FALSE(result.ok);
  CHECK(result.wrong_count == 6);
  CHECK_THAT(result.wrong[0].op, Contains("wrong, output 1 alone"));
}

TEST_CASE("a Function of a list gives one", "[outputs]") {
  Tensor a = leaf(1), b = leaf(2);
  Outputs y = Scaled::apply(Outputs{a, b});
  CHECK(number(y[1]) == 4);
  y[1].backward({.retain_graph = true});
  CHECK_FALSE(a.has_grad());
  CHECK(number(b.grad()) == 2);
  CHECK_THAT(to_string(y[0]), Contains("grad_fn=<ScaledBackward0>"));
}

TEST_CASE("outputs of whole numbers stay off the tape", "[outputs]") {
  Tensor x = randn({3}, float64).requires_grad_();
  Outputs y = record("both", {x.detach() * 2.0, arange(3)}, {x},
                     [](const OutputGrads& dy, Grads& dx) { dx[0] += dy[0] * 2.0; });
  CHECK(y[0].requires_grad());
  CHECK_FALSE(y[1].requires_grad());
  sum(y[0]).backward();
  CHECK(equal(x.grad(), full({3}, 2, float64)));
}

TEST_CASE("check mode names the output", "[outputs]") {
  Tensor x = leaf(800);
  CheckNumerics check;
  auto message = [](const auto& f) -> std::string {
    try {
      f();
    } catch (const NumericsError& error) { return error.what(); }
    return "nothing was thrown";
  };
  auto two = [&](double second) {
    return record("two", {x.detach() * 1.0, full({}, second, float64)}, {x},
                  [](const OutputGrads& dy, Grads& dx) { dx[0] += dy[0] + dy[1]; });
  };
  double inf = std::numeric_limits<double>::infinity();
  CHECK_THAT(message([&] { two(inf); }), Contains("two made inf at index [] of its output 1"));
  Outputs y = two(1);
  y[1].register_hook([&](const Tensor&) { return full({}, inf, float64); });
  CHECK_THAT(message([&] { (y[0] + y[1]).backward(); }), Contains("The gradient of two's output 1 is inf"));
}

TEST_CASE("the reader shows an op with several outputs and its outputs", "[outputs]") {
  Tensor x = leaf(2);
  Outputs y = powers(x);
  std::vector<TapeNode> nodes = tape_of(y[0] + y[1]);
  REQUIRE(nodes.size() == 5);  // the leaf, the op, two outputs, the sum
  CHECK(nodes[0].is_leaf());
  CHECK(nodes[1].output() == -1);
  CHECK(std::string(nodes[1].name()) == "powers");
  CHECK(nodes[2].output() + nodes[3].output() == 1);
  CHECK(nodes[2].inputs()[0].id() == nodes[1].id());
  CHECK(nodes[4].inputs().size() == 2);

  std::vector<std::string> told;
  WalkListener listener;
  listener.running = [&](const TapeNode& op, std::span<const Tensor> dy) {
    told.push_back(text(op.name(), " ", dy.size()));
  };
  listener.reads = [&](const TapeNode& op, const Tensor&) { told.push_back(text("reads ", op.name())); };
  listener.collected = [&](const TapeNode&, const Tensor& dense, const RowGrad*) {
    told.push_back(text("leaf ", number(dense)));
  };
  walk_back(y[0] + y[1], listener);
  CHECK(told == std::vector<std::string>{"add 1", "powers 2", "reads powers", "reads powers", "leaf 16"});
  CHECK_FALSE(x.has_grad());

  told.clear();
  OpListener ops([&](const char* op, std::span<const Tensor> outputs, std::span<const Tensor* const> inputs) {
    told.push_back(text(op, " ", outputs.size(), " ", inputs.size()));
  });
  powers(x);
  CHECK(told.back() == "powers 2 1");
}

TEST_CASE("outputs may go while another thread walks back", "[outputs]") {
  for (int i = 0; i < 200; ++i) {
    Tensor x = leaf(1);
    Outputs y = exponentials(x);
    std::thread other([gone = std::move(y[1])]() mutable { gone = Tensor(); });
    grad(y[0], {x}, {.create_graph = true});
    other.join();
  }
}

TEST_CASE("a chain of ops with several outputs goes without recursion", "[outputs]") {
  Tensor x = leaf(1), h = x, c = x;
  for (int i = 0; i < 100000; ++i) {
    Outputs next =
        record("pair", {h.detach() + 0.0, c.detach() + 0.0}, {h, c}, [](const OutputGrads& dy, Grads& dx) {
          dx[0] += dy[1];
          dx[1] += dy[0];
        });
    h = next[0], c = next[1];
  }
  (h + c).backward();
  CHECK(number(x.grad()) == 2);
}

TEST_CASE("one tensor may be a root of a walk twice", "[outputs]") {
  Tensor x = leaf(3), y = x * x, z = y * y;
  backward({z, z}, {tensor(1.0, float64), tensor(2.0, float64)});
  CHECK(number(x.grad()) == 3 * 4 * 27);
  Tensor a = leaf(2), b = square(a);
  CHECK(number(grad({b, b}, {a}, {.grad_outputs = {tensor(1.0, float64), tensor(1.0, float64)}})[0]) == 8);
}

TEST_CASE("a rule that reads or writes past what there is throws, and names the index") {
  Tensor a = ones({3}).requires_grad_();
  auto rule_of = [&](auto rule) { return [&a, rule] { sum(record("x", a * 2.0, {a}, rule)).backward(); }; };
  for (int at : {1, 5, -1, 1 << 30}) {
    INFO(at);
    CHECK(message_of(rule_of([at](const Tensor& dy, Grads& dx) {
            dx[at] += dy;
          })).starts_with(text("[x] The rule has 1 input, it wrote dx[", at, "]")));
    CHECK(message_of(rule_of([at](const Tensor&, Grads& dx) {
            dx.needs(at);
          })).starts_with(text("[x] The rule has 1 input, it wrote dx[", at, "]")));
  }
  auto several = [&](auto rule) {
    return [&a, rule] { sum(record("y", std::vector<Tensor>{a * 2.0, a * 3.0}, {a}, rule)[0]).backward(); };
  };
  for (size_t at : {size_t{2}, size_t{1} << 40}) {
    CHECK(message_of(several([at](const OutputGrads& dy, Grads& dx) { dx[0] += dy[at]; })) ==
          text("[y] The gradient of output ", at, " was read, the op has 2 outputs"));
    CHECK(message_of(several([at](const OutputGrads& dy, Grads&) { dy.has(at); })) ==
          text("[y] The gradient of output ", at, " was read, the op has 2 outputs"));
  }
}
