// The losses that a model's head can train by, by name. All take the same arguments, so that a
// model need not know which it has.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lexigrad/autograd/base/options.h"
#include "lexigrad/autograd/base/table.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

/// What a loss may need to know of the classes.
struct HeadClasses {
  int64_t count = 0;
  std::vector<int64_t> occurrences = {};  ///< how often each is in the text; empty: not known
};

/// The loss of x (..., dim) against int64 targets (...), with the head's weight (classes, dim)
/// and bias (classes), which may be undefined.
using HeadLossFunction =
    std::function<Loss(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets)>;

struct HeadLoss {
  std::string name, help;
  std::vector<Option> options;
  std::function<HeadLossFunction(const HeadClasses&, const OptionValues&)> make;  ///< all options have values
};
/// "softmax" (full, the default of models), "sampled-softmax", "negative-sampling", "nce".
Table<HeadLoss>& head_losses();

/// Adds a loss of one's own: const HeadLossEntry mine({.name = "mine", .help = "...",
/// .make = make}).
using HeadLossEntry = TableEntry<head_losses>;

/// The loss of that name. Throws where there is none, or `given` has what is none of its
/// options or not valid; options that it leaves out have their defaults.
HeadLossFunction make_head_loss(const std::string& name, const HeadClasses& classes,
                                const OptionValues& given = {});

}  // namespace lexigrad::nn
