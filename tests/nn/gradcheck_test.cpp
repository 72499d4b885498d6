#include "lexigrad/nn/gradcheck.h"

#include <sstream>

#include "catch.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/nn.h"

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

// A layer whose rule forgets the factor 2 for the parameter.
class Wrong : public nn::Module {
 public:
  Tensor forward(const Tensor& x) const {
    Tensor y = x.detach() * scale_.detach() * 2.0;
    return record("wrong", y, {x, scale_}, [x, s = scale_.detach()](const Tensor& dy, Grads& dx) {
      dx[0] += dy * s * 2.0;
      dx[1] += dy * x;
    });
  }

 private:
  nn::Parameter scale_{ones({3})};
  LEXIGRAD_MODULE(Wrong, scale_)
};

// Looks up with a padding row, but leaves its gradient in.
class Leaky : public nn::Module {
 public:
  Tensor forward(const Tensor& ids) const { return embedding(table_.weight(), ids); }

 private:
  nn::Embedding table_{3, 2, {.padding_idx = 1}};
  LEXIGRAD_MODULE(Leaky, table_)
};

class Tied : public nn::Module {
 public:
  Tied() { head_.tie_weight(token_.weight()); }
  Tensor forward(const Tensor& ids) const { return head_(token_(ids)); }

 private:
  nn::Embedding token_{4, 3};
  nn::Linear head_{3, 4, {.bias = false}};
  LEXIGRAD_MODULE(Tied, token_, head_)
};

// A layer whose first gradient is right; the rule is a constant to the second.
class Frozen : public nn::Module {
 public:
  Tensor forward(const Tensor& x) const {
    return record("frozen", (scale_ * square(x)).detach(), {x, scale_},
                  [x = x.detach(), s = scale_.detach()](const Tensor& dy, Grads& dx) {
                    dx[0] += dy * s * x * 2.0;
                    dx[1] += dy * square(x);
                  });
  }

 private:
  nn::Parameter scale_{ones({3})};
  LEXIGRAD_MODULE(Frozen, scale_)
};

std::string print(const GradcheckResult& result) {
  std::ostringstream out;
  out << result;
  return out.str();
}

}  // namespace

TEST_CASE("gradcheck goes through a module's parameters and its input") {
  manual_seed(1);
  GradcheckResult result = gradcheck(Gate(4), randn({2, 4}, float64));
  INFO(result);
  CHECK(result.ok);
  CHECK(result.checked == 2 * (16 + 4) + 8);
  CHECK(print(result).find("Gate: ok, 48 entries, worst ") == 0);
  CHECK(gradcheck(nn::Sequential(nn::Linear(3, 4), nn::Tanh(), nn::GELU(), Gate(4)), randn({2, 3})).ok);
  nn::NextTokenModel model({.vocabulary = 7, .dim = 4, .max_length = 5, .encoder = "mean"});
  result = gradcheck(model, tensor({{1, 6, 1}, {0, 2, 3}}));
  CHECK(result.ok);
  CHECK(result.checked == 7 * 4 + 5 * 4 + 4 * 7 + 7);  // ids have no gradient
}

TEST_CASE("gradcheck leaves the module as it was") {
  Gate gate(2);
  gate.requires_grad_(false);
  auto before = gate.parameters();
  CHECK(gradcheck(gate, randn({2, 2})).ok);
  CHECK_THROWS(gradcheck(gate, randn({2, 3})));
  for (size_t i = 0; i < before.size(); ++i) {
    CHECK(gate.parameters()[i].id() == before[i].id());
    CHECK(before[i].dtype() == float32);
    CHECK_FALSE(before[i].requires_grad());
  }
}

TEST_CASE("a wrong rule is named by the parameter's path") {
  manual_seed(2);
  nn::Sequential model(nn::Linear(3, 3), Wrong());
  GradcheckResult result = gradcheck(model, randn({2, 3}));
  CHECK_FALSE(result.ok);
  CHECK(print(result).find("Sequential: 1.scale, index [") == 0);
  CHECK(result.wrong.front().op == "Sequential");
}

TEST_CASE("gradcheck leaves a padding row out, says so, and wants its gradient to be zero") {
  nn::Embedding table(3, 2, {.padding_idx = 1});
  GradcheckResult result = gradcheck(table, tensor({0, 1, 2, 1}));
  CHECK(result.ok);
  CHECK(result.checked == 4);
  CHECK(print(result).find(", left out 2 of 6: row 1 of weight") != std::string::npos);
  result = gradcheck(Leaky(), tensor({0, 1, 2}));
  CHECK_FALSE(result.ok);
  CHECK(result.worst.input == "table.weight");
  CHECK(result.worst.index == Shape{1, 0});
}

TEST_CASE("gradcheck keeps tied weights tied") {
  GradcheckResult result = gradcheck(Tied(), tensor({0, 2, 2}));
  INFO(result);
  CHECK(result.ok);
  CHECK(result.checked == 12);
}

TEST_CASE("gradgradcheck goes through a module's parameters, its input and the cotangent") {
  manual_seed(3);
  GradcheckResult result = gradgradcheck(Gate(3), randn({2, 3}));
  INFO(result);
  CHECK(result.ok);
  CHECK(result.checked == 2 * (9 + 3) + 6 + 6);
  CHECK(print(result).find("gradient of Gate: ok") == 0);
  nn::NextTokenModel model({.vocabulary = 5, .dim = 3, .max_length = 4, .encoder = "mean"});
  result = gradgradcheck(model, tensor({{1, 4, 1}}));
  CHECK(result.ok);
  CHECK(print(result).find("left out: input (int64)") != std::string::npos);
  Frozen frozen;
  CHECK(gradcheck(frozen, randn({2, 3})).ok);
  CHECK_FALSE(gradgradcheck(frozen, randn({2, 3})).ok);
  CHECK(frozen.parameters()[0].dtype() == float32);
}

namespace {

// A layer of two inputs and two outputs.
class Mix : public nn::Module {
 public:
  explicit Mix(int64_t dim) : left_(dim, dim), right_(dim, dim) {}
  std::pair<Tensor, Tensor> forward(const Tensor& a, const Tensor& b) const {
    return {left_(a) * sigmoid(right_(b)), a - b};
  }

 private:
  nn::Linear left_, right_;
  LEXIGRAD_MODULE(Mix, left_, right_)
};

// A layer whose backward reads what the last forward left.
class Remembers : public nn::Module {
 public:
  Tensor forward(const Tensor& x) const {
    last_ = x.detach();
    return record("remembers", square(last_), {x},
                  [this](const Tensor& dy, Grads& dx) { dx[0] += dy * last_ * scale_.detach() * 2.0; });
  }

 private:
  mutable Tensor last_;
  nn::Parameter scale_{ones({1})};
  LEXIGRAD_MODULE(Remembers, scale_)
};

// A layer without an input.
class Constant : public nn::Module {
 public:
  Tensor forward() const { return tanh(values_); }

 private:
  nn::Parameter values_{ones({2, 3})};
  LEXIGRAD_MODULE(Constant, values_)
};

}  // namespace

TEST_CASE("a module of several inputs and outputs is checked with all its parameters") {
  manual_seed(4);
  Mix mix(3);
  Tensor a = randn({2, 3}), b = randn({2, 3});
  GradcheckResult result = gradcheck(mix, a, b);
  INFO(result);
  CHECK(result);
  CHECK(result.checked == 3 * (2 * (9 + 3) + 2 * 6));  // together, and each output alone
  CHECK(print(result).find("Mix: ok, ") == 0);
  CHECK(gradgradcheck(mix, a, b));
  CHECK(gradcheck(mix, a, b).report() == gradcheck(mix, a, b).report());
  CHECK(gradcheck(Constant()).checked == 6);
  CHECK(gradgradcheck(Constant()));
  nn::Linear linear(3, 5);
  auto loss = [&](const std::vector<Tensor>& in) { return cross_entropy_sum(linear(in[0]), in[1]); };
  result = gradcheck(linear, loss, {a, tensor({4, 0})});
  INFO(result);
  CHECK(result);
  CHECK(result.checked == 15 + 5 + 6);
  CHECK(result.left_out == "input 1 (int64)");
  CHECK(gradgradcheck(linear, loss, {a, tensor({4, 0})}, {.max_wrong = 2}));
}

TEST_CASE("a lambda around a module is checked with its parameters") {
  manual_seed(5);
  nn::Sequential model(nn::Linear(3, 3), Wrong());
  Tensor x = randn({2, 3}, float64);
  auto f = [&](const std::vector<Tensor>& in) { return model(in[0]); };
  CHECK_THROWS_WITH(gradcheck(f, {x}), Catch::Matchers::Contains("weight float32. Hint: "));
  model.to(float64);
  GradcheckResult result = gradcheck(f, {x});
  CHECK_FALSE(result);
  CHECK(result.wrong_count == 3);
  CHECK(print(result).find("Sequential: leaf [3] read by wrong in Sequential.1, index [") == 0);
  nn::Sequential right(nn::Linear(3, 4), nn::Tanh());
  right.to(float64);
  result = gradcheck([&](const std::vector<Tensor>& in) { return sum(square(right(in[0]))); }, {x});
  CHECK(result);
  CHECK(result.checked == 6 + 12 + 4);
  CHECK(result.worst.op == "function of Sequential, square, sum");
}

TEST_CASE("a module whose backward reads what its last forward left is refused") {
  for (int64_t n : {1, 2, 12})
    CHECK_THROWS_WITH(gradcheck(Remembers(), randn({n})),
                      Catch::Matchers::Contains("where the function has run at other inputs since"));
}
