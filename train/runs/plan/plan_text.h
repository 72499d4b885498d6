// A plan as a terminal shows it, in 80 columns.
#pragma once
#include <string>

#include "lexigrad/train/runs/plan/plan.h"
#include "lexigrad/train/runs/plan/probe.h"

namespace lexigrad::train {

/// `text` is what the text is called, `limit` the bytes that the run may take.
std::string plan_text(const Plan& plan, const std::string& text, double limit);
std::string probe_text(const Probe& probe);

}  // namespace lexigrad::train
