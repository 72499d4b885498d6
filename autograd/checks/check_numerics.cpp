#include "lexigrad/autograd/checks/check_numerics.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <deque>
#include <limits>
#include <string_view>
#include <vector>

#include "lexigrad/autograd/checks/differences.h"
#include "lexigrad/autograd/tape/module_path.h"
#include "lexigrad/autograd/tape/node.h"
#include "lexigrad/autograd/tape/observer.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {
namespace {

constexpr size_t kMasked = 64;  // tensors that are kept, to know the infinities of a mask again

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

// "output", or "output 1" of an op with several.
std::string output_name(size_t i, size_t count) { return count == 1 ? "output" : text("output ", i); }

constexpr const char* kMadeHere =
    ". Hint: a smaller learning rate, an eps in a division or a root, log_softmax for the log of a softmax";

}  // namespace

class CheckNumerics::Observer : public detail::TapeObserver {
 public:
  explicit Observer(CheckNumericsOptions options) : options_(std::move(options)) {}
  void set_step(int64_t step) { options_.step = step; }

 private:
  void made(const char* op, std::span<const Tensor> outputs, const Tensor* const* inputs, int count) override;
  void running(detail::Node& node, std::span<const Tensor> dy) override;
  void gradient(const char* rule, int index, const Tensor& g) override;
  void gradient(const char* rule, int index, const RowGrad& g) override;

  int64_t first_bad(const Tensor& x, bool infinities) const;
  [[noreturn]] void fail_made(const char* op, const std::string& output, const Tensor& y, int64_t at,
                              const Tensor* const* inputs, int count) const;
  bool has_mask(std::span<const Tensor* const> inputs) const;
  std::string place() const;
  std::string row_text(int64_t row) const;
  std::string incoming() const;

  CheckNumericsOptions options_;
  std::vector<Tensor> dy_;     ///< of the rule that runs
  std::deque<Tensor> masked_;  ///< made last of those with the infinities of a mask
};

CheckNumerics::CheckNumerics(CheckNumericsOptions options)
    : observer_(std::make_unique<Observer>(std::move(options))) {}
CheckNumerics::~CheckNumerics() = default;
void CheckNumerics::set_step(int64_t step) { observer_->set_step(step); }

// The flat index of the first value that is one too many; -1 where there is none.
int64_t CheckNumerics::Observer::first_bad(const Tensor& x, bool infinities) const {
  if (!is_checked(x)) return -1;
  Tensor dense = x.detach().contiguous();
  return dispatch_floating("check_numerics", x.dtype(), [&]<class T>(T) -> int64_t {
    const T *v = detail::pointer<T>(dense), *end = v + dense.numel();
    if (!any_not_finite(v, dense.numel())) return -1;
    const T* at = std::find_if(v, end, [&](T a) { return std::isnan(a) || (infinities && std::isinf(a)); });
    return at == end ? -1 : at - v;
  });
}

std::string CheckNumerics::Observer::place() const {
  std::string path = detail::scope_path(detail::current_scope);
  return text(path.empty() ? "" : " in " + path, options_.step < 0 ? "" : text(" at step ", options_.step));
}

std::string CheckNumerics::Observer::row_text(int64_t row) const {
  return text("row ", row, options_.token_text ? text(" (\"", options_.token_text(row), "\")") : "");
}

std::string CheckNumerics::Observer::incoming() const {
  std::string out;
  for (size_t i = 0; i < dy_.size(); ++i)
    if (dy_[i].defined())
      out += text("; the gradient of its ", output_name(i, dy_.size()), " was ", describe(dy_[i]));
  return out;
}

void CheckNumerics::Observer::made(const char* op, std::span<const Tensor> outputs,
                                   const Tensor* const* inputs, int count) {
  bool fills = std::string_view(op) == "masked_fill";
  for (size_t k = 0; k < outputs.size(); ++k) {
    const Tensor& y = outputs[k];
    auto is_viewed = [&](const Tensor* x) { return x->defined() && x->shares_storage(y); };
    if (std::any_of(inputs, inputs + count, is_viewed)) continue;  // the same values
    int64_t at = first_bad(y, options_.infinities);
    if (at >= 0 && (fills || has_mask({inputs, static_cast<size_t>(count)}))) {
      at = first_bad(y, false);
      masked_.push_back(y.detach());
      if (masked_.size() > kMasked) masked_.pop_front();
    }
    if (at >= 0) fail_made(op, output_name(k, outputs.size()), y, at, inputs, count);
  }
}

// True where what is not finite in the inputs, and something is, comes from a mask.
bool CheckNumerics::Observer::has_mask(std::span<const Tensor* const> inputs) const {
  bool any = false;
  for (const Tensor* x : inputs) {
    if (!x->defined() || first_bad(*x, true) < 0) continue;
    auto is_it = [&](const Tensor& masked) { return masked.shares_storage(*x); };
    if (std::none_of(masked_.begin(), masked_.end(), is_it)) return false;
    any = true;
  }
  return any;
}

void CheckNumerics::Observer::fail_made(const char* op, const std::string& output, const Tensor& y,
                                        int64_t at, const Tensor* const* inputs, int count) const {
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
                     detail::unravel(at, y.shape()), " of its ", output, " ", describe(y), given,
                     held ? ". Hint: it was there before this op: in a parameter, the data or a mask "
                            "(.infinities = false looks for nan alone)"
                          : kMadeHere));
}

void CheckNumerics::Observer::running(detail::Node& node, std::span<const Tensor> dy) {
  dy_.clear();
  for (const Tensor& part : dy) dy_.push_back(part.defined() ? part.detach() : part);
  for (size_t k = 0; k < dy_.size(); ++k) {
    int64_t at = dy_[k].defined() ? first_bad(dy_[k], options_.infinities) : -1;
    if (at < 0) continue;
    fail_numerics(text("The gradient of ", node.name, "'s ", output_name(k, dy_.size()), place(), " is ",
                       kind_of(dy_[k], at), " at index ", detail::unravel(at, dy_[k].shape()), " of ",
                       describe(dy_[k]),
                       ". Hint: the sum over the output's uses, a hook or the gradient given made it"));
  }
}

void CheckNumerics::Observer::gradient(const char* rule, int index, const Tensor& g) {
  int64_t at = first_bad(g, options_.infinities);
  if (at < 0) return;
  fail_numerics(text("The gradient rule of ", rule, place(), " made ", kind_of(g, at), " at index ",
                     detail::unravel(at, g.shape()), " of the gradient of input ", index, ", ", describe(g),
                     incoming(), kMadeHere));
}

void CheckNumerics::Observer::gradient(const char* rule, int index, const RowGrad& g) {
  int64_t at = first_bad(g.values(), options_.infinities);
  if (at < 0) return;
  int64_t row = g.indices().data<int64_t>()[at / (g.values().numel() / g.count())];
  fail_numerics(text("The gradient rule of ", rule, place(), " made ", kind_of(g.values(), at), " for ",
                     row_text(row), " of the gradient of input ", index, ", ", g.count(), " rows of ",
                     g.rows(), ", ", describe(g.values()), incoming(), kMadeHere));
}

}  // namespace lexigrad
