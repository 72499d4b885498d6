// All optimizers by name.
#pragma once
#include <string>
#include <vector>

#include "lexigrad/autograd/base/table.h"
#include "lexigrad/train/optim/optimizer_kind.h"

namespace lexigrad::optim {

Table<OptimizerKind>& optimizers();
/// Adds an optimizer of one's own: const optim::OptimizerEntry mine({.name = "mine", ...});
using OptimizerEntry = TableEntry<optimizers>;

/// The learning rates where none is given, as a sentence has them: "0.003 for adam and adamw, 1 for sgd".
std::string standard_rates();

}  // namespace lexigrad::optim
