// One step of a run made again, bit for bit, and what is to be seen in it.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "lexigrad/train/optim/optimizer.h"
#include "lexigrad/train/runs/config.h"
#include "lexigrad/train/runs/diagnosis/batch_text.h"

namespace lexigrad::train {

struct ReplayedStep {
  /// 2-norms in double: of the weights after the step, and of the gradient as the step took it, behind clipping.
  struct Parameter {
    std::string name;
    double weights = 0, gradient = 0;
  };

  int64_t step = 0, total = 0, from = 0;  ///< from: the checkpoint's step, 0 for the start
  std::string unit;                       ///< of the loss, in nats: "token"
  double loss = 0, lr = 0;
  double gradient_norm = 0;  ///< of all together, before clipping
  std::vector<Parameter> parameters = {};
  std::string weights_sum = {};  ///< XXH64 of the weights after the step, in their order
  std::vector<BatchText> batches = {};
  std::string not_finite = {};  ///< what CheckNumerics found; empty where all is finite
  bool made = true;  ///< false where the step is refused: loss, rate and gradients are 0, weights as before
};

/// Goes from the newest checkpoint before `step` (1 .. the run's last) to it, and makes it under CheckNumerics. Writes
/// nothing into `folder`. `config` is what the command line says now; throws as resume() does.
ReplayedStep replay(const TrainConfig& config, const std::string& folder, int64_t step,
                    std::ostream& progress, int64_t memory = 0);

/// For people, and one JSON object, where loss and norm are in hexadecimal digits, too.
std::string replay_text(const ReplayedStep& replayed);
std::string replay_json(const ReplayedStep& replayed);

/// XXH64 of all weights, in the optimizer's order.
std::string weights_sum(const optim::Optimizer& optimizer);

}  // namespace lexigrad::train
