// What every optimizer shares: parameters, learning rate, the state that a checkpoint keeps.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/nn/parameter.h"
#include "lexigrad/train/optim/slots.h"

namespace lexigrad::nn {
class Module;
}

namespace lexigrad::optim {

/// Rows of a table that are not in the batch, where its gradient is a RowGrad (a dense one has all rows):
///   dense  have gradient 0, as in torch's Adam and SGD: momentum goes on moving them, decay shrinks them
///   lazy   are left alone, as in torch's SparseAdam: no decay, no moments, no movement
enum class Rows { dense, lazy };

/// Named tensors in a stable order: "adam.step.<name>" (int64, rank 0) of every parameter and, once it
/// has had a gradient, its slots "adam.m.<name>" and "adam.v.<name>" in its shape.
using State = std::vector<std::pair<std::string, Tensor>>;

/// Parameters with options of their own: what is not given is the optimizer's. A schedule scales the
/// learning rates of all groups alike.
struct ParameterGroup {
  std::vector<nn::ParameterRef> parameters;
  std::optional<double> lr = {}, weight_decay = {};
  std::optional<Rows> rows = {};
};

/// What an optimizer moves: a list of parameters, or of groups, {{.parameters = ..., .lr = 0.01}, ...}.
class ParameterGroups {
 public:
  ParameterGroups() = default;
  ParameterGroups(std::vector<nn::ParameterRef> parameters)
      : groups_{{.parameters = std::move(parameters)}} {}
  ParameterGroups(std::initializer_list<nn::ParameterRef> parameters)
      : ParameterGroups(std::vector<nn::ParameterRef>(parameters)) {}
  ParameterGroups(std::vector<ParameterGroup> groups) : groups_(std::move(groups)) {}
  ParameterGroups(std::initializer_list<ParameterGroup> groups) : groups_(groups) {}
  ParameterGroups(const nn::Module&) = delete;  // write module.parameters()

  auto begin() const { return groups_.begin(); }
  auto end() const { return groups_.end(); }

 private:
  std::vector<ParameterGroup> groups_;
};

/// What one step of one parameter is to go by.
struct StepOptions {
  double lr, weight_decay = 0;
  Rows rows = Rows::dense;
};

/// Derive from it for an optimizer of one's own: the constructor names its slots, update() is one step of a
/// parameter, mostly one call of update_rows() (update_rows.h). examples/19_your_own_optimizer.cpp is one.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Moves every parameter that has a gradient, as the rules of its rows let it, and then holds their
  /// max_norm. Allocates at a parameter's first step, and after it has grown, only. Throws, moving nothing,
  /// where the module has another tensor in a parameter's place by now.
  void step();
  /// Drops the gradients.
  void zero_grad() const;

  const std::vector<nn::ParameterRef>& parameters() const { return parameters_; }
  /// The name of parameter i in the state: its own, with "#i" behind it where that is empty or taken.
  const std::string& name(size_t i) const { return names_[i]; }
  double lr() const { return lr_; }
  /// The rate of parameter i: its group's, which follows set_lr() in proportion.
  double lr(size_t i) const;
  /// The learning rate of parameters whose group has none; the others' change by the same factor. Throws
  /// unless finite and >= 0.
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
  /// `kind` is what names and messages begin with, `options` those of groups that have none, but for
  /// parameters whose names are in `no_decay`, which do not decay; `slots` the tensors that each needs.
  Optimizer(std::string kind, const ParameterGroups& groups, const StepOptions& options,
            const std::vector<std::string>& no_decay, std::vector<std::string> slots);
  /// One step of a parameter that has a gradient; memory.steps counts this one already.
  virtual void update(const nn::ParameterRef& parameter, const StepOptions& options,
                      Memory& memory) const = 0;
  /// Throws naming the option unless low <= value < high and finite.
  void check_option(const char* option, double value, double low, double high) const;
  /// The same for what two averages keep at a step: 0 <= beta < 1.
  void check_betas(const std::pair<double, double>& betas) const;

 private:
  void add(const ParameterGroup& group, const StepOptions& standard);
  void leave_out(const std::vector<std::string>& no_decay);

  std::string kind_;
  std::vector<nn::ParameterRef> parameters_;
  std::vector<std::string> names_;
  double lr_ = 0, full_lr_ = 0;       ///< now, and as it was given
  std::vector<StepOptions> options_;  ///< for each parameter, as they were given
  std::vector<bool> has_own_lr_;      ///< for each parameter
  std::vector<std::string> slot_names_;
  std::vector<Memory> memory_;
};

}  // namespace lexigrad::optim
