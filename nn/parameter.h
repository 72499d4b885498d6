// Parameters: as members of a module, and as optimizers and files see them, with path and
// rules for rows.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"
#include "lexigrad/nn/tracked.h"

namespace lexigrad::nn {

/// Which tensor the Parameters that share a RowRules are handles on now. Copying rules leaves it alone.
struct HeldBy {
  HeldBy() = default;
  HeldBy(const HeldBy&) {}
  HeldBy& operator=(const HeldBy&) { return *this; }

  const void* tensor = nullptr;  ///< its id(); null: not a Parameter's
  int parameters = 0;
};

/// How the rows of a table (slices of the first dimension) may change. All handles on a
/// table share one.
struct RowRules {
  int64_t constant_row = -1;  ///< no gradient, no decay, no moments (padding_idx); -1: none
  Tensor rates = {};          ///< (rows), float64: share of the learning rate, 0: constant; undefined: all 1
  double max_norm = 0;        ///< of rows with a gradient, after the step; 0: any
  double norm_type = 2;       ///< > 0, infinity too
  HeldBy held = {};

  double rate(int64_t row) const {
    return row == constant_row ? 0 : rates.defined() ? rates.data<double>()[row] : 1;
  }
  /// True where every row may change freely.
  bool plain() const { return constant_row < 0 && !rates.defined() && max_norm == 0; }
};

/// A handle on a parameter (it shares the tensor and the rules).
struct ParameterRef : Tensor {
  ParameterRef() = default;
  ParameterRef(Tensor tensor, std::string name = {}, int64_t constant_row = -1)
      : Tensor(std::move(tensor)), name(std::move(name)) {
    if (constant_row != -1) rules = std::make_shared<RowRules>(RowRules{.constant_row = constant_row});
  }

  /// -1: none.
  int64_t constant_row() const { return rules ? rules->constant_row : -1; }
  /// Share of the learning rate for each row (rows), each >= 0: a row of rate 0 has no step, no
  /// decay, no moments and no part in the gradient norm. All handles follow, an optimizer's
  /// too. An undefined tensor gives all rows rate 1.
  void set_row_rates(const Tensor& rates) const;
  /// Gives these rows rate 0.
  void freeze_rows(const Tensor& ids) const;
  void freeze_rows(const std::vector<int64_t>& ids) const;
  /// False once the Parameters that this was a handle on have another tensor, by to(), tie() or assignment.
  bool is_current() const { return !rules || !rules->held.tensor || rules->held.tensor == id(); }
  /// More rows below, in place: all handles on the tensor see them. Their rate is 1; the
  /// gradient is dropped.
  void append_rows(const Tensor& rows) const;

  std::string name;                 ///< a path such as "tok.weight"
  std::shared_ptr<RowRules> rules;  ///< null where a plain tensor was given: plain ones
};

/// "Parameter containing:" and the tensor, as PyTorch prints.
std::ostream& operator<<(std::ostream& out, const ParameterRef& parameter);
/// A line for each: its name and shape, "tok.weight [10, 4]".
std::ostream& operator<<(std::ostream& out, const std::vector<ParameterRef>& parameters);

/// A member of a Module that trains. It cannot be copied; weight tying is tie().
class Parameter : public ParameterRef, public detail::Tracked {
 public:
  Parameter() : Tracked(detail::Kind::parameter) {}
  /// A leaf over the values' storage that requires a gradient (unless told otherwise).
  /// float32, float64 or bfloat16, whose gradient is float32.
  explicit Parameter(const Tensor& values, bool requires_grad = true);
  Parameter(Parameter&&) = default;
  Parameter& operator=(Parameter&& other) noexcept;
  ~Parameter();

  /// Becomes another handle on `leaf`: one tensor, one gradient, one set of row rules, listed
  /// once by the module that has both and written once to files. Throws where both have row
  /// rules of their own.
  void tie(const ParameterRef& leaf);

 private:
  /// Has other rules from now on; handles on what nothing holds any more learn that.
  void share(std::shared_ptr<RowRules> other) noexcept;
};

/// A member of a Module that is part of its state and does not train, such as counts.
class Buffer : public Tensor, public detail::Tracked {
 public:
  Buffer() : Tracked(detail::Kind::buffer) {}
  explicit Buffer(const Tensor& values) : Tensor(values), Tracked(detail::Kind::buffer) {}
  Buffer(Buffer&&) = default;
  Buffer& operator=(Buffer&&) = default;
};

/// A parameter as ops take it that are no look-up and not linear(): a bfloat16 one as float32, on the tape.
inline Tensor widened(const Tensor& parameter) { return parameter.to(arithmetic_dtype(parameter.dtype())); }

/// Plain tensors as parameters without names.
inline std::vector<ParameterRef> as_parameters(const std::vector<Tensor>& tensors) {
  return {tensors.begin(), tensors.end()};
}

}  // namespace lexigrad::nn
