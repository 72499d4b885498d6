// loss.svg: the losses of a run, and the cosines of watched pairs, against the step.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/loop/yardstick.h"

namespace lexigrad::train {

/// Draws what a Log has written, after the last step.
class Picture final : public Callback {
 public:
  /// Losses are nats a `unit`: "token".
  Picture(std::string path, std::string log_path, std::string unit, std::vector<Yardstick> yardsticks)
      : path_(std::move(path)),
        log_path_(std::move(log_path)),
        unit_(std::move(unit)),
        yardsticks_(std::move(yardsticks)) {}
  void after_step(RunState& state) override;

 private:
  std::string path_, log_path_, unit_;
  std::vector<Yardstick> yardsticks_;
};

}  // namespace lexigrad::train
