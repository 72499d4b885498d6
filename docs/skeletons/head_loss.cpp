// A loss of a model's head by name: this row goes into nn/losses/head_losses.cpp, or lives in a program.
#include "lexigrad/nn/losses/cross_entropy.h"
#include "lexigrad/nn/losses/head_losses.h"

namespace lexigrad::nn {

const HeadLossEntry smoothed({.name = "smoothed",
                              .help = "cross entropy with a tenth of each target spread",
                              .options = {},
                              .make = [](const HeadClasses&, const OptionValues&) -> HeadLossFunction {
                                return [](const Tensor& x, const Tensor& weight, const Tensor& bias,
                                          const Tensor& targets) {
                                  return linear_cross_entropy(x, weight, bias, targets,
                                                              {.label_smoothing = 0.1});
                                };
                              }});

}  // namespace lexigrad::nn
