// A run in TensorBoard: `tensorboard --logdir FOLDER`.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "lexigrad/train/formats/vector_format.h"
#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/tensorboard/event_file.h"

namespace lexigrad::train {

/// Behind a Log of the same interval, writes an event to FOLDER/events.out.tfevents.0.lexigrad where that writes a
/// line: the scalars "loss/training", "loss/held_out", "learning_rate" and all of RunState::measured, and after an
/// evaluation a histogram of each parameter, "parameters/<name>". After the last step the projector's files
/// (save_projector) of `vectors`, where they are given. A resumed run's events behind its checkpoint are cut.
class TensorBoard final : public Callback {
 public:
  TensorBoard(std::string folder, int64_t interval, std::function<WordVectors()> vectors = {})
      : folder_(std::move(folder)), interval_(interval), vectors_(std::move(vectors)) {}

  void begin(RunState& state) override;
  void after_step(RunState& state) override;

 private:
  void write(const RunState& state);

  std::string folder_;
  int64_t interval_;
  std::function<WordVectors()> vectors_;
  std::optional<EventFile> file_;
};

}  // namespace lexigrad::train
