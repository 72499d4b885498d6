// Central differences of a function, entry by entry, for gradcheck.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "lexigrad/autograd/checks/heard.h"

namespace lexigrad::detail {

/// "[1,0]".
std::string index_text(const Shape& index);
/// The index of a flat row-major position.
Shape unravel(int64_t flat, const Shape& shape);
/// "input 0, index [1,0]".
std::string place_of(const GradEntry& entry);
/// The element at an index, whatever the strides.
template <class T>
T& element(const Tensor& x, const Shape& index) {
  int64_t at = 0;
  for (int64_t d = 0; d < x.rank(); ++d) at += index[d] * x.strides()[d];
  return x.data<T>()[at];
}
/// Adds to a list of what was left out, of which only the beginning is kept.
void add_left_out(std::string& list, const std::string& what);

/// "the function is nan at index [1]" for the first entry that is not finite; empty: all are.
std::string not_finite(const Outputs& y);

/// Whether numbers, zeros apart, are all float32 numbers: those computed in float64 hardly are.
class Precision {
 public:
  void see(double x);
  bool is_float32() const { return any_ && !wide_; }
  bool is_settled() const { return wide_; }  ///< one is none

 private:
  bool any_ = false, wide_ = false;
};

/// Differences of <f(), cotangents> against the gradients that the rules gave.
class Comparison {
 public:
  /// `y` is what f() gives.
  Comparison(const std::function<Outputs()>& f, const Outputs& y, const GradcheckOptions& options);
  /// Compares all entries of an input.
  void input(const GradcheckInput& input, const Tensor& analytic);
  /// The result is not ok for this reason, if there is one and none was before.
  void refuse(const std::string& why);
  GradcheckResult result() const;

 private:
  double product_sum(const Outputs& y, const std::function<std::string()>& where);
  void see_precision(const Outputs& y);
  double at(double& x, double value, const GradEntry& entry);
  void leave_out(const std::string& what, int64_t entries);
  void weigh(const GradEntry& entry);
  void differences(GradEntry entry, double& x);
  bool is_kink(const GradEntry& entry, double& x, double h);
  bool is_jump(const GradEntry& entry, double& x, double h);

  const std::function<Outputs()>& f_;
  const GradcheckOptions& options_;
  Outputs cotangents_;
  Outputs middle_y_;
  double middle_ = 0;
  Precision changed_, gradient_;  ///< outputs that a step has changed; what the rules gave
  bool has_slope_ = false;
  bool has_entries_ = false;  ///< of a floating output
  GradcheckResult result_;
};

}  // namespace lexigrad::detail
