// Which ops copy an input because of its strides, by copy_counts().
#include "lexigrad/autograd/tensor/copies.h"

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/random.h"

using namespace lexigrad;

namespace {

template <class F>
CopyCounts copies_of(const F& f) {
  CopyCounts before = copy_counts();
  f();
  CopyCounts after = copy_counts();
  return {after.copies - before.copies, after.bytes - before.bytes};
}

// Matrices (40, 60) of every kind of strides that BLAS can read, and those that only strided kernels can.
std::vector<Tensor> readable() {
  return {randn({60, 40}).t(), slice(slice(randn({50, 90}), 1, 7, 67), 0, 3, 43),
          slice(randn({80, 60}), 0, 0, 80, 2), slice(randn({60, 90}).t(), 0, 20, 60),
          select(randn({40, 3, 60}), 1, 1)};
}
std::vector<Tensor> strided() {
  std::vector<Tensor> all = readable();
  all.push_back(slice(randn({40, 120}), 1, 0, 120, 2));
  all.push_back(expand(randn({60}), {40, 60}));
  all.push_back(expand(randn({40, 1}), {40, 60}));
  all.push_back(expand(randn({1, 1}), {40, 60}));
  return all;
}

// f(x) copies nothing, forward and backward, and its values and gradient are those for a contiguous x.
void check_no_copy(const std::function<Tensor(const Tensor&)>& f, const Tensor& x) {
  INFO(to_string(x.shape()) << " strides " << to_string(x.strides()));
  Tensor leaf = x.detach().requires_grad_(), dense = x.clone().requires_grad_(), y, z = f(dense);
  Tensor seed = randn(z.shape(), z.dtype());
  REQUIRE(copies_of([&] { y = f(leaf); }).copies == 0);
  REQUIRE(copies_of([&] { y.backward(seed); }).copies == 0);
  z.backward(seed);
  REQUIRE(allclose(y, z, 1e-5, 1e-5));
  REQUIRE(allclose(leaf.grad(), dense.grad(), 1e-4, 1e-4));
}

}  // namespace

TEST_CASE("elementwise ops, sums and softmax read every kind of strides in place") {
  manual_seed(1);
  Tensor other = randn({60, 40}).t(), row = randn({60});
  for (const Tensor& x : strided()) {
    check_no_copy([&](const Tensor& v) { return v + other; }, x);
    check_no_copy([&](const Tensor& v) { return v * row; }, x);
    check_no_copy([](const Tensor& v) { return gelu(v); }, x);
    check_no_copy([](const Tensor& v) { return tanh(v); }, x);
    check_no_copy([](const Tensor& v) { return sum(v); }, x);
    check_no_copy([](const Tensor& v) { return sum(v, {0}); }, x);
    check_no_copy([](const Tensor& v) { return sum(v, {1}); }, x);
    check_no_copy([](const Tensor& v) { return softmax(v, 1); }, x);
    check_no_copy([](const Tensor& v) { return softmax(v, 0); }, x);
    check_no_copy([](const Tensor& v) { return log_softmax(v); }, x);
  }
}

TEST_CASE("sums of tensors that are not contiguous have the bits of contiguous ones") {
  manual_seed(2);
  for (const Shape& shape : {Shape{70, 900}, Shape{3, 70000}, Shape{70000, 3}, Shape{2, 40000}}) {
    Tensor x = transpose(randn({shape[1], shape[0]}), 0, 1), dense = x.clone();
    for (const std::vector<int64_t>& dims : {std::vector<int64_t>{0}, {1}, {0, 1}})
      REQUIRE(equal(sum(x, dims), sum(dense, dims)));
  }
  Tensor x = permute(randn({5, 300, 70}), {2, 0, 1}), dense = x.clone();
  for (const std::vector<int64_t>& dims : {std::vector<int64_t>{0, 2}, {1}, {0}, {2}, {0, 1}})
    REQUIRE(equal(sum(x, dims), sum(dense, dims)));
}

TEST_CASE("products read transposed, sliced and batched operands in place") {
  manual_seed(3);
  Tensor b = randn({30, 60}).t(), weight = slice(randn({30, 90}), 1, 0, 60), bias = randn({30});
  for (const Tensor& x : readable()) {
    check_no_copy([&](const Tensor& v) { return matmul(v, b); }, x);
    check_no_copy([&](const Tensor& v) { return matmul(b.t(), v.t()); }, x);
    check_no_copy([&](const Tensor& v) { return linear(v, weight, bias); }, x);
    check_no_copy([&](const Tensor& v) { return matmul(v, select(b, 1, 3)); }, x);
  }
}

TEST_CASE("products of batches read broadcast, transposed and sliced batches in place") {
  manual_seed(4);
  Tensor heads = permute(randn({2, 9, 3, 8}), {0, 2, 1, 3});  // (B, T, H, C) seen as (B, H, T, C)
  Tensor keys = permute(randn({2, 7, 3, 8}), {0, 2, 1, 3}), shared = randn({8, 5}), one = randn({3, 8, 5});
  check_no_copy([&](const Tensor& v) { return matmul(v, transpose(keys, -1, -2)); }, heads);
  check_no_copy([&](const Tensor& v) { return matmul(v, one); }, heads);
  check_no_copy([&](const Tensor& v) { return matmul(v, expand(shared, {2, 3, 8, 5})); }, heads);
  check_no_copy([&](const Tensor& v) { return matmul(v, shared); }, heads);
  check_no_copy([&](const Tensor& v) { return matmul(heads, v); }, expand(randn({8, 5}), {2, 3, 8, 5}));
  check_no_copy([&](const Tensor& v) { return linear(v, shared.t()); }, heads);
  check_no_copy([&](const Tensor& v) { return bmm(v, one); }, slice(randn({6, 9, 8}), 0, 0, 6, 2));
}

TEST_CASE("batches of repeated rows and of single rows multiply right") {
  manual_seed(5);
  Tensor b = randn({4, 2});
  for (const Tensor& x : {expand(randn({5, 1, 4}), {5, 3, 4}), expand(randn({3, 4}), {5, 3, 4}),
                          slice(randn({5, 3, 4}), 1, 0, 1), permute(randn({3, 5, 4}), {1, 0, 2}),
                          slice(randn({5, 6, 4}), 1, 0, 6, 2), expand(randn({1, 4}), {1, 3, 4})})
    REQUIRE(allclose(matmul(x, b), matmul(x.clone(), b), 1e-5, 1e-6));
}

TEST_CASE("what has to copy is counted, with its bytes") {
  Tensor x = randn({60, 40}).t(), b = randn({60, 30});
  auto counted = [](const auto& f, int64_t copies, int64_t bytes) {
    CopyCounts found = copies_of(f);
    REQUIRE(found.copies == copies);
    REQUIRE(found.bytes == bytes);
  };
  counted([&] { x.reshape({-1}); }, 1, 40 * 60 * 4);
  counted([&] { x.contiguous(); }, 1, 40 * 60 * 4);
  counted([&] { x.contiguous().contiguous().reshape({-1}); }, 1, 40 * 60 * 4);
  counted([&] { x.reshape({60, 40}).clone(); }, 1, 40 * 60 * 4);
  counted([&] { x.clone(); }, 0, 0);
  // A matrix with neither rows nor columns of stride 1.
  counted([&] { matmul(slice(randn({40, 120}), 1, 0, 120, 2), b); }, 1, 40 * 60 * 4);
  counted([&] { matmul(expand(randn({60}), {40, 60}), b); }, 1, 40 * 60 * 4);
  // The weight's gradient for rows in two strides is one product of a copy.
  Tensor weight = randn({60, 30}).requires_grad_(), rows = permute(randn({9, 60, 2}), {2, 0, 1});
  Tensor y = matmul(permute(randn({9, 2, 60}), {1, 0, 2}), weight);
  counted([&] { y.backward(ones(y.shape())); }, 1, 9 * 2 * 60 * 4);
}
