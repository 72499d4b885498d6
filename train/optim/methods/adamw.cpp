#include "lexigrad/train/optim/methods/adamw.h"

#include <utility>

namespace lexigrad::optim {
namespace {

constexpr const char* kName = "adamw";

}  // namespace

AdamW::AdamW(std::vector<nn::ParameterRef> parameters, const AdamOptions& options)
    : Adam(kName, std::move(parameters), options, Decays::weight, 0.01) {}

OptimizerKind AdamW::kind() { return kind_of<AdamW>(kName, "adam whose decay is no part of the gradient"); }

}  // namespace lexigrad::optim
