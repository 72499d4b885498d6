#include "lexigrad/nn/module.h"

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "catch.h"
#include "lexigrad/nn/nn.h"
#include "nn/support.h"

using namespace lexigrad;

namespace {

class Gate : public nn::Module {
 public:
  explicit Gate(int64_t dim) : value_(dim, dim), gate_(dim, dim) {}
  Tensor forward(const Tensor& x) const { return value_(x) * sigmoid(gate_(x)); }

 private:
  nn::Linear value_, gate_;
  LEXIGRAD_MODULE(Gate, value_, gate_)
};

class Scale : public nn::Module {
 public:
  nn::Parameter scale_{ones({3})}, unused_;
  LEXIGRAD_MODULE(Scale, scale_, unused_)
};

class Everything : public nn::Module {
 public:
  std::vector<nn::Linear> layers_;
  std::unique_ptr<nn::Embedding> table_ = std::make_unique<nn::Embedding>(3, 2);
  std::optional<Gate> gate_, absent_;
  std::array<nn::Parameter, 2> pair_{nn::Parameter(ones({1})), nn::Parameter(ones({2}))};
  Scale scale_;
  Everything() {
    for (int i = 0; i < 2; ++i) layers_.emplace_back(2, 2);
    gate_.emplace(2);
  }
  LEXIGRAD_MODULE(Everything, layers_, table_, gate_, absent_, pair_, scale_)
};

class ForgetsChild : public nn::Module {
 public:
  nn::Linear listed_{2, 2}, forgotten_{2, 3};
  LEXIGRAD_MODULE(ForgetsChild, listed_)
};
class ForgetsParameter : public nn::Module {
 public:
  nn::Parameter forgotten_{ones({4, 2})};
  LEXIGRAD_MODULE(ForgetsParameter)
};
class ForgetsOptional : public nn::Module {
 public:
  std::optional<nn::Tanh> forgotten_;
  LEXIGRAD_MODULE(ForgetsOptional)
};
class Holds : public nn::Module {
 public:
  ForgetsChild inner_;
  LEXIGRAD_MODULE(Holds, inner_)
};
class Derived : public Scale {
 public:
  nn::Parameter more_{ones({1})};
};
class DerivedWell : public Scale {
 public:
  nn::Parameter more_{ones({1})};
  LEXIGRAD_MODULE(DerivedWell, scale_, unused_, more_)
};
class Twice : public nn::Module {
 public:
  nn::Parameter a_{ones({1})}, a{ones({1})};
  LEXIGRAD_MODULE(Twice, a_, a)
};
class Both : public nn::Module {
 public:
  nn::Linear head_;
  nn::Embedding token_;
  Both(nn::Linear head, nn::Embedding token) : head_(std::move(head)), token_(std::move(token)) {}
  LEXIGRAD_MODULE(Both, head_, token_)
};
class Stack : public nn::Module {
 public:
  std::vector<nn::Linear> layers_;
  LEXIGRAD_MODULE(Stack, layers_)
};
struct NoList : nn::Module {};

static_assert(std::is_abstract_v<NoList>, "a module without LEXIGRAD_MODULE must not compile");
static_assert(!std::is_copy_constructible_v<Gate> && !std::is_copy_assignable_v<Gate>);
static_assert(std::is_nothrow_move_constructible_v<Gate> && std::is_nothrow_move_assignable_v<Gate>);
static_assert(!std::is_copy_constructible_v<nn::Parameter> && !std::is_copy_constructible_v<nn::Embedding>);

std::vector<std::string> names(const nn::Module& module) {
  std::vector<std::string> out;
  for (const auto& p : module.parameters()) out.push_back(p.name);
  return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("parameters have paths, in the order of the list") {
  CHECK(names(Gate(2)) == Names{"value.weight", "value.bias", "gate.weight", "gate.bias"});
  CHECK(names(Scale()) == Names{"scale"});  // undefined parameters are left out
  CHECK(names(Everything()) == Names{"layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
                                     "table.weight", "gate.value.weight", "gate.value.bias",
                                     "gate.gate.weight", "gate.gate.bias", "pair.0", "pair.1",
                                     "scale.scale"});
  CHECK(names(nn::Sequential(nn::Linear(2, 3, {.bias = false}), nn::Tanh(), Gate(3)))[1] == "2.value.weight");
  Scale scale;
  CHECK(scale.named_parameters()[0].first == "scale");
  CHECK(scale.named_parameters()[0].second.id() == scale.scale_.id());
  CHECK(names(DerivedWell()) == Names{"scale", "more"});
  CHECK(Gate(2).num_parameters() == 2 * (2 * 2 + 2));
  CHECK(nn::Embedding(50257, 768).num_parameters() == 38597376);
}

TEST_CASE("a member that is not listed is found") {
  ForgetsChild module;
  std::string text = message([&] { module.parameters(); });
  auto at = reinterpret_cast<char*>(&module.forgotten_) - reinterpret_cast<char*>(&module);
  CHECK(text ==
        "[ForgetsChild] A member of ForgetsChild is not listed and would never train: Linear at byte " +
            std::to_string(at) + ". Hint: add it to LEXIGRAD_MODULE(ForgetsChild, ...)");
  CHECK(message([] { ForgetsParameter().parameters(); }).find("train: Parameter [4, 2] at byte ") !=
        std::string::npos);
  CHECK(message([] { Holds().zero_grad(); }).find("[ForgetsChild]") == 0);
  CHECK(message([] { Holds().train(); }).find("[ForgetsChild]") == 0);
  ForgetsOptional later;
  CHECK(later.parameters().empty());
  later.forgotten_.emplace();
  CHECK(message([&] { later.parameters(); }).find("train: Tanh at byte ") != std::string::npos);
  later.forgotten_.reset();
  CHECK(later.parameters().empty());
  CHECK(message([] {
          Derived().parameters();
        }).find("Derived is derived from Scale and has no LEXIGRAD_MODULE") != std::string::npos);
  CHECK(message([] { Twice().parameters(); }).find("lists two members of one name") != std::string::npos);
}

TEST_CASE("a moved module keeps its parameters, the old one has none") {
  Gate first(2);
  Tensor weight = first.parameters()[0];
  Gate second = std::move(first);
  CHECK(second.parameters().size() == 4);
  CHECK(second.parameters()[0].id() == weight.id());
  CHECK(first.parameters().empty());
  first = std::move(second);
  CHECK(first.parameters()[0].id() == weight.id());
  CHECK(second.parameters().empty());
  std::vector<ForgetsChild> grown;  // addresses follow through a vector's growth
  for (int i = 0; i < 3; ++i) grown.emplace_back();
  for (const auto& module : grown) CHECK_THROWS(module.parameters());
  Everything all;
  Everything moved = std::move(all);
  CHECK(moved.parameters().size() == 12);
}

TEST_CASE("modules come and go on several threads") {
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        Scale a, b = std::move(a);
        good += b.parameters().size() == 1 && a.parameters().empty();
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(good == 200);
}

TEST_CASE("modes, freezing and gradients reach every child") {
  Everything all;
  CHECK(all.is_training());
  all.eval();
  CHECK_FALSE(all.is_training());
  CHECK_FALSE(all.layers_[1].is_training());
  CHECK_FALSE(all.table_->is_training());
  CHECK_FALSE(all.gate_->is_training());
  all.train();
  CHECK(all.gate_->is_training());
  for (const auto& p : all.parameters()) sum(p).backward();
  for (const auto& p : all.parameters()) CHECK(p.has_grad());
  all.zero_grad();
  for (const auto& p : all.parameters()) CHECK_FALSE(p.has_grad());
  all.requires_grad_(false);
  for (const auto& p : all.parameters()) CHECK_FALSE(p.requires_grad());
}

TEST_CASE("to converts in place and keeps what is frozen and what is tied") {
  nn::Embedding table(3, 2);
  nn::Sequential tied;
  {
    nn::Linear a(2, 3), b(2, 3);
    a.requires_grad_(false);
    b.tie_weight(table.weight());
    nn::Linear c(2, 3);
    c.tie_weight(b.weight());
    tied.append(std::move(a));
    tied.append(std::move(b));
    tied.append(std::move(c));
  }
  CHECK(names(tied) == Names{"0.weight", "0.bias", "1.weight", "1.bias", "2.bias"});
  tied.to(float64);
  CHECK(names(tied) == Names{"0.weight", "0.bias", "1.weight", "1.bias", "2.bias"});
  for (const auto& p : tied.parameters()) CHECK(p.dtype() == float64);
  CHECK_FALSE(tied.parameters()[0].requires_grad());
  CHECK(tied.parameters()[2].requires_grad());
  CHECK(equal(tied.parameters()[2].detach(), table.weight().detach().to(float64)));
  tied.to(float32);
  CHECK(equal(tied.parameters()[2].detach(), table.weight().detach()));
  CHECK(message([&] { tied.to(int64); }) == "[to] Parameters are float32, float64 or bfloat16, not int64");
  CHECK(message([&] { nn::Linear(3, 2).tie_weight(table.weight()); }) ==
        "[tie_weight] The table is [3, 2], the weight [2, 3]");
}

TEST_CASE("a tied weight gathers one gradient and keeps its padding row") {
  nn::Embedding token(4, 2, {.padding_idx = 1});
  nn::Linear head(2, 4, {.bias = false});
  head.tie_weight(token.weight());
  Both both(std::move(head), std::move(token));
  REQUIRE(both.parameters().size() == 1);
  CHECK(both.parameters()[0].constant_row() == 1);
  Tensor y = sum(both.head_(both.token_(tensor({2}))));
  y.backward();
  // d/dw of sum_k w_2 . w_k: w_2 for every row, and the sum of all rows more for row 2.
  Tensor w = both.token_.weight().detach(), expected = zeros({4, 2});
  for (int64_t r = 0; r < 4; ++r) expected[r].copy_(w[2] + (r == 2 ? sum(w, {0}) : zeros({2})));
  CHECK(allclose(both.parameters()[0].grad(), expected));
}

TEST_CASE("state goes from one module into another") {
  Gate from(3), to(3);
  nn::NamedTensors state = from.state();
  CHECK_FALSE(state[0].second.requires_grad());
  to.load_state(state);
  for (size_t i = 0; i < 4; ++i) {
    CHECK(equal(to.parameters()[i].detach(), from.parameters()[i].detach()));
    CHECK_FALSE(to.parameters()[i].shares_storage(from.parameters()[i]));
    CHECK(to.parameters()[i].requires_grad());
  }
  CHECK(state[0].second.shares_storage(from.parameters()[0]));
  Gate other(3);
  Tensor before = other.parameters()[0].clone();
  state[1].second = ones({4});
  state[2].first = "gate.wait";
  CHECK(message([&] { other.load_state(state); }) ==
        "[load_state] The state does not fit Gate: value.bias is [4], the module's [3]; gate.weight is "
        "missing; "
        "gate.wait is unexpected. Hint: build the module with the options with which it was saved");
  CHECK(equal(other.parameters()[0].detach(), before.detach()));
}

TEST_CASE("modules and parameters print as in PyTorch") {
  CHECK(to_string(nn::Embedding(6, 3)) == "Embedding(6, 3)");
  CHECK(to_string(nn::Embedding(6, 3, {.padding_idx = 0})) == "Embedding(6, 3, padding_idx=0)");
  CHECK(to_string(nn::Linear(4, 5)) == "Linear(in_features=4, out_features=5, bias=True)");
  CHECK(to_string(nn::Linear(4, 5, {.bias = false})) == "Linear(in_features=4, out_features=5, bias=False)");
  CHECK(to_string(nn::Sequential(nn::Linear(4, 5), nn::Tanh(), nn::ReLU(), nn::GELU(),
                                 nn::GELU(GeluForm::tanh), nn::Sigmoid())) ==
        "Sequential(\n  (0): Linear(in_features=4, out_features=5, bias=True)\n  (1): Tanh()\n  (2): ReLU()\n"
        "  (3): GELU(approximate='none')\n  (4): GELU(approximate='tanh')\n  (5): Sigmoid()\n)");
  CHECK(to_string(nn::Sequential()) == "Sequential()");
  CHECK(to_string(Scale()) == "Scale()");
  CHECK(to_string(nn::Sequential(Gate(4), nn::Tanh())) ==
        "Sequential(\n  (0): Gate(\n    (value): Linear(in_features=4, out_features=4, bias=True)\n"
        "    (gate): Linear(in_features=4, out_features=4, bias=True)\n  )\n  (1): Tanh()\n)");
  Stack stack;
  CHECK(to_string(stack) == "Stack(\n  (layers): ModuleList()\n)");
  for (int64_t out : {2, 2, 3}) stack.layers_.emplace_back(2, out);
  CHECK(to_string(stack) ==
        "Stack(\n  (layers): ModuleList(\n    (0-1): 2 x Linear(in_features=2, out_features=2, bias=True)\n"
        "    (2): Linear(in_features=2, out_features=3, bias=True)\n  )\n)");
  std::ostringstream out;
  nn::Parameter parameter(tensor({{1.0, 2.0}, {3.0, 4.5}}));
  out << parameter << "\n" << nn::Parameter(ones({2}, float64), false);
  CHECK(out.str() ==
        "Parameter containing:\ntensor([[1.0000, 2.0000],\n        [3.0000, 4.5000]], requires_grad=True)\n"
        "Parameter containing:\ntensor([1., 1.], dtype=float64)");
}

TEST_CASE("a list of parameters prints a name and a shape a line") {
  std::ostringstream out;
  out << Gate(4).parameters() << nn::as_parameters({ones({}), Tensor()});
  CHECK(out.str() ==
        "value.weight [4, 4]\nvalue.bias [4]\ngate.weight [4, 4]\ngate.bias [4]\n(no name) []\n"
        "(no name) undefined\n");
}

TEST_CASE("a parameter is a leaf of its own over the same values") {
  Tensor values = ones({2}), x = ones({2}).requires_grad_();
  nn::Parameter p(values), q(x * 2.0);
  CHECK(p.shares_storage(values));
  CHECK_FALSE(values.requires_grad());
  CHECK(p.requires_grad());
  CHECK(q.is_leaf());
  CHECK(message([] { nn::Parameter(arange(3)); }) ==
        "[Parameter] Needs float32, float64 or bfloat16, got int64. Hint: values.to(float32) converts");
  CHECK(nn::Parameter(ones({2, 3}).t()).is_contiguous());
  nn::ParameterRef handle = p;  // copies are handles
  CHECK(handle.id() == p.id());
}

TEST_CASE("children, in the list's order, and apply, children before parents") {
  nn::Sequential model(nn::Linear(2, 3), nn::Sequential(nn::Linear(3, 3), nn::Tanh()));
  std::vector<std::string> seen;
  for (const nn::Module* child : model.children()) seen.push_back(child->type_name());
  CHECK(seen == std::vector<std::string>{"Linear", "Sequential"});
  seen.clear();
  model.apply([&](nn::Module& m) {
    seen.push_back(m.type_name());
    if (auto* linear = dynamic_cast<nn::Linear*>(&m)) nn::init::zeros_(linear->bias());
  });
  CHECK(seen == std::vector<std::string>{"Linear", "Linear", "Tanh", "Sequential", "Sequential"});
  CHECK(equal(model.state()[1].second, zeros({3})));
  CHECK(equal(model.state()[3].second, zeros({3})));
  CHECK(model.state()[0].second.to_vector<double>()[0] != 0);
}

namespace {

struct Tied : nn::Module {
  explicit Tied(bool tie = false) {
    if (tie) head.tie_weight(token.weight());
  }
  nn::Embedding token{5, 4, {.padding_idx = 1, .count_rows = true}};
  nn::Linear head{4, 5};
  nn::Dropout drop{0.5};
  Tensor forward(const Tensor& ids) const { return head(drop(token(ids))); }
  LEXIGRAD_MODULE(Tied, token, head, drop)
};

}  // namespace

TEST_CASE("a clone has all of a module and shares nothing with it") {
  manual_seed(3);
  Tied model(true);
  model.to(float64);
  model.head.eval();
  model.drop.eval();
  model.head.bias().requires_grad_(false);
  model.token.freeze_rows(std::vector<int64_t>{2});
  Tensor ids = tensor({0, 2, 4}), expected = model(ids).detach();
  Generator before = default_generator();
  Tied copy = model.clone([] { return Tied(); });
  CHECK(before.get_state() == default_generator().get_state());
  CHECK(equal(copy(ids).detach(), expected));
  CHECK(copy.parameters().size() == 2);  // tied, too
  CHECK(copy.token.weight().id() == copy.head.weight().id());
  CHECK_FALSE(copy.token.weight().shares_storage(model.token.weight()));
  CHECK_FALSE(copy.head.bias().requires_grad());
  CHECK(copy.token.weight().requires_grad());
  CHECK(copy.is_training());
  CHECK_FALSE(copy.drop.is_training());
  CHECK(copy.token.weight().rules->rate(2) == 0);
  CHECK(copy.token.padding_idx() == 1);
  CHECK(copy.token.row_counts().to_vector<int64_t>() == std::vector<int64_t>{2, 0, 2, 0, 2});
  copy.token.freeze_rows(std::vector<int64_t>{3});
  copy.token.weight().fill_(0);
  CHECK(model.token.weight().rules->rate(3) == 1);
  CHECK(equal(model(ids).detach(), expected));
  nn::Linear other(2, 3);
  CHECK(message([&] {
          other.clone([] { return nn::Linear(2, 4); });
        }).find("[load_state] The state does not fit Linear") == 0);
}
