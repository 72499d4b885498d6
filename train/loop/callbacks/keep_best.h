// The weights of the lowest held-out loss, in a file of their own.
#pragma once
#include <iosfwd>
#include <optional>
#include <string>
#include <utility>

#include "lexigrad/nn/module.h"
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/optim/weight_average.h"

namespace lexigrad::train {

/// Behind an Evaluate: writes the model (save_module), averaged where there is an average, whenever its held-out
/// loss is the lowest so far, and says at the end which step that was. The file's metadata have "step" and
/// "validation" beside `metadata`.
class KeepBest final : public Callback {
 public:
  /// Model and average must outlive it.
  KeepBest(std::ostream& out, std::string path, const nn::Module& model,
           optim::WeightAverage* average = nullptr, Metadata metadata = {})
      : out_(out), path_(std::move(path)), model_(model), average_(average), metadata_(std::move(metadata)) {}

  void begin(RunState& state) override { after_step(state); }
  void after_step(RunState& state) override;
  void end(RunState& state) override;
  CallbackState state() const override;
  void load_state(const CallbackState& state) override;

 private:
  struct Best {
    int64_t step;
    double validation;
  };

  std::ostream& out_;
  std::string path_;
  const nn::Module& model_;
  optim::WeightAverage* average_;
  Metadata metadata_;
  std::optional<Best> best_;
};

}  // namespace lexigrad::train
