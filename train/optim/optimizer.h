// What every optimizer shares: parameters, learning rate, the state that a checkpoint keeps.
#pragma once
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/fork/fork.h"
#include "lexigrad/autograd/tape/row_reader.h"
#include "lexigrad/nn/parameter.h"
#include "lexigrad/train/optim/late_rows.h"
#include "lexigrad/train/optim/rounding.h"
#include "lexigrad/train/optim/slots.h"

namespace lexigrad::nn {
class Module;
}

namespace lexigrad::optim {

/// Rows of a table that are not in the batch, where its gradient is a RowGrad (a dense one has all rows):
///   dense       have gradient 0, as in torch's Adam and SGD: momentum goes on moving them, decay shrinks them
///   lazy        are left alone, as in torch's SparseAdam: no decay, no moments, no movement
///   lazy_exact  mean the same as dense ones, at the cost of lazy ones: a row takes the steps that it missed when
///               it is next read: embedding(), embedding_bag() and linear_rows() see to that; whatever reads
///               the table otherwise calls Optimizer::catch_up() before, or takes Optimizer::caught_up().
enum class Rows { dense, lazy, lazy_exact };
/// Rows named "dense", "lazy" or "lazy_exact"; throws for another name.
Rows rows_by_name(const std::string& name);
/// The names of Rows, in their order.
const std::vector<std::string>& row_modes();

/// Named tensors in a stable order: "adam.step.<name>" (int64, rank 0) of every parameter and, once it
/// has had a gradient, its slots "adam.m.<name>" and "adam.v.<name>" in their shapes. With lazy_exact rows also
/// "adam.seen.<name>" (rows), "adam.rates.<name>" (steps) and "adam.weight.<name>", the rows as they stand;
/// with a bfloat16 parameter "adam.rounding" (int64, rank 0), the seed of its rounding. Its slots are float32.
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
  int64_t number = 0;      ///< of the parameter's steps, from 1
  Rounding rounding = {};  ///< of a bfloat16 parameter
};

/// How far an average that a method makes of its own steps has come.
struct Averaging {
  double largest_lr = 0, sum = 0;  ///< of the rates and of the shares so far
};

/// What one parameter has collected so far.
struct Memory {
  int64_t steps = 0;
  Slots slots;
  LateRows late;             ///< of lazy_exact rows
  Averaging averaging = {};  ///< where averages() is true
};

/// Parameters are float32, float64 or bfloat16. Steps of the last are computed in float32, with its slots, and
/// rounded at random (rounding.h), by the seed of manual_seed() when the optimizer was made.
///
/// Derive from it for an optimizer of one's own: the constructor names its slots, update() is one step of a
/// parameter, mostly one call of update_rows() (update_rows.h). examples/19_your_own_optimizer.cpp is one.
class Optimizer {
 public:
  virtual ~Optimizer();
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Moves every parameter that has a gradient, as the rules of its rows let it, and then holds their
  /// max_norm. Allocates at a parameter's first step, and after it has grown, only. Throws, moving nothing,
  /// where the module has another tensor in a parameter's place by now.
  void step();
  /// Drops the gradients.
  void zero_grad() const;
  /// Lets lazy_exact rows take the steps that they missed: all rows of all parameters, or those of parameter i, at
  /// ids (int64, any shape; those outside the table are left out) where they are given.
  void catch_up();
  void catch_up(size_t i, const Tensor& ids = {});
  /// Parameter i as it is when all its rows have caught up: itself, or a copy where some are behind, which
  /// stay so. The same bits whenever it is looked at.
  Tensor caught_up(size_t i) const;

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
  using Memory = optim::Memory;
  /// `kind` is what names and messages begin with, `options` those of groups that have none, but for
  /// parameters whose names are in `no_decay`, which do not decay; `slots` the tensors that each needs.
  Optimizer(std::string kind, const ParameterGroups& groups, const StepOptions& options,
            const std::vector<std::string>& no_decay, SlotKinds slots);
  /// One step of a parameter that has a gradient; memory.steps counts this one already.
  virtual void update(const nn::ParameterRef& parameter, const StepOptions& options,
                      Memory& memory) const = 0;
  /// What is kept of that parameter: for all the same unless an optimizer says otherwise.
  virtual SlotKinds slots_for(const nn::ParameterRef&) const { return slots_; }
  /// True where steps leave parameters at another point than the one to evaluate and save, an average: caught_up()
  /// and CaughtUp show that one, and the state has both.
  virtual bool averages() const { return false; }
  /// Moves the copy of a parameter that has these slots to that point.
  virtual void average(const nn::ParameterRef&, const Slots&) const {}
  /// Throws naming the option unless low <= value < high and finite.
  void check_option(const char* option, double value, double low, double high) const;
  /// The same for what two averages keep at a step: 0 <= beta < 1.
  void check_betas(const std::pair<double, double>& betas) const;

 private:
  void add(const ParameterGroup& group, const StepOptions& standard);
  void leave_out(const std::vector<std::string>& no_decay);
  std::string key_of(const std::string& what, size_t i) const { return kind_ + "." + what + "." + names_[i]; }
  StepOptions step_of(size_t i) const;
  bool rounds() const;
  void begin_step(size_t i);
  void end_step(size_t i);
  void read(size_t i, const Tensor& ids);
  void bring_up(size_t i) const;
  Tensor copy_caught_up(size_t i) const;

  std::string kind_;
  std::vector<nn::ParameterRef> parameters_;
  std::vector<std::string> names_;
  double lr_ = 0, full_lr_ = 0;  ///< now, and as it was given
  uint64_t rounding_seed_ = 0;
  std::vector<StepOptions> options_;  ///< for each parameter, as they were given
  std::vector<bool> has_own_lr_;      ///< for each parameter
  SlotKinds slots_;
  mutable std::vector<Memory> memory_;  ///< mutable: a look at late rows names them there
  lexigrad::detail::ForkMutex reading_;
  std::deque<RowReader> readers_;  ///< of lazy_exact rows
  friend class CaughtUp;
};

/// While it lives, parameters hold their rows as caught_up() has them: for evaluating and saving, not for steps.
class [[nodiscard]] CaughtUp {
 public:
  explicit CaughtUp(const Optimizer& optimizer);
  ~CaughtUp();
  CaughtUp(const CaughtUp&) = delete;
  CaughtUp& operator=(const CaughtUp&) = delete;

 private:
  const Optimizer& optimizer_;
  std::vector<size_t> shown_;
};

}  // namespace lexigrad::optim
