#include "lexigrad/autograd/checks/check_numerics.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

#include "lexigrad/autograd/tape/module_path.h"
#include "lexigrad/autograd/tape/node.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {
namespace {

bool is_checked(const Tensor& x) { return x.dtype() == float32 || x.dtype() == float64; }

// True if any exponent is all ones; without a branch in the loop, for the vectorizer.
template <class T>
bool any_not_finite(const T* x, int64_t n) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  constexpr Bits exponent = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
  Bits bad = 0;
  for (int64_t i = 0; i < n; ++i) bad |= (std::bit_cast<Bits>(x[i]) & exponent) == exponent;
  return bad != 0;
}

// "float32 [2, 3]: 1 inf, 2 nan, 3 finite in -1..2 with mean 0.5"
std::string describe(const Tensor& x) {
  std::string form = text(name(x.dtype()), " ", x.shape());
  if (!is_checked(x)) return form;
  int64_t inf = 0, nan = 0, finite = 0;
  double min = INFINITY, max = -INFINITY, sum = 0;
  Tensor dense = x.detach().contiguous();
  dispatch_floating("check_numerics", x.dtype(), [&]<class T>(T) {
    for (const T *v = detail::pointer<T>(dense), *end = v + dense.numel(); v != end; ++v) {
      inf += std::isinf(*v);
      nan += std::isnan(*v);
      if (!std::isfinite(*v)) continue;
      auto value = static_cast<double>(*v);
      ++finite;
      sum += value;
      min = std::min(min, value);
      max = std::max(max, value);
    }
  });
  auto number = [](double v) {
    char digits[32];
    return std::string(digits, std::to_chars(digits, digits + 32, v, std::chars_format::general, 6).ptr);
  };
  std::string range = finite == 0 ? ""
                                  : text(" in ", number(min), "..", number(max), " with mean ",
                                         number(sum / static_cast<double>(finite)));
  if (inf + nan == 0) return text(form, ", all finite", range);
  return text(form, " with ", inf, " inf, ", nan, " nan, ", finite, " finite", range);
}

const char* kind_of(const Tensor& x, int64_t flat) {
  double value = x.detach().reshape({-1})[flat].item<double>();
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

Shape index_of(const Shape& shape, int64_t flat) {
  Shape index(shape.rank(), 0);
  for (int64_t d = shape.rank() - 1; d >= 0; flat /= shape[d--]) index[d] = flat % shape[d];
  return index;
}

constexpr const char* kMadeHere =
    ". Hint: a smaller learning rate, an eps in a division or a root, log_softmax for the log of a softmax";

}  // namespace

// The flat index of the first value that is one too many; -1 where there is none.
int64_t CheckNumerics::first_bad(const Tensor& x, bool infinities) const {
  if (!is_checked(x)) return -1;
  Tensor dense = x.detach().contiguous();
  return dispatch_floating("check_numerics", x.dtype(), [&]<class T>(T) -> int64_t {
    const T *v = detail::pointer<T>(dense), *end = v + dense.numel();
    if (!any_not_finite(v, dense.numel())) return -1;
    const T* at = std::find_if(v, end, [&](T a) { return std::isnan(a) || (infinities && std::isinf(a)); });
    return at == end ? -1 : at - v;
  });
}

std::string CheckNumerics::place() const {
  std::string path = detail::scope_path(detail::current_scope);
  return text(path.empty() ? "" : " in " + path, options_.step < 0 ? "" : text(" at step ", options_.step));
}

std::string CheckNumerics::row_text(int64_t row) const {
  return text("row ", row, options_.token_text ? text(" (\"", options_.token_text(row), "\")") : "");
}

std::string CheckNumerics::incoming() const {
  return dy_.defined() ? text("; the gradient of its output was ", describe(dy_)) : "";
}

void CheckNumerics::made(const char* op, const Tensor& y, const Tensor* const* inputs, int count) {
  for (int i = 0; i < count; ++i)
    if (inputs[i]->defined() && inputs[i]->shares_storage(y)) return;  // a view: the same values
  bool infinities = options_.infinities && std::string_view(op) != "masked_fill";
  int64_t at = first_bad(y, infinities);
  if (at < 0) return;
  std::string given, row;
  bool held = false;
  for (int i = 0; i < count; ++i) {
    if (!inputs[i]->defined()) continue;
    given += text("; input ", i, " was ", describe(*inputs[i]));
    held = held || first_bad(*inputs[i], options_.infinities) >= 0;
  }
  if (std::string_view(op) == "embedding")
    row = text(" from ",
               row_text(inputs[1]->contiguous().data<int64_t>()[at / std::max<int64_t>(y.size(-1), 1)]));
  fail_numerics(text(op, place(), held ? " passed on " : " made ", kind_of(y, at), row, " at index ",
                     index_of(y.shape(), at), " of its output ", describe(y), given,
                     held ? ". Hint: it was there before this op: in a parameter, the data or a mask "
                            "(.infinities = false looks for nan alone)"
                          : kMadeHere));
}

void CheckNumerics::running(detail::Node& node, const Tensor& dy) {
  dy_ = dy.detach();
  int64_t at = first_bad(dy, options_.infinities);
  if (at < 0) return;
  fail_numerics(text("The gradient of ", node.name, "'s output", place(), " is ", kind_of(dy, at),
                     " at index ", index_of(dy.shape(), at), " of ", describe(dy),
                     ". Hint: the sum over the output's uses, a hook or the gradient given made it"));
}

void CheckNumerics::gradient(const char* rule, int index, const Tensor& g) {
  int64_t at = first_bad(g, options_.infinities);
  if (at < 0) return;
  fail_numerics(text("The gradient rule of ", rule, place(), " made ", kind_of(g, at), " at index ",
                     index_of(g.shape(), at), " of the gradient of input ", index, ", ", describe(g),
                     incoming(), kMadeHere));
}

void CheckNumerics::gradient(const char* rule, int index, const RowGrad& g) {
  int64_t at = first_bad(g.values(), options_.infinities);
  if (at < 0) return;
  int64_t row = g.indices().data<int64_t>()[at / (g.values().numel() / g.count())];
  fail_numerics(text("The gradient rule of ", rule, place(), " made ", kind_of(g.values(), at), " for ",
                     row_text(row), " of the gradient of input ", index, ", ", g.count(), " rows of ",
                     g.rows(), ", ", describe(g.values()), incoming(), kMadeHere));
}

}  // namespace lexigrad
