// Where the first inf or nan comes from.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "lexigrad/autograd/tape/observer.h"

namespace lexigrad {

struct CheckNumericsOptions {
  std::function<std::string(int64_t id)> token_text = {};  // of a lookup's id, for the message
  int64_t step = -1;                                       ///< for the message; -1: none
  bool infinities = true;  ///< false: nan only, for models that work with infinities (masks of -inf)
};

/// While one lives, the first op of this thread that makes an inf or nan, and the first gradient rule that
/// does, throws NumericsError: the op, the module's path, the step, the index (of a lookup: the row and its
/// token), shapes, counts of inf and nan, and range and mean of what is finite in outputs and inputs. What
/// masked_fill fills in may be infinite. Reads every value once more; without one nothing is read.
class CheckNumerics : private detail::TapeObserver {
 public:
  explicit CheckNumerics(CheckNumericsOptions options = {}) : options_(std::move(options)) {}
  /// For the messages, from now on.
  void set_step(int64_t step) { options_.step = step; }

 private:
  void made(const char* op, const Tensor& y, const Tensor* const* inputs, int count) override;
  void running(detail::Node& node, const Tensor& dy) override;
  void gradient(const char* rule, int index, const Tensor& g) override;
  void gradient(const char* rule, int index, const RowGrad& g) override;

  int64_t first_bad(const Tensor& x, bool infinities) const;
  std::string place() const;
  std::string row_text(int64_t row) const;
  std::string incoming() const;

  CheckNumericsOptions options_;
  Tensor dy_;  ///< of the rule that runs
};

}  // namespace lexigrad
