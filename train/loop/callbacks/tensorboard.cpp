#include "lexigrad/train/loop/callbacks/tensorboard.h"

#include <filesystem>

#include "lexigrad/train/tensorboard/projector.h"

namespace lexigrad::train {

void TensorBoard::begin(RunState& state) {
  std::string path = (std::filesystem::path(folder_) / kEventsFile).string();
  bool first = state.step() == 0;
  file_ = first ? EventFile::make(path) : EventFile::go_on(path, state.step());
  if (first) write(state);
}

void TensorBoard::after_step(RunState& state) {
  if (state.due(interval_) || state.validation || !state.measured.empty()) write(state);
  if (state.step() == state.total && vectors_) save_projector(folder_, vectors_());
}

void TensorBoard::write(const RunState& state) {
  const optim::Optimizer& optimizer = state.trainer.optimizer();
  Summaries out{.scalars = state.measured};
  out.scalars["learning_rate"] = optimizer.lr();
  if (state.step() > 0) out.scalars["loss/training"] = state.loss;
  if (state.validation) {
    out.scalars["loss/held_out"] = *state.validation;
    for (size_t i = 0; i < optimizer.parameters().size(); ++i)
      out.histograms["parameters/" + optimizer.name(i)] = histogram(optimizer.caught_up(i));
  }
  file_->add(state.step(), out);
}

}  // namespace lexigrad::train
