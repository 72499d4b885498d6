// What a rule keeps for backward.
#pragma once
#include <cstdint>
#include <utility>

#include "lexigrad/autograd/tape/observer.h"
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad {

/// A tensor that a rule keeps for backward: captured as [x = Saved(x)], it reads as the
/// tensor. Where the tensor was changed in place since, reading throws and names both
/// ops. May be undefined.
class Saved {
 public:
  explicit Saved(const Tensor& x);
  operator const Tensor&() const { return **this; }
  const Tensor& operator*() const {
    if (stale()) [[unlikely]]
      fail_stale();
    if (detail::observers && x_.defined()) [[unlikely]]
      detail::Observers::read(x_);
    return x_;
  }
  const Tensor* operator->() const { return &**this; }
  /// The tensor itself, for a rule that runs for the last time (Grads::last()).
  Tensor take() {
    static_cast<void>(**this);
    return std::move(x_);
  }

 private:
  bool stale() const;
  [[noreturn]] void fail_stale() const;
  Tensor x_;
  uint32_t version_ = 0;
};

}  // namespace lexigrad
