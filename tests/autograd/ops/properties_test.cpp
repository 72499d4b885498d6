// Random programs of views, broadcasting and sums against an interpreter that knows nothing of strides: a
// tensor is a shape and a function from an index to a number.
#include <rapidcheck.h>

#include <cstdlib>
#include <functional>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/row_grad.h"

using namespace lexigrad;

namespace {

using Place = std::vector<int64_t>;

struct Naive {
  Place shape;
  std::function<double(const Place&)> at;
};

int64_t count(const Place& shape) {
  int64_t n = 1;
  for (int64_t d : shape) n *= d;
  return n;
}

Place unravel(int64_t flat, const Place& shape) {
  Place index(shape.size());
  for (size_t d = shape.size(); d-- > 0; flat /= shape[d]) index[d] = flat % shape[d];
  return index;
}

int64_t ravel(const Place& index, const Place& shape) {
  int64_t flat = 0;
  for (size_t d = 0; d < shape.size(); ++d) flat = flat * shape[d] + index[d];
  return flat;
}

int64_t draw(int64_t low, int64_t high) { return *rc::gen::inRange<int64_t>(low, high + 1); }

Place drawn_shape() {
  Place shape(static_cast<size_t>(draw(0, 4)));
  for (int64_t& d : shape) d = draw(0, 9) == 0 ? 0 : draw(1, 4);
  return shape;
}

struct Pair {
  Tensor tensor;
  Naive naive;
};

Pair drawn(const Place& shape, double start) {
  auto values = std::make_shared<std::vector<double>>();
  for (int64_t i = 0; i < count(shape); ++i) values->push_back(start + static_cast<double>(i));
  return {from_values<double>(*values, shape), {shape, [values, shape](const Place& i) {
                                                  return (*values)[static_cast<size_t>(ravel(i, shape))];
                                                }}};
}

// ---- one step of a program each

Pair permuted(const Pair& x) {
  size_t rank = x.naive.shape.size();
  Place order(rank), shape(rank);
  for (size_t d = 0; d < rank; ++d) order[d] = static_cast<int64_t>(d);
  for (size_t d = rank; d > 1; --d)
    std::swap(order[d - 1], order[static_cast<size_t>(draw(0, static_cast<int64_t>(d) - 1))]);
  for (size_t d = 0; d < rank; ++d) shape[d] = x.naive.shape[static_cast<size_t>(order[d])];
  auto at = [order, f = x.naive.at](const Place& i) {
    Place from(i.size());
    for (size_t d = 0; d < i.size(); ++d) from[static_cast<size_t>(order[d])] = i[d];
    return f(from);
  };
  return {permute(x.tensor, order), {shape, at}};
}

Pair sliced(const Pair& x) {
  size_t d = static_cast<size_t>(draw(0, static_cast<int64_t>(x.naive.shape.size()) - 1));
  int64_t size = x.naive.shape[d], start = draw(0, size), end = draw(start, size), step = draw(1, 3);
  Place shape = x.naive.shape;
  shape[d] = (end - start + step - 1) / step;
  auto at = [d, start, step, f = x.naive.at](Place i) {
    i[d] = start + i[d] * step;
    return f(i);
  };
  return {slice(x.tensor, static_cast<int64_t>(d), start, end, step), {shape, at}};
}

Pair selected(const Pair& x) {
  size_t d = static_cast<size_t>(draw(0, static_cast<int64_t>(x.naive.shape.size()) - 1));
  if (x.naive.shape[d] == 0) return x;
  int64_t index = draw(0, x.naive.shape[d] - 1);
  Place shape = x.naive.shape;
  shape.erase(shape.begin() + static_cast<int64_t>(d));
  auto at = [d, index, f = x.naive.at](Place i) {
    i.insert(i.begin() + static_cast<int64_t>(d), index);
    return f(i);
  };
  return {select(x.tensor, static_cast<int64_t>(d), index), {shape, at}};
}

Pair reshaped(const Pair& x) {
  Place from = x.naive.shape, shape;
  for (int64_t rest = count(from); rest > 1 || shape.empty();) {
    int64_t d = rest == 0 ? 0 : draw(1, 4);
    while (d > 0 && rest % d != 0) --d;
    shape.push_back(shape.size() > 3 ? rest : d);
    rest = d == 0 || shape.size() > 4 ? 1 : rest / shape.back();
    if (shape.back() == 0) break;
  }
  if (count(shape) != count(from)) return x;
  auto at = [from, shape, f = x.naive.at](const Place& i) { return f(unravel(ravel(i, shape), from)); };
  return {reshape(x.tensor, shape), {shape, at}};
}

Pair expanded(const Pair& x) {
  Place shape = x.naive.shape;
  for (int64_t& d : shape)
    if (d == 1) d = draw(0, 3);
  if (draw(0, 1)) shape.insert(shape.begin(), draw(0, 2));
  auto at = [from = x.naive.shape, f = x.naive.at](const Place& i) {
    Place place(i.end() - static_cast<int64_t>(from.size()), i.end());
    for (size_t d = 0; d < from.size(); ++d)
      if (from[d] == 1) place[d] = 0;
    return f(place);
  };
  return {expand(x.tensor, shape), {shape, at}};
}

// x and a tensor of x's shape with some sizes 1 and some leading ones gone.
Pair combined(const Pair& x) {
  Place shape = x.naive.shape;
  shape.erase(shape.begin(), shape.begin() + draw(0, static_cast<int64_t>(shape.size())));
  for (int64_t& d : shape)
    if (draw(0, 2) == 0) d = 1;
  Pair y = drawn(shape, 0.5);
  bool swap = draw(0, 1), product = draw(0, 1);
  Tensor a = swap ? y.tensor : x.tensor, b = swap ? x.tensor : y.tensor;
  auto at = [product, shape, f = x.naive.at, g = y.naive.at](const Place& i) {
    Place place(i.end() - static_cast<int64_t>(shape.size()), i.end());
    for (size_t d = 0; d < shape.size(); ++d)
      if (shape[d] == 1) place[d] = 0;
    return product ? f(i) * g(place) : f(i) + g(place);
  };
  return {product ? a * b : a + b, {x.naive.shape, at}};
}

Pair summed(const Pair& x) {
  size_t d = static_cast<size_t>(draw(0, static_cast<int64_t>(x.naive.shape.size()) - 1));
  Place shape = x.naive.shape;
  int64_t size = shape[d];
  shape.erase(shape.begin() + static_cast<int64_t>(d));
  auto at = [d, size, f = x.naive.at](const Place& i) {
    double total = 0;
    for (int64_t k = 0; k < size; ++k) {
      Place place = i;
      place.insert(place.begin() + static_cast<int64_t>(d), k);
      total += f(place);
    }
    return total;
  };
  return {sum(x.tensor, {static_cast<int64_t>(d)}), {shape, at}};
}

Pair stepped(const Pair& x) {
  int64_t kind = draw(0, 6);
  if (x.naive.shape.empty()) kind = 3 + kind % 3;
  switch (kind) {
    case 0:
      return sliced(x);
    case 1:
      return selected(x);
    case 2:
      return summed(x);
    case 3:
      return reshaped(x);
    case 4:
      return expanded(x);
    case 5:
      return combined(x);
    default:
      return permuted(x);
  }
}

// All sizes, all elements.
void compare(const Pair& x) {
  RC_ASSERT(x.tensor.shape() == Shape(x.naive.shape));
  std::vector<double> values = x.tensor.to_vector<double>();
  for (size_t i = 0; i < values.size(); ++i) {
    double expected = x.naive.at(unravel(static_cast<int64_t>(i), x.naive.shape));
    RC_ASSERT(std::abs(values[i] - expected) <= 1e-12 * std::max(1.0, std::abs(expected)));
  }
}

bool holds(const std::string& what, const std::function<void()>& property) {
  ::setenv("RC_PARAMS", "seed=20 max_success=10000", 1);
  return rc::check(what, property);
}

}  // namespace

TEST_CASE("10,000 random programs of views, broadcasting and sums agree with index arithmetic") {
  REQUIRE(holds("programs", [] {
    Pair x = drawn(drawn_shape(), 1);
    for (int64_t steps = draw(1, 6); steps > 0 && count(x.naive.shape) < 2000; --steps) x = stepped(x);
    compare(x);
  }));
}

TEST_CASE("the gradient of a random program of views and sums is its transpose") {
  REQUIRE(holds("gradients", [] {
    // For a linear program f: <f(x), w> = <x, f^T(w)>, with f^T the gradient.
    Tensor x = drawn(drawn_shape(), 1).tensor.requires_grad_();
    Place shape(x.shape().begin(), x.shape().end());
    Pair y{x, {shape, [](const Place&) { return 0.0; }}};
    for (int64_t steps = draw(1, 5); steps > 0 && y.tensor.numel() < 2000; --steps) {
      int64_t kind = y.naive.shape.empty() ? draw(3, 4) : draw(0, 5);
      y = kind == 0   ? sliced(y)
          : kind == 1 ? selected(y)
          : kind == 2 ? summed(y)
          : kind == 3 ? reshaped(y)
          : kind == 4 ? expanded(y)
                      : permuted(y);
    }
    Tensor w = drawn(y.naive.shape, -3).tensor;
    double forward = sum(y.tensor.detach() * w).item<double>();
    if (!y.tensor.requires_grad() || y.tensor.is_leaf()) return;
    y.tensor.backward(w);
    double back = sum(x.detach() * x.grad()).item<double>();
    RC_ASSERT(std::abs(forward - back) <= 1e-9 * std::max(1.0, std::abs(forward)));
  }));
}

TEST_CASE("row gradients add, scale and become dense as full ones do") {
  REQUIRE(holds("row gradients", [] {
    int64_t rows = draw(1, 8), dim = draw(1, 3), n = draw(0, 12), m = draw(0, 12);
    auto lookups = [&](int64_t size) {
      std::vector<int64_t> ids;
      for (int64_t i = 0; i < size; ++i) ids.push_back(draw(0, rows - 1));
      return ids;
    };
    std::vector<int64_t> first = lookups(n), second = lookups(m);
    std::vector<double> expected(static_cast<size_t>(rows * dim), 0);
    auto gradient = [&](const std::vector<int64_t>& ids, double start, double factor) {
      Tensor dy = drawn({static_cast<int64_t>(ids.size()), dim}, start).tensor;
      for (size_t i = 0; i < ids.size(); ++i)
        for (int64_t c = 0; c < dim; ++c)
          expected[static_cast<size_t>(ids[i] * dim + c)] +=
              factor * (start + static_cast<double>(static_cast<int64_t>(i) * dim + c));
      return RowGrad::of_lookup(tensor(ids), dy, rows);
    };
    RowGrad a = gradient(first, 1, 2), b = gradient(second, -7, 1);
    a.scale(2);
    a.add(b);
    RC_ASSERT(a.dense().to_vector<double>() == expected);
  }));
}
