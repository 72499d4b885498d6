// What every optimizer shares: parameters, learning rate, the state that a checkpoint keeps.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/nn/parameter.h"
#include "lexigrad/train/optim/slots.h"

namespace lexigrad::optim {

/// Rows of a table that are not in the batch, where its gradient is a RowGrad (a dense one has all rows):
///   dense  have gradient 0, as in torch's Adam and SGD: momentum goes on moving them, decay shrinks them
///   lazy   are left alone, as in torch's SparseAdam: no decay, no moments, no movement
enum class Rows { dense, lazy };

/// Named tensors in a stable order: "adam.step.<name>" (int64, rank 0) of every parameter and, once it
/// has had a gradient, its slots "adam.m.<name>" and "adam.v.<name>" in its shape.
using State = std::vector<std::pair<std::string, Tensor>>;

/// Weight decay, and the parameters that it leaves out: by name, where * stands for any letters ("*.bias").
struct Decay {
  double weight = 0;
  std::vector<std::string> except = {};
};

/// Derive from it for an optimizer of one's own: the constructor names its slots, update() is one step of a
/// parameter, mostly one call of update_rows() (update_rows.h).
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Moves every parameter that has a gradient, as the rules of its rows let it, and then holds their
  /// max_norm. Allocates at a parameter's first step, and after it has grown, only.
  void step();
  /// Drops the gradients.
  void zero_grad() const;

  const std::vector<nn::ParameterRef>& parameters() const { return parameters_; }
  /// The name of parameter i in the state: its own, with "#i" behind it where that is empty or taken.
  const std::string& name(size_t i) const { return names_[i]; }
  double lr() const { return lr_; }
  /// Throws unless finite and >= 0.
  void set_lr(double lr);

  /// Slots may share memory with the optimizer (clone() what must outlive the next step).
  State state() const;
  /// Copies a state() of the same optimizer and parameters; throws, changing nothing, where it does not fit.
  void load_state(const State& state);

 protected:
  /// What one parameter has collected so far.
  struct Memory {
    int64_t steps = 0;
    Slots slots;
  };
  /// `kind` is what names and messages begin with, `slots` the tensors that each parameter needs.
  Optimizer(std::string kind, std::vector<nn::ParameterRef> parameters, double lr, const Decay& decay,
            std::vector<std::string> slots);
  /// One step of a parameter that has a gradient; memory.steps counts this one already.
  virtual void update(const nn::ParameterRef& parameter, double weight_decay, Memory& memory) const = 0;
  /// Throws naming the option unless low <= value < high and finite.
  void check_option(const char* option, double value, double low, double high) const;

 private:
  std::string kind_;
  std::vector<nn::ParameterRef> parameters_;
  std::vector<std::string> names_;
  double lr_ = 0;
  std::vector<double> weight_decay_;  ///< for each parameter
  std::vector<std::string> slot_names_;
  std::vector<Memory> memory_;
};

}  // namespace lexigrad::optim
