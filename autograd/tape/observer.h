// Observers of the tape (CheckNumerics, GraphTrace). Cost without one: a branch.
#pragma once
#include <span>
#include <utility>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::detail {

/// Sees what the tape does in this thread, while it lives. Ops that an observer itself
/// calls are not seen.
class TapeObserver {
 public:
  TapeObserver();
  virtual ~TapeObserver();
  TapeObserver(const TapeObserver&) = delete;
  TapeObserver& operator=(const TapeObserver&) = delete;

  /// An op has made `outputs`, which have their places on the tape (or none, where no
  /// gradient is wanted).
  virtual void made(const char* /*op*/, std::span<const Tensor> /*outputs*/, const Tensor* const* /*inputs*/,
                    int /*count*/) {}
  /// The rule of a node is about to run on dy, the whole gradients of its outputs; those that
  /// nothing reached are undefined, or left out at the end.
  virtual void running(Node&, std::span<const Tensor> /*dy*/) {}
  /// A rule has made a gradient for its input `index`.
  virtual void gradient(const char*, int, const Tensor&) {}
  virtual void gradient(const char*, int, const RowGrad&) {}
  /// A rule reads what it has saved.
  virtual void read(const Tensor&) {}

 private:
  friend struct Observers;
  TapeObserver* next_;
};

/// The observers of this thread, newest first; null where there are none, or one is at work.
extern constinit thread_local TapeObserver* observers;

/// Tells all observers; call where `observers` is not null.
struct Observers {
  static void made(const char* op, std::span<const Tensor> outputs, const Tensor* const* inputs, int count);
  static void running(Node& node, std::span<const Tensor> dy);
  static void gradient(const char* rule, int index, const Tensor& g);
  static void gradient(const char* rule, int index, const RowGrad& g);
  static void read(const Tensor& saved);

 private:
  template <class F>
  static void each(const F& tell);
};

}  // namespace lexigrad::detail
