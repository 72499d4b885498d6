#include "lexigrad/train/optim/methods/adamw.h"

namespace lexigrad::optim {
namespace {

constexpr const char* kName = "adamw";

}  // namespace

AdamW::AdamW(const ParameterGroups& parameters, const AdamOptions& options)
    : Adam(kName, parameters, options, Decays::weight, 0.01) {}

OptimizerKind AdamW::kind() {
  return kind_of<AdamW, AdamOptions>(kName, "adam whose decay is no part of the gradient", 0.003, {"m", "v"});
}

}  // namespace lexigrad::optim
