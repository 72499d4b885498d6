// Sizes of 0, scalars, and lists of dimensions that are empty.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <set>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/ops/shared/example.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tensor/random.h"

using namespace lexigrad;

namespace {

using Shapes = std::vector<Shape>;

// The shapes with one of their sizes 0 wherever it stands, and with one of them, or all, a scalar.
std::vector<Shapes> variants(const Shapes& shapes) {
  std::set<int64_t> sizes;
  for (const Shape& shape : shapes) sizes.insert(shape.begin(), shape.end());
  std::vector<Shapes> out;
  for (int64_t size : sizes) {
    out.push_back(shapes);
    for (Shape& shape : out.back()) std::replace(shape.begin(), shape.end(), size, int64_t{0});
  }
  for (size_t i = 0; i < shapes.size(); ++i) {
    out.push_back(shapes);
    out.back()[i] = {};
    for (int64_t d = 0; d < shapes[i].rank(); ++d) {
      out.push_back(shapes);
      out.back()[i][d] = 0;
    }
  }
  out.emplace_back(shapes.size(), Shape{});
  return out;
}

std::vector<Tensor> leaves(const Shapes& shapes) {
  std::vector<Tensor> out;
  for (const Shape& shape : shapes) out.push_back(full(shape, 0.5, float64).requires_grad_());
  return out;
}

// What the op's backward says against inputs of these shapes, which forward took; "" where it works. False
// where forward refused.
bool taken(const Example& example, const Shapes& shapes, bool create_graph, std::string& complaint) {
  std::vector<Tensor> in = leaves(shapes), y, dy;
  try {
    y = example.apply(in);
  } catch (const std::invalid_argument&) { return false; }
  std::vector<Tensor> results;
  for (const Tensor& each : y)
    if (each.requires_grad()) {
      results.push_back(each);
      dy.push_back(ones(each.shape(), each.dtype()));
    }
  if (results.empty()) return true;
  try {
    std::vector<Tensor> gradients =
        grad(results, in, {.grad_outputs = dy, .create_graph = create_graph, .allow_unused = true});
    for (size_t i = 0; i < in.size(); ++i)
      if (gradients[i].defined() && gradients[i].shape() != in[i].shape())
        complaint += " a gradient of another shape";
  } catch (const std::invalid_argument& e) { complaint += e.what(); }
  return true;
}

}  // namespace

TEST_CASE("Every op with a size of 0 or a scalar works in both directions, or forward refuses", "[edges]") {
  int worked = 0, refused = 0;
  for (const Example& example : examples()) {
    if (!example.differentiable) continue;
    for (const Shapes& shapes : variants(example.shapes[0]))
      for (bool create_graph : {false, true}) {
        std::string place = example.op, complaint;
        for (const Shape& shape : shapes) place += " " + to_string(shape);
        INFO(place << (create_graph ? ", create_graph" : ""));
        ++(taken(example, shapes, create_graph, complaint) ? worked : refused);
        CHECK(complaint.empty());
        if (!complaint.empty()) UNSCOPED_INFO(complaint);
      }
  }
  std::printf("sizes of 0 and scalars: %d worked, %d refused\n", worked, refused);
  REQUIRE(worked >= 600);
}

TEST_CASE("Layers of width 0 give gradients of 0", "[edges]") {
  for (auto [in, out] : {std::pair<int64_t, int64_t>{0, 3}, {3, 0}, {0, 0}}) {
    Tensor x = ones({2, in}).requires_grad_(), w = ones({out, in}).requires_grad_(),
           b = ones({out}).requires_grad_();
    sum(linear(x, w, b)).backward();
    CHECK(equal(x.grad(), zeros({2, in})));
    CHECK(w.grad().shape() == w.shape());
    CHECK(equal(b.grad(), full({out}, 2)));
  }
  Tensor x = ones({3, 2}).requires_grad_();
  sum(index_select(x, 0, tensor(1))).backward();
  CHECK(equal(x.grad(), tensor({{0.0, 0.0}, {1.0, 1.0}, {0.0, 0.0}})));
}

TEST_CASE("An empty list of dimensions means all of them in every reduction", "[edges]") {
  using Reduce = Tensor (*)(const Tensor&, const Dims&, bool);
  const std::vector<std::pair<const char*, Reduce>> reductions{
      {"sum", [](const Tensor& x, const Dims& d, bool k) { return sum(x, d, k); }},
      {"mean", [](const Tensor& x, const Dims& d, bool k) { return mean(x, d, k); }},
      {"prod", [](const Tensor& x, const Dims& d, bool k) { return prod(x, d, k); }},
      {"var", [](const Tensor& x, const Dims& d, bool k) { return var(x, d, k); }},
      {"std", [](const Tensor& x, const Dims& d, bool k) { return lexigrad::std(x, d, k); }},
      {"norm", [](const Tensor& x, const Dims& d, bool k) { return norm(x, 2, d, k); }},
      {"norm 0", [](const Tensor& x, const Dims& d, bool k) { return norm(x, 0, d, k); }},
      {"norm 1", [](const Tensor& x, const Dims& d, bool k) { return norm(x, 1, d, k); }},
      {"norm 3", [](const Tensor& x, const Dims& d, bool k) { return norm(x, 3, d, k); }},
      {"norm inf", [](const Tensor& x, const Dims& d, bool k) { return norm(x, INFINITY, d, k); }},
      {"norm -inf", [](const Tensor& x, const Dims& d, bool k) { return norm(x, -INFINITY, d, k); }},
      {"logsumexp", [](const Tensor& x, const Dims& d, bool k) { return logsumexp(x, d, k); }},
      {"amax", [](const Tensor& x, const Dims& d, bool k) { return amax(x, d, k); }},
      {"amin", [](const Tensor& x, const Dims& d, bool k) { return amin(x, d, k); }},
      {"any", [](const Tensor& x, const Dims& d, bool k) { return any(x, d, k); }},
      {"all", [](const Tensor& x, const Dims& d, bool k) { return all(x, d, k); }}};
  Tensor x = tensor({{0.5, -1.5, 2.0}, {3.0, 0.25, -0.75}}), scalar = tensor(0.75);
  for (const auto& [name, reduce] : reductions) {
    INFO(name);
    CHECK(reduce(x, {}, false).shape() == Shape{});
    CHECK(reduce(x, {}, true).shape() == Shape{1, 1});
    CHECK(allclose(reduce(x, {}, false), reduce(x, {0, 1}, false), 1e-6));
    for (const Dims& dims : {Dims{}, Dims{0}, Dims{-1}})
      for (bool keepdim : {false, true}) {
        CHECK(reduce(scalar, dims, keepdim).shape() == Shape{});
        CHECK((allclose(reduce(scalar, dims, keepdim), reduce(scalar.reshape({1}), {}, false)) ||
               std::string(name) == "var" || std::string(name) == "std"));
      }
    CHECK_THROWS_AS(reduce(scalar, {1}, false), std::invalid_argument);
    CHECK_THROWS_AS(reduce(scalar, {0, -1}, false), std::invalid_argument);
  }
}

// PyTorch's answers for torch.tensor(2.): which ops take its dimension 0, and what shape they give.
TEST_CASE("A scalar's dimensions 0 and -1 are taken by the ops of which PyTorch takes them", "[edges]") {
  using Along = std::function<Tensor(const Tensor&, int64_t)>;
  Tensor zero = tensor(0), list = tensor({0});
  const std::vector<std::pair<Along, Shape>> takes{
      {[](const Tensor& x, int64_t d) { return max(x, d).values; }, {}},
      {[](const Tensor& x, int64_t d) { return min(x, d).values; }, {}},
      {[](const Tensor& x, int64_t d) { return cumsum(x, d); }, {}},
      {[](const Tensor& x, int64_t d) { return softmax(x, d); }, {}},
      {[](const Tensor& x, int64_t d) { return log_softmax(x, d); }, {}},
      {[](const Tensor& x, int64_t d) { return squeeze(x, d); }, {}},
      {[](const Tensor& x, int64_t d) { return sort(x, d).values; }, {}},
      {[](const Tensor& x, int64_t d) { return topk(x, 1, d).values; }, {}},
      {[=](const Tensor& x, int64_t d) { return gather(x, d, zero); }, {}},
      {[=](const Tensor& x, int64_t d) { return gather(x, d, list); }, {1}},
      {[=](const Tensor& x, int64_t d) { return index_select(x, d, zero); }, {}},
      {[=](const Tensor& x, int64_t d) { return index_select(x, d, list); }, {}},
      {[=](const Tensor& x, int64_t d) { return scatter_add(x, d, zero, x); }, {}},
      {[=](const Tensor& x, int64_t d) { return index_add(x, d, zero, x); }, {}},
      {[](const Tensor& x, int64_t d) { return transpose(x, 0, d); }, {}},
      {[](const Tensor& x, int64_t d) { return flatten(x, 0, d); }, {1}},
      {[](const Tensor& x, int64_t d) { return flip(x, {d}); }, {}},
      {[](const Tensor& x, int64_t d) { return unfold(x, d, 1, 1); }, {1}},
      {[](const Tensor& x, int64_t d) { return stack({x}, d); }, {1}},
      {[](const Tensor& x, int64_t d) { return unsqueeze(x, d); }, {1}}};
  for (size_t k = 0; k < takes.size(); ++k)
    for (int64_t dim : {0, -1}) {
      INFO("op " << k << ", dimension " << dim);
      const auto& [op, shape] = takes[k];
      Tensor x = tensor(2.0).requires_grad_(), y = op(x, dim);
      CHECK(y.shape() == shape);
      for (bool create_graph : {false, true})
        CHECK(grad(sum(y * y), {x}, {.retain_graph = true, .create_graph = create_graph})[0].shape() ==
              Shape{});
      CHECK_THROWS_AS(op(x, 1), std::invalid_argument);
    }
  for (const Along& op : std::vector<Along>{[](const Tensor&x, int64_t d) { return roll(x, {1}, {d}); },
                                            [](const Tensor&x, int64_t d) { return split(x, 1, d)[0]; },
                                            [](const Tensor&x, int64_t d) { return chunk(x, 1, d)[0]; },
                                            [](const Tensor&x, int64_t d) { return unbind(x, d)[0]; },
                                            [](const Tensor&x, int64_t d) { return select(x, d, 0); },
                                            [](const Tensor&x, int64_t d) { return narrow(x, d, 0, 1); },
                                            [](const Tensor&x, int64_t d) { return slice(x, d, 0); },
                                            [](const Tensor&x, int64_t d) { return permute(x, {d}); },
                                            [](const Tensor&x, int64_t d) { return cat({x}, d); }})
    CHECK_THROWS_AS(op(tensor(2.0), 0), std::invalid_argument);
}

TEST_CASE("Sizes past 2^63 are refused by every op that makes sizes", "[edges]") {
  constexpr int64_t large = int64_t{1} << 32, most = int64_t{1} << 62;
  Tensor one = ones({1}), wide = expand(one, {most});
  const std::vector<std::function<void()>> calls{[&] {
                                                   expand(one, {large, large});
                                                 },
                                                 [&] {
                                                   expand(one, {large, large, 0});
                                                 },
                                                 [&] {
                                                   repeat(one, {large, large});
                                                 },
                                                 [&] { repeat(wide, {4}); },
                                                 [&] {
                                                   pad(one, {most, most});
                                                 },
                                                 [&] {
                                                   pad(wide, {most, 0});
                                                 },
                                                 [&] {
                                                   reshape(one, {large, large});
                                                 },
                                                 [&] {
                                                   reshape(one, {large, large, -1});
                                                 },
                                                 [&] {
                                                   view(one, {large, large});
                                                 },
                                                 [&] {
                                                   cat({wide, wide});
                                                 },
                                                 [&] {
                                                   stack({wide, wide});
                                                 },
                                                 [&] { outer(wide, wide); },
                                                 [&] {
                                                   expand(one, {large, 1}) + expand(one, {large});
                                                 },
                                                 [&] { unsqueeze(wide, 1) * wide; },
                                                 [&] { one_hot(zeros({2}, int64), most); }};
  for (size_t k = 0; k < calls.size(); ++k) {
    INFO("call " << k);
    CHECK_THROWS(calls[k]());
  }
  for (const Shape& shape : {Shape{large, large}, Shape{0, most, 4}, Shape{most, 4, 0}, Shape{most, 2}}) {
    CHECK_THROWS(zeros(shape));
    CHECK_THROWS(rand(shape));
    CHECK_THROWS_AS(shape.numel(), std::invalid_argument);
  }
  CHECK(Shape{0, most}.numel() == 0);
  CHECK(Shape{most}.numel() == most);
}

TEST_CASE("Bounds at the ends of int64 are cut or refused", "[edges]") {
  constexpr int64_t least = std::numeric_limits<int64_t>::min(), most = std::numeric_limits<int64_t>::max();
  Tensor x = arange(5);
  CHECK(slice(x, 0, least, most, most).shape() == Shape{1});
  CHECK(slice(x, 0, 1, most, most)[0].item<int64_t>() == 1);
  CHECK(unfold(x, 0, 2, most).shape() == Shape{1, 2});
  CHECK(chunk(x, most).size() == 5);
  CHECK(split(x, most).size() == 1);
  CHECK(roll(x, {least}, {0}).shape() == Shape{5});
  CHECK_THROWS_AS(split(x, {most, most, 7}), std::invalid_argument);
  CHECK_THROWS_AS(narrow(x, 0, 1, most), std::invalid_argument);
  CHECK_THROWS_AS(narrow(x, 0, least, most), std::invalid_argument);
}
