// loss.svg: the losses of a run, and the cosines of watched pairs, against the step.
#pragma once
#include <optional>
#include <string>
#include <utility>

#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/loop/entropy.h"

namespace lexigrad::train {

/// Draws what a Log has written, after the last step.
class Picture final : public Callback {
 public:
  Picture(std::string path, std::string log_path, std::optional<Entropies> entropies = {})
      : path_(std::move(path)), log_path_(std::move(log_path)), entropies_(entropies) {}
  void after_step(RunState& state) override;

 private:
  std::string path_, log_path_;
  std::optional<Entropies> entropies_;
};

}  // namespace lexigrad::train
