// loss.svg: the losses of a run, and the cosines of watched pairs, against the step.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "lexigrad/train/loop/entropy.h"
#include "lexigrad/train/loop/run_log.h"

namespace lexigrad::train {

void draw_run(const std::string& path, const std::vector<LogEntry>& log,
              const std::optional<Entropies>& entropies);

}  // namespace lexigrad::train
