// Brackets against PyTorch's (fixtures/make_index_fixtures.py), and what assignments do to the tape.
#include "lexigrad/autograd/tensor/indexing.h"

#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/grad_mode.h"
#include "lexigrad/autograd/tensor/random.h"
#include "support/fixture.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

template <class T>
void flatten_into(const nlohmann::json& list, std::vector<T>& out) {
  if (!list.is_array()) return out.push_back(list.is_boolean() ? list.get<bool>() : list.get<T>());
  for (const auto& each : list) flatten_into(each, out);
}

Index index_of(const nlohmann::json& entry) {
  if (entry == "none") return None;
  if (entry == "...") return Ellipsis;
  if (entry.contains("number")) return entry.at("number").get<int64_t>();
  if (entry.contains("slice")) {
    auto bound = [&](size_t i) {
      const auto& value = entry.at("slice").at(i);
      return value.is_null() ? std::optional<int64_t>() : value.get<int64_t>();
    };
    return Slice(bound(0), bound(1), entry.at("slice").at(2).get<int64_t>());
  }
  Shape shape(entry.at("shape").get<std::vector<int64_t>>());
  std::vector<int64_t> numbers;
  flatten_into(entry.contains("ids") ? entry.at("ids") : entry.at("mask"), numbers);
  Tensor tensor = from_values<int64_t>(numbers, shape);
  return entry.contains("ids") ? tensor : tensor.to(boolean);
}

Tensor counted(const Shape& shape, double sign = 1) {
  return (arange(shape.numel()).to(float64) * sign + sign).reshape(shape);
}

// x[at] for a list of any length: brackets take what is written in the source.
Indexed read(const Tensor& x, const std::vector<Index>& at) { return Indexed(x, at); }

}  // namespace

TEST_CASE("brackets read and write as PyTorch's do, values and gradients") {
  const nlohmann::json& cases = lexigrad::test::fixture("index.json");
  for (const auto& c : cases) {
    INFO(c.dump());
    std::vector<Index> at;
    for (const auto& entry : c.at("at")) at.push_back(index_of(entry));
    Shape shape(c.at("shape").get<std::vector<int64_t>>());
    Tensor x = counted(shape).requires_grad_(), y = read(x, at);
    CHECK(y.shape() == Shape(c.at("read_shape").get<std::vector<int64_t>>()));
    CHECK(y.to_vector<double>() == c.at("read").get<std::vector<double>>());
    sum(y * counted(y.shape())).backward();
    CHECK(x.grad().to_vector<double>() == c.at("grad").get<std::vector<double>>());
    Tensor filled = counted(shape);
    read(filled, at) = 7;
    CHECK(filled.to_vector<double>() == c.at("filled").get<std::vector<double>>());
    if (c.at("written").is_null()) continue;
    std::vector<double> expected = c.at("written").get<std::vector<double>>();
    Tensor plain = counted(shape), value = counted(y.shape(), -1).requires_grad_(), leaf = counted(shape);
    {
      NoGrad off;
      read(plain, at) = value;
    }
    CHECK(plain.to_vector<double>() == expected);
    leaf.requires_grad_();
    Tensor recorded = leaf * 1.0;
    read(recorded, at) = value;
    CHECK(recorded.to_vector<double>() == expected);
    std::vector<Tensor> found = grad(sum(recorded * counted(shape)), {leaf, value});
    for (int64_t i = 0; i < leaf.numel(); ++i) {
      bool chosen = c.at("grad").at(static_cast<size_t>(i)) != 0;
      CHECK(found[0].data<double>()[i] == (chosen ? 0 : static_cast<double>(i + 1)));
    }
    CHECK(equal(found[1], read(counted(shape), at).detach().contiguous()));
  }
  CHECK(cases.size() == 400);
}

TEST_CASE("brackets as they are written") {
  Tensor x = arange(12).to(float32).reshape({3, 4});
  x[0] = 5;
  CHECK(equal(x[0], full({4}, 5)));
  x[{1, 2}] = tensor(-1.0);
  CHECK(x[1][2].item() == -1);
  x[{Slice(), Slice(1, None, 2)}] = 0;
  CHECK(equal(x[{Ellipsis, -1}], zeros({3})));
  x[x < 0] = 9;
  CHECK(x.min().item() == 0);
  x[2] += tensor({1., 2., 3., 4.});
  CHECK(equal(x[2], tensor({9., 2., 13., 4.})));
  x[2][0] -= 1;
  x[tensor({0, 0})] *= 2;
  CHECK(equal(x[{0, Slice(0, 1)}], tensor({10.})));
  CHECK(x[{None, 0}].shape() == Shape{1, 4});
  CHECK(x[tensor({2, 0, 2})].shape() == Shape{3, 4});
  CHECK(equal(x[{tensor({0, 1}), tensor({0, 2})}], index(x, {tensor({0, 1}), tensor({0, 2})})));
  CHECK(equal(x[x > 8], masked_select(x, x > 8)));
  CHECK(equal(index(x, {x > 8}), masked_select(x, x > 8)));
}

TEST_CASE("a row under a name is a tensor, and = gives the name another") {
  Tensor x = zeros({2, 3}), other = ones({3});
  auto row = x[0];
  row = other * 4.0;
  CHECK(equal(row, full({3}, 4)));
  CHECK(equal(x, zeros({2, 3})));
  Tensor view = x[1];
  view += 1;  // in place: x follows
  CHECK(equal(x[1], ones({3})));
}

TEST_CASE("assignments count as changes in place, and leaves want NoGrad") {
  Tensor w = ones({2, 3}).requires_grad_();
  CHECK(message_of([&] { w[0] = 2; }).starts_with("[copy_] This tensor is a view") == false);
  Tensor y = w * 2.0, z = sum(y * y);
  y[0] = 0;
  CHECK(message_of([&] { z.backward(); }).find("changed in place by x[...] =") != std::string::npos);
  CHECK(equal(grad(sum(y), {w})[0], tensor({{0., 0., 0.}, {2., 2., 2.}})));
}

TEST_CASE("brackets refuse what fits no tensor, in words") {
  Tensor x = zeros({2, 3});
  CHECK(message_of([&] {
          x[{0, 1, 2}];
        }) == "[brackets] There are indices for 3 dimensions, the tensor of shape [2, 3] has 2");
  CHECK(message_of([&] { x[{Ellipsis, 0, Ellipsis}]; }).starts_with("[brackets] Ellipsis stands 2 times"));
  CHECK(message_of([&] { x[zeros({3}) > 0]; }).find("mask of shape [3] does not fit") != std::string::npos);
  CHECK(message_of([&] { x[5]; }).find("Index 5 is outside dimension 0") != std::string::npos);
  CHECK(message_of([&] { x[0] = ones({4}); }).starts_with("[copy_] Shapes [4] and [3] do not broadcast"));
  CHECK(message_of([&] { x[tensor({0.5})]; }).find("Ids must be int64, got float32") != std::string::npos);
}
