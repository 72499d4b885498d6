// A layer writes forward(); what operator() makes of it, whatever it takes and returns.
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <tuple>

#include "catch.h"
#include "lexigrad/autograd/tape/node.h"
#include "lexigrad/nn/nn.h"
#include "nn/support.h"

using namespace lexigrad;
using Catch::Matchers::Contains;

namespace {

std::string path_of(const Tensor& y) { return detail::scope_path(detail::node_of(y)->scope); }

class Gate : public nn::Module {
 public:
  explicit Gate(int64_t dim) : value_(dim, dim), gate_(dim, dim) {}
  Tensor forward(const Tensor& x) const { return value_(x) * sigmoid(gate_(x)); }

 private:
  nn::Linear value_, gate_;
  LEXIGRAD_MODULE(Gate, value_, gate_)
};

struct Halves {
  Tensor low, high;
  template <class F>
  void each_tensor(const F& f) {
    f(low), f(high);
  }
};

// Has a forward for everything that a call may look like.
class Many : public nn::Module {
 public:
  Tensor forward() const { return weight_ * 1.0; }
  Tensor forward(const Tensor& x, double factor = 2, const Tensor& mask = {}) const {
    Tensor y = x * weight_ * factor;
    return mask.defined() ? y * mask : y;
  }
  Tensor forward(int64_t which) const { return forward(tensor({static_cast<double>(which)})); }
  Tensor forward(const std::string& word) const { return weight_ * static_cast<double>(word.size()); }
  Tensor forward(std::unique_ptr<Tensor> x, int& calls) const {
    ++calls;
    return *x * weight_;
  }
  const nn::ParameterRef& weight() const { return weight_; }

 private:
  nn::Parameter weight_{tensor({3.0})};
  LEXIGRAD_MODULE(Many, weight_)
};

// Returns x and 2 x in the form that Make makes of them.
template <auto Make>
class Two final : public nn::Module {
 public:
  auto forward(const Tensor& x) const { return Make(x * weight_, x * weight_ * 2.0); }

 private:
  nn::Parameter weight_{tensor({1.0})};
  LEXIGRAD_MODULE(Two, weight_)
};
using Pair = Two<[](Tensor a, Tensor b) { return std::pair(a, b); }>;
using Tuple = Two<[](Tensor a, Tensor b) { return std::tuple(a, 7, b); }>;
using Vector = Two<[](Tensor a, Tensor b) { return std::vector<Tensor>{a, b}; }>;
using Array = Two<[](Tensor a, Tensor b) { return std::array<Tensor, 2>{a, b}; }>;
using Struct = Two<[](Tensor a, Tensor b) { return Halves{a, b}; }>;
using Nested = Two<[](Tensor a, Tensor b) {
  return std::pair(a, std::vector<std::pair<Tensor, int>>{{b, 1}});
}>;
using Number = Two<[](Tensor a, Tensor b) { return (a + b).item<double>(); }>;

Tensor first(const std::pair<Tensor, Tensor>& y) { return y.first; }
Tensor first(const std::tuple<Tensor, int, Tensor>& y) { return std::get<0>(y); }
Tensor first(const std::vector<Tensor>& y) { return y[0]; }
Tensor first(const std::array<Tensor, 2>& y) { return y[0]; }
Tensor first(const Halves& y) { return y.low; }
Tensor first(const std::pair<Tensor, std::vector<std::pair<Tensor, int>>>& y) { return y.first; }

struct Seen {
  std::vector<Tensor> inputs, outputs;
  explicit Seen(nn::Module& module) {
    module.register_forward_pre_hook([this](const nn::Module&, const Tensor& input) {
      inputs.push_back(input);
      return Tensor();
    });
    module.register_forward_hook([this](const nn::Module&, const Tensor&, const Tensor& output) {
      outputs.push_back(output);
      return Tensor();
    });
  }
};

double value(const Tensor& x) { return x.item<double>(); }

// A base class over virtual forward, as nn::Layer is, with two arguments.
class Mixer : public nn::Module {
 public:
  virtual Tensor forward(const Tensor& a, const Tensor& b) const = 0;
  LEXIGRAD_FORWARD(Mixer)
};
class Add final : public Mixer {
 public:
  Tensor forward(const Tensor& a, const Tensor& b) const override { return a + b; }

 private:
  LEXIGRAD_MODULE(Add)
};

class WithoutOwnLine : public Gate {
 public:
  WithoutOwnLine() : Gate(2) {}
  Tensor forward(const Tensor& x) const { return x; }
};

}  // namespace

TEST_CASE("README's Gate has a path and hooks", "[forward]") {
  Gate gate(2);
  Tensor x = ones({1, 2}), plain = gate(x);
  CHECK(path_of(plain) == "Gate");
  Hook doubled =
      gate.register_forward_hook([](const nn::Module& module, const Tensor& input, const Tensor& output) {
        CHECK(module.type_name() == "Gate");
        CHECK(input.shape() == Shape{1, 2});
        return output * 2.0;
      });
  CHECK(allclose(gate(x), plain * 2.0));
  doubled.remove();
  gate.register_forward_pre_hook([](const nn::Module&, const Tensor& input) { return input * 0.0; });
  CHECK(equal(gate(x), gate(x * 5.0)));
  CHECK_FALSE(equal(gate(x), plain));
}

TEST_CASE("operator() takes what forward takes", "[forward]") {
  Many many;
  Tensor x = tensor({2.0});
  const Tensor fixed = x;
  int calls = 0;
  CHECK(value(many()) == 3);
  CHECK(value(many(x)) == 12);
  CHECK(value(many(fixed)) == 12);
  CHECK(value(many(x, 5)) == 30);
  CHECK(value(many(x, 5, tensor({0.5}))) == 15);
  CHECK(value(many(7)) == 42);
  CHECK(value(many("four")) == 12);
  CHECK(value(many(std::make_unique<Tensor>(x), calls)) == 6);
  CHECK(value(many(many.weight())) == 18);  // a parameter is a tensor
  CHECK(calls == 1);
  CHECK(path_of(many(7)) == "Many");
  static_assert(std::is_invocable_v<const Many&, Tensor> &&
                !std::is_invocable_v<const Many&, Tensor, Tensor>);
  static_assert(!std::is_invocable_v<nn::NoPositions&, Tensor>);
}

TEST_CASE("hooks run for every kind of argument, and say where there is no tensor to replace", "[forward]") {
  Many many;
  Seen seen(many);
  int calls = 0;
  many(), many(tensor({2.0}), 5), many(7), many("four");
  CHECK(value(many(std::make_unique<Tensor>(tensor({2.0})), calls)) == 6);
  REQUIRE(seen.inputs.size() == 5);
  CHECK_FALSE(seen.inputs[0].defined());
  CHECK(value(seen.inputs[1]) == 2);
  CHECK(
      (seen.inputs[2].dtype() == int64 && seen.inputs[2].shape() == Shape{1} && value(seen.inputs[2]) == 7));
  CHECK_FALSE(seen.inputs[3].defined());
  CHECK_FALSE(seen.inputs[4].defined());
  REQUIRE(seen.outputs.size() == 5);
  CHECK(value(seen.outputs[1]) == 30);
  many.register_forward_pre_hook([](const nn::Module&, const Tensor&) { return tensor({10.0}); });
  CHECK(value(many(tensor({2.0}), 5)) == 150);  // the other arguments stay
  CHECK(value(many(7)) == 60);                  // forward(const Tensor&) takes over
  const char* refused =
      "[Many] A hook returned another input, and the module's input is no tensor. Hint: return Tensor(), which "
      "keeps it";
  CHECK(message([&] { many("four"); }) == refused);
  CHECK(message([&] { many(); }) == refused);
}

TEMPLATE_TEST_CASE("hooks see each tensor that a layer returns, and may replace it", "[forward]", Pair, Tuple,
                   Vector, Array, Struct, Nested) {
  TestType two;
  Tensor x = tensor({3.0});
  CHECK(path_of(first(two(x))) == "Two");
  Seen seen(two);
  two.register_forward_hook(
      [](const nn::Module&, const Tensor& input, const Tensor& output) { return output + input; });
  CHECK(value(first(two(x))) == 6);
  REQUIRE(seen.outputs.size() == 2);
  CHECK(value(seen.outputs[0]) == 3);
  CHECK(value(seen.outputs[1]) == 6);
}

TEST_CASE("hooks run once for a layer that returns no tensor", "[forward]") {
  Number number;
  Seen seen(number);
  CHECK(number(tensor({3.0})) == 9);
  REQUIRE(seen.outputs.size() == 1);
  CHECK_FALSE(seen.outputs[0].defined());
  number.register_forward_hook([](const nn::Module&, const Tensor& x, const Tensor&) { return x; });
  CHECK_THAT(message([&] { number(tensor({3.0})); }), Contains("[Two] A hook returned another output"));
}

TEST_CASE("a loss is a module's output like others", "[forward]") {
  nn::AdaptiveSoftmax loss(4, 6, {2, 4}, {.div_value = 2});
  Seen seen(loss);
  nn::Loss got = loss(ones({3, 4}), tensor({0, 3, 5}));
  CHECK(got.count == 3);
  CHECK(path_of(got.sum) == "AdaptiveSoftmax");
  REQUIRE(seen.outputs.size() == 1);
  CHECK(equal(seen.outputs[0], got.sum));
}

TEST_CASE("a module is called through its base class", "[forward]") {
  std::unique_ptr<nn::Layer> layer = std::make_unique<nn::LayerNorm>(2);
  Seen of_layer(*layer);
  CHECK(path_of((*layer)(tensor({1.0, 3.0}))) == "LayerNorm");
  CHECK(of_layer.outputs.size() == 1);
  Add add;
  const Mixer& mixer = add;
  Seen of_add(add);
  CHECK(value(mixer(tensor({1.0}), tensor({2.0}))) == 3);
  CHECK(of_add.outputs.size() == 1);
}

TEST_CASE("a class derived from a layer without a line of its own is found at the first call", "[forward]") {
  WithoutOwnLine module;
  CHECK_THAT(message([&] {
               module(ones({1, 2}));
             }),
             Contains("WithoutOwnLine is derived from Gate and has no LEXIGRAD_MODULE of its own"));
  CHECK(nn::module_path().empty());
}

TEST_CASE("position methods have paths and hooks where they act", "[forward]") {
  for (const nn::PositionMethod& method : nn::position_methods()) {
    if (method.name == "none") continue;
    INFO(method.name);
    auto positions = method.make({.max_length = 4, .dim = 8, .heads = 2});
    Seen seen(*positions);
    Tensor q = ones({1, 4, 2, 4}), x = ones({1, 4, 8});
    Tensor turned = positions->turn(q);
    positions->attend(turned, turned, q, {.causal = true});
    positions->embed(x);
    REQUIRE(seen.outputs.size() == 1);
    CHECK(seen.inputs[0].shape() == (positions->in_attention() ? Shape{1, 4, 2, 4} : Shape{1, 4, 8}));
  }
}
