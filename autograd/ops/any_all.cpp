// any and all.
#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/reduce_by.h"

namespace lexigrad {
namespace {

// Both work on bytes, whose combination is one instruction for many.
struct Truth {
  template <class T>
  using Out = bool;
  template <class T>
  static uint8_t value(T x) {
    return x != T{0};
  }
};

struct Any : Truth {
  template <class T>
  static uint8_t identity() {
    return 0;
  }
  static uint8_t combine(uint8_t a, uint8_t b) { return a | b; }
};

struct All : Truth {
  template <class T>
  static uint8_t identity() {
    return 1;
  }
  static uint8_t combine(uint8_t a, uint8_t b) { return a & b; }
};

template <class Reduction>
Tensor reduced(const char* op, const Tensor& x, const std::vector<int64_t>& dims, bool keepdim) {
  check_arithmetic(op, x.dtype());
  std::vector<int64_t> over = detail::reduced_dims(op, dims, x.rank());
  return detail::reduce_by<Reduction>(x, over, detail::reduced_shape(x.shape(), over, keepdim));
}

}  // namespace

Tensor any(const Tensor& x, const Dims& dims, bool keepdim) { return reduced<Any>("any", x, dims, keepdim); }
Tensor any(const Tensor& x) { return any(x, {}); }
Tensor Tensor::any() const { return lexigrad::any(*this); }
Tensor Tensor::any(const Dims& dims, bool keepdim) const { return lexigrad::any(*this, dims, keepdim); }

Tensor all(const Tensor& x, const Dims& dims, bool keepdim) { return reduced<All>("all", x, dims, keepdim); }
Tensor all(const Tensor& x) { return all(x, {}); }
Tensor Tensor::all() const { return lexigrad::all(*this); }
Tensor Tensor::all(const Dims& dims, bool keepdim) const { return lexigrad::all(*this, dims, keepdim); }

namespace {

using Over = Tensor (*)(const Tensor&, const Dims&, bool);

Tensor positive_ones(const Tensor& x) { return gt(x, zeros({}, x.dtype())); }

// For each column of x (outer, rows, cols): whether x > 0 in some row, or where `every` in all of them.
Tensor reference(bool every, const Tensor& x, int64_t outer, int64_t rows, int64_t cols, const Shape& shape) {
  Tensor y = full(shape, every ? 1 : 0, float64);
  for (int64_t i = 0; i < outer * rows * cols; ++i)
    if ((x.data<double>()[i] > 0) != every)
      y.data<double>()[i / (rows * cols) * cols + i % cols] = every ? 0 : 1;
  return y;
}

Example of_everything(const char* name, Tensor (*op)(const Tensor&), Over over, bool every) {
  return {
      .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{1}}},
      .apply = [op](const std::vector<Tensor>& in) { return op(positive_ones(in[0])); },
      .reference =
          [every](const std::vector<Tensor>& in) { return reference(every, in[0], 1, in[0].numel(), 1, {}); },
      .bad =
          [over] {
            over(ones({2, 3}), {2}, false);
          },
      .error = text("[", name, "] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)"),
      .differentiable = false};
}

Example of_the_middle(Over over, bool every) {
  return {
      .shapes = {{{30, 2, 5}}, {{3, 0, 2}}, {{0, 2, 2}}},
      .apply =
          [over](const std::vector<Tensor>& in) { return over(positive_ones(in[0]).to(float32), {1}, true); },
      .reference =
          [every](const std::vector<Tensor>& in) {
            const Shape& s = in[0].shape();
            return reference(every, in[0], s[0], s[1], s[2], {s[0], 1, s[2]});
          },
      .differentiable = false};
}

Example of_rows(Over over, bool every) {
  return {
      .shapes = {{{50, 3}}},
      .apply =
          [over](const std::vector<Tensor>& in) { return over(positive_ones(in[0]).to(int64), {-1}, false); },
      .reference =
          [every](const std::vector<Tensor>& in) {
            return reference(every, in[0], in[0].size(0), 3, 1, {in[0].size(0)});
          },
      .differentiable = false};
}

}  // namespace

EXAMPLE(any, of_everything("any", any, any, false));
EXAMPLE(any, of_the_middle(any, false));
EXAMPLE(any, of_rows(any, false));
EXAMPLE(all, of_everything("all", all, all, true));
EXAMPLE(all, of_the_middle(all, true));
EXAMPLE(all, of_rows(all, true));

}  // namespace lexigrad
