// An optimizer as the command line, a saved run and the tests know it: by its name.
#pragma once
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/options.h"
#include "lexigrad/train/optim/optimizer.h"

namespace lexigrad::optim {

/// What a run says of its optimizer.
struct OptimizerSettings {
  double lr;                               ///< learning rate
  Rows rows = Rows::dense;                 ///< what becomes of rows outside the batch
  OptionValues options;                    ///< a value for each of the kind's options
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// A row of optimizers().
struct OptimizerKind {
  std::string name;             ///< "adam"
  std::string help;             ///< one line
  double lr;                    ///< the learning rate where none is given
  std::vector<Option> options;  ///< a name that several kinds have means the same to all
  /// What is kept of a table of tokens: "m", "v".
  std::function<SlotKinds(const OptionValues&)> slots;
  std::function<std::unique_ptr<Optimizer>(const ParameterGroups&, const OptimizerSettings&)> make;
  /// The learning rate under attention, or a loss other than softmax, where that must be another; 0: lr.
  double careful_lr = 0;
  SlotKinds matrix_slots = {};  ///< what is kept of an encoder's matrix, where that is not what a table has
  bool averages = false;        ///< evaluates and saves an average of its own making: no other is taken
};

/// The option of all kinds whose weights decay.
inline Option weight_decay_option() {
  return {
      "weight-decay", 5e-5, Real{0, std::numeric_limits<double>::infinity()},
      "L2, added to the gradient; adamw, schedule-free-adamw, lion, muon, soap and adafactor shrink the weights instead"};
}

/// The row of an optimizer `Method(parameters, Options)` with these slots and no option but the decay.
template <class Method, class Options>
OptimizerKind kind_of(std::string name, std::string help, double lr, SlotKinds slots) {
  return {.name = std::move(name),
          .help = std::move(help),
          .lr = lr,
          .options = {weight_decay_option()},
          .slots = [slots = std::move(slots)](const OptionValues&) { return slots; },
          .make =
              [](const ParameterGroups& parameters, const OptimizerSettings& s) {
                Options options;
                options.lr = s.lr;
                options.weight_decay = s.options.get<double>("weight-decay");
                options.rows = s.rows;
                options.no_decay = s.no_decay;
                return std::make_unique<Method>(parameters, options);
              }};
}

}  // namespace lexigrad::optim
