// The loop over batches: forward, backward, step; the position that a checkpoint keeps; evaluation.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lexigrad/autograd/checks/check_numerics.h"
#include "lexigrad/data/loader.h"
#include "lexigrad/nn/losses/loss.h"
#include "lexigrad/train/optim/optimizer.h"
#include "lexigrad/train/optim/schedules/schedule.h"

namespace lexigrad::train {

/// Loss of a batch of inputs and targets.
using LossFunction = std::function<nn::Loss(const Tensor& inputs, const Tensor& targets)>;

/// Where a run stands: `batch` batches of epoch `epoch` have been consumed after `step` steps and `tokens`
/// targets in all.
struct Position {
  int64_t step = 0, epoch = 0, batch = 0, tokens = 0;
};

/// A sum of losses and of their weights (one for each target, but for class weights), in double.
struct Tally {
  double sum = 0, weight = 0;
  double mean() const { return weight == 0 ? 0 : sum / weight; }
};

/// What the first step shows of a model that would silently not train; each list holds parameter names or
/// shapes.
struct Audit {
  std::vector<std::string> without_gradient, unchanged, unregistered;
  bool clean() const { return without_gradient.empty() && unchanged.empty() && unregistered.empty(); }
};
/// One line naming what does not train and what to do; empty for a clean audit.
std::string to_string(const Audit& audit);

/// Names of the parameters that hold a NaN or an infinity, as "a, b"; empty where all numbers are finite.
std::string not_finite(const optim::Optimizer& optimizer);

/// For a loss that is not finite, computed by `pass`: runs that again under CheckNumerics and throws its
/// error, with the parameters that are not finite. `what` begins the text: "The loss is nan at step 3".
[[noreturn]] void fail_not_finite(const std::string& what, const optim::Optimizer& optimizer,
                                  const CheckNumericsOptions& options, const std::function<void()>& pass);

struct TrainerOptions {
  bool check_numerics = false;  ///< in every step: gradients, too, and before they reach the loss; slower
  CheckNumericsOptions numerics = {};
  double clip_norm = 0;           ///< of all gradients together, before a step; 0: none
  optim::Schedule schedule = {};  ///< times the optimizer's learning rate as the trainer found it
};

class Trainer {
 public:
  /// The optimizer and the loader must outlive the trainer.
  Trainer(LossFunction loss, optim::Optimizer& optimizer, data::DataLoader& loader,
          TrainerOptions options = {});

  /// One batch. Throws NumericsError naming the step, the parameters and the op at fault, where the loss is
  /// not finite; the parameters are then as before.
  void step();
  /// The same, and what the step shows about every parameter.
  Audit audited_step();

  const Position& position() const { return position_; }
  /// Goes on from there; the parameters' and the optimizer's state are the caller's to restore.
  void restore(const Position& position, const Tally& since_log);

  /// Losses since the last call of take_tally().
  const Tally& tally() const { return tally_; }
  Tally take_tally() { return std::exchange(tally_, {}); }

 private:
  nn::Loss forward();
  void finish(const nn::Loss& loss);
  CheckNumericsOptions numerics() const;  // for the step that runs
  uint64_t draw_step() const { return static_cast<uint64_t>(position_.step) + 1; }
  std::optional<CheckNumerics> checks() const;

  LossFunction loss_;
  optim::Optimizer& optimizer_;
  data::DataLoader& loader_;
  TrainerOptions options_;
  double full_lr_;
  std::optional<data::DataLoader::Iterator> batches_;
  Position position_;
  Tally tally_;
};

/// Mean loss over one pass of the loader (what is left of it after seek()), off the tape.
double evaluate(const LossFunction& loss, data::DataLoader& loader);

}  // namespace lexigrad::train
