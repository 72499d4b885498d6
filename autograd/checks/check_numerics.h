// Where the first inf or nan comes from.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace lexigrad {

struct CheckNumericsOptions {
  std::function<std::string(int64_t id)> token_text = {};  ///< of a lookup's id, for the message
  int64_t step = -1;                                       ///< for the message; -1: none
  bool infinities = true;  ///< false: nan only, for models that work with infinities (masks of -inf)
};

/// While one lives, the first op of this thread that makes an inf or nan, and the first
/// gradient rule that does, throws NumericsError: the op, the module's path, the step, the
/// index (of a lookup: the row and its token), shapes, counts of inf and nan, and range and
/// mean of what is finite in outputs and inputs. What masked_fill fills in may be infinite, and passed on.
/// Reads every value once more; without one nothing is read.
class [[nodiscard]] CheckNumerics {
 public:
  explicit CheckNumerics(CheckNumericsOptions options = {});
  ~CheckNumerics();
  CheckNumerics(const CheckNumerics&) = delete;
  CheckNumerics& operator=(const CheckNumerics&) = delete;
  /// For the messages, from now on.
  void set_step(int64_t step);

 private:
  class Observer;
  std::unique_ptr<Observer> observer_;
};

}  // namespace lexigrad
