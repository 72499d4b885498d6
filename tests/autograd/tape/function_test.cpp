#include "lexigrad/autograd/tape/function.h"

#include <array>
#include <cmath>
#include <sstream>

#include "catch.h"
#include "lexigrad/autograd/checks/gradcheck.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tensor/random.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

using List = std::vector<Tensor>;

struct Cube : Function<Cube> {
  static Tensor forward(Context& context, const Tensor& x) {
    context.save(x);
    return x * x * x;
  }
  static Tensor backward(Context& context, const Tensor& dy) { return dy * 3 * square(context.saved(0)); }
};

// e^(rate a) b, from the output; counts what was asked for.
struct Growth : Function<Growth> {
  struct Context : FunctionContext {
    double rate = 0;
    int* asked = nullptr;
  };
  static Tensor forward(Context& context, const Tensor& a, double rate, const Tensor& b, int* asked) {
    context.rate = rate;
    context.asked = asked;
    Tensor y = exp(a * rate) * b;
    context.save(y, b);
    *asked = context.needs(0) + 2 * context.needs(1);
    return y;
  }
  static std::array<Tensor, 2> backward(Context& context, const Tensor& dy) {
    std::array<Tensor, 2> g;
    *context.asked = context.needs(0) + 2 * context.needs(1);
    if (context.needs(0)) g[0] = dy * context.saved(0) * context.rate;
    if (context.needs(1)) g[1] = dy * context.saved(0) / context.saved(1);
    return g;
  }
};

// The sum of a list, a table and, where given, a bias.
struct Total : Function<Total> {
  static Tensor forward(Context&, const List& parts, const Tensor& ids, const Tensor& bias) {
    Tensor y = one_hot(ids, parts[0].size(-1), parts[0].dtype());
    for (const Tensor& part : parts) y = y + part;
    return bias.defined() ? y + bias : y;
  }
  static List backward(Context& context, const Tensor& dy) {
    List g{dy, dy, Tensor(), Tensor()};
    if (context.needs(3)) g[3] = sum(dy, {0});
    return g;
  }
};

// Saves what is neither input nor output.
struct Between : Function<Between> {
  static Tensor forward(Context& context, const Tensor& x) {
    Tensor e = exp(x);
    context.save(e);
    return e * 2;
  }
  static Tensor backward(Context& context, const Tensor& dy) { return dy * context.saved(0) * 2; }
};

template <bool marked>
struct Raw : Function<Raw<marked>> {
  using Context = FunctionContext;
  static constexpr bool once_differentiable = marked;
  static Tensor forward(Context& context, const Tensor& x) {
    context.save(x);
    return square(x);
  }
  static Tensor backward(Context& context, const Tensor& dy) {
    std::vector<double> g = dy.to_vector<double>(), x = context.saved(0).to_vector<double>();
    for (size_t i = 0; i < g.size(); ++i) g[i] *= 2 * x[i];
    return from_values<double>(g, dy.shape());
  }
};

Tensor cube(const List& in) { return Cube::apply(in[0]); }
Tensor leaf(std::initializer_list<double> values) { return tensor(values, float64).requires_grad_(); }

}  // namespace

TEST_CASE("a Function gives values and gradients, of gradients too") {
  Tensor x = leaf({1, -2, 3});
  Tensor y = Cube::apply(x);
  REQUIRE(equal(y.detach(), tensor({1.0, -8.0, 27.0}, float64)));
  Tensor g = grad(sum(y), {x}, {.create_graph = true})[0];
  REQUIRE(equal(g.detach(), tensor({3.0, 12.0, 27.0}, float64)));
  Tensor gg = grad(sum(g), {x}, {.create_graph = true})[0];
  REQUIRE(equal(gg.detach(), tensor({6.0, -12.0, 18.0}, float64)));
  REQUIRE(equal(grad(sum(gg), {x})[0], full({3}, 6, float64)));
  manual_seed(1);
  for (Shape shape : {Shape{}, Shape{0, 2}, Shape{2, 3}}) {
    REQUIRE(gradcheck(cube, {randn(shape, float64)}).ok == (shape.numel() > 0));
    REQUIRE(gradgradcheck(cube, {randn(shape, float64)}).ok == (shape.numel() > 0));
  }
  std::ostringstream printed;
  printed << Cube::apply(leaf({1}));
  REQUIRE(printed.str().find("grad_fn=<CubeBackward0>") != std::string::npos);
}

TEST_CASE("a Function runs off the tape and keeps nothing where no gradient is wanted") {
  Tensor x = tensor({2.0}, float64);
  REQUIRE_FALSE(Cube::apply(x).requires_grad());
  x.requires_grad_();
  NoGrad off;
  REQUIRE_FALSE(Cube::apply(x).requires_grad());
}

TEST_CASE("a Function takes numbers, its own Context, its output, and only the gradients wanted") {
  int asked = 0;
  auto f = [&](const List& in) { return Growth::apply(in[0], 0.5, in[1], &asked); };
  manual_seed(2);
  List inputs{randn({2, 3}, float64), rand({3}, float64) + 0.5};
  REQUIRE(gradcheck(f, inputs));
  REQUIRE(gradgradcheck(f, inputs));
  Tensor a = leaf({1}), b = tensor({2.0}, float64);
  Tensor y = f({a, b});
  REQUIRE(asked == 1);
  y.backward();
  REQUIRE(asked == 1);
  REQUIRE(a.grad().item<double>() == Approx(std::exp(0.5)));
  f({b, a}).backward();
  REQUIRE(asked == 2);
  y = f({a, leaf({2})});
  REQUIRE(asked == 3);
  grad(y, {a});
  REQUIRE(asked == 1);
}

TEST_CASE("a Function takes lists, whole numbers and undefined tensors among its arguments") {
  Tensor ids = tensor({2, 0});
  for (bool with_bias : {true, false}) {
    auto f = [&](const List& in) {
      return Total::apply(List{in[0], in[1]}, ids, with_bias ? in[2] : Tensor());
    };
    List inputs{randn({2, 3}, float64), randn({2, 3}, float64), randn({3}, float64)};
    REQUIRE(gradcheck(f, inputs));
    REQUIRE(gradgradcheck(f, inputs));
  }
}

TEST_CASE("a Function broadcasts back, and its backward may run again") {
  struct Plus : Function<Plus> {
    static Tensor forward(Context&, const Tensor& a, const Tensor& b) { return a + b; }
    static std::array<Tensor, 2> backward(Context&, const Tensor& dy) { return {dy, dy}; }
  };
  Tensor a = ones({3}, float64).requires_grad_(), y = Plus::apply(a, ones({2, 3}, float64));
  y.backward(ones({2, 3}, float64), {.retain_graph = true});
  y.backward(ones({2, 3}, float64));
  REQUIRE(equal(a.grad(), full({3}, 4, float64)));
  REQUIRE(message_of([&] {
            y.backward(ones({2, 3}, float64));
          }).find("A second backward through \"Plus\"") != std::string::npos);
}

TEST_CASE("what a Function saved and someone changed in place is an error") {
  Tensor x = leaf({1, 2}), z = x * 2, y = Cube::apply(z);
  z.add_(1);
  REQUIRE(message_of([&] { sum(y).backward(); }) ==
          "[Cube] A tensor float64 [2] that Cube keeps for backward was changed in place by add_. "
          "Hint: change a clone(), or use the form without _");
  int asked = 0;
  Tensor out = Growth::apply(x, 1.0, x, &asked);
  {
    NoGrad off;
    out.mul_(2);
  }
  REQUIRE(message_of([&] {
            sum(out).backward();
          }).find("that Growth keeps for backward was changed in place") != std::string::npos);
  struct Sets : Function<Sets> {
    static Tensor forward(Context&, const Tensor& x) { return x.add_(1); }
    static Tensor backward(Context&, const Tensor& dy) { return dy; }
  };
  REQUIRE(message_of([&] { Sets::apply(x); }) ==
          "[Sets] forward changed input 0 in place by add_. Hint: change a clone()");
}

TEST_CASE("a backward off the tape cannot be differentiated again, and says so") {
  Tensor x = leaf({1, 2, 3});
  auto again = [&](const Tensor& y) {
    Tensor g = grad(sum(y), {x}, {.create_graph = true})[0];
    return message_of([&] { grad(sum(g * x), {x}); });
  };
  REQUIRE(again(Cube::apply(x)) == "nothing was thrown");
  REQUIRE(again(Raw<true>::apply(x)) ==
          "[Raw] The gradient of Raw cannot be differentiated again: it is marked once_differentiable");
  REQUIRE(
      again(Raw<false>::apply(x)) ==
      "[Raw] The gradient of Raw cannot be differentiated again: backward made the gradient of input 0 off "
      "the tape, as from data<T>(). Hint: write it with ops on dy and saved(i); Tensor() is a gradient of "
      "zeros");
  REQUIRE(
      again(Between::apply(x)) ==
      "[Between] The gradient of Between cannot be differentiated again: saved(0) is neither an input nor "
      "the output, and forward ran off the tape. Hint: save the inputs and compute it from them in "
      "backward; a constant goes into a field of your own Context");
  auto fails = [&](Tensor (*f)(const Tensor&)) {
    REQUIRE(gradcheck(f, x.detach()));
    REQUIRE(message_of([&] {
              gradgradcheck([&](const List& in) { return f(in[0]); }, {x});
            }).find("cannot be differentiated again") != std::string::npos);
  };
  fails([](const Tensor& x) { return Raw<true>::apply(x); });
  fails([](const Tensor& x) { return Raw<false>::apply(x); });
  fails([](const Tensor& x) { return Between::apply(x); });
  fails([](const Tensor& x) { return Cube::apply(Raw<false>::apply(x)); });
}

TEST_CASE("the first gradient of a Function off the tape is right while gradients are recorded") {
  Tensor x = leaf({1, 2, 3});
  for (const Tensor& y : {Raw<true>::apply(x), Raw<false>::apply(x)})
    REQUIRE(equal(grad(sum(y), {x}, {.create_graph = true})[0].detach(), tensor({2.0, 4.0, 6.0}, float64)));
}

TEST_CASE("a linear Function has constant gradients, which is no error") {
  struct Twice : Function<Twice> {
    static Tensor forward(Context&, const Tensor& x) { return x * 2; }
    static Tensor backward(Context&, const Tensor& dy) { return dy * 2; }
  };
  Tensor x = leaf({1, 2});
  Tensor g = grad(sum(Twice::apply(x)), {x}, {.create_graph = true})[0];
  REQUIRE(equal(grad(sum(g * x), {x})[0], full({2}, 2, float64)));
}

TEST_CASE("a Function that saved its output is freed with its graph") {
  struct Held : Function<Held> {
    struct Context : FunctionContext {
      std::shared_ptr<int> token;
    };
    static Tensor forward(Context& context, const Tensor& x, const std::shared_ptr<int>& token) {
      Tensor y = exp(x);
      context.save(y);
      context.token = token;
      return y;
    }
    static Tensor backward(Context& context, const Tensor& dy) { return dy * context.saved(0); }
  };
  auto token = std::make_shared<int>(1);
  {
    Tensor x = leaf({1, 2}), y = Held::apply(x, token);
    Tensor g = grad(sum(y), {x}, {.create_graph = true})[0];
    REQUIRE(token.use_count() == 2);
  }
  REQUIRE(token.use_count() == 1);
}

TEST_CASE("a Function used wrongly says how") {
  struct TooFew : Function<TooFew> {
    static Tensor forward(Context&, const Tensor& a, const Tensor& b) { return a + b; }
    static Tensor backward(Context&, const Tensor& dy) { return dy; }
  };
  struct Index : Function<Index> {
    static Tensor forward(Context& context, const Tensor& a, int64_t wrong) {
      if (wrong == 1) context.needs(1);
      if (wrong == 2) context.saved(0);
      return wrong == 3 ? Tensor() : a * 1;
    }
    static Tensor backward(Context& context, const Tensor&) { return context.saved(0); }
  };
  Tensor x = leaf({1});
  REQUIRE(
      message_of([&] { TooFew::apply(x, x).backward(); }) ==
      "[TooFew] backward returned 1 gradients for 2 tensors. Hint: one for each, in their order; Tensor() "
      "where there is none");
  REQUIRE(message_of([&] { Index::apply(x, int64_t{0}).backward(); }) ==
          "[saved] saved(0) was read, forward saved 0 tensors");
  REQUIRE(message_of([&] { Index::apply(x, int64_t{1}); }) ==
          "[needs] needs(1) was asked of an op of 1 tensors");
  REQUIRE(message_of([&] { Index::apply(x, int64_t{2}); }) ==
          "[saved] saved(0) was read outside backward. Hint: forward has the tensor itself");
  REQUIRE(message_of([&] { Index::apply(x, int64_t{3}); }) == "[Index] forward returned an undefined Tensor");
  struct WrongType : Function<WrongType> {
    static Tensor forward(Context&, const Tensor& a) { return a * 1; }
    static Tensor backward(Context&, const Tensor& dy) { return dy.to(float32); }
  };
  REQUIRE(message_of([&] { WrongType::apply(x).backward(); }) ==
          "[WrongType] The gradient of input 0 is float32, the input float64");
}
