// Central differences of a function, entry by entry, for gradcheck.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "lexigrad/autograd/checks/gradcheck.h"

namespace lexigrad::detail {

using Outputs = std::vector<Tensor>;

/// "[1,0]".
std::string index_text(const Shape& index);
/// The index of a flat row-major position.
Shape unravel(int64_t flat, const Shape& shape);
/// "input 0, index [1,0]".
std::string place_of(const GradEntry& entry);
bool is_checked(const GradcheckInput& input);
/// Uniform numbers in (-1, 1) of each output's shape, float64; others for each output.
Outputs random_cotangents(const Outputs& y, uint64_t seed);

/// Differences of <f(), cotangents> against the gradients that the rules gave.
class Comparison {
 public:
  /// `y` is what f() gives, `op` what made it.
  Comparison(const std::function<Outputs()>& f, const Outputs& y, std::string op,
             const GradcheckOptions& options);
  /// Compares all entries of an input.
  void input(const GradcheckInput& input, const Tensor& analytic);
  const GradcheckResult& result() const { return result_; }

 private:
  void left_out(const std::string& what);
  double at(double& x, double value) const;
  void differences(GradEntry entry, double& x);

  const std::function<Outputs()>& f_;
  const GradcheckOptions& options_;
  Outputs cotangents_;
  double middle_ = 0;
  GradcheckResult result_;
};

}  // namespace lexigrad::detail
