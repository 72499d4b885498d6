// A run's whole state in one safetensors file, written so that a kill at any moment leaves a complete one.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "lexigrad/data/sampler.h"
#include "lexigrad/nn/module.h"
#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/optim/optimizer.h"
#include "lexigrad/train/optim/weight_average.h"

namespace lexigrad::train {

/// The file's name in its folder, and that of the one before it.
inline constexpr const char *kCheckpointFile = "checkpoint.safetensors",
                            *kPreviousFile = "checkpoint.previous.safetensors";

struct Checkpoint {
  Position position;
  Tally since_log;       ///< losses that the log has not seen yet
  std::string config;    ///< numbers_of() the options, as config.json has them
  std::string text_sum;  ///< checksum of the training text
  std::string machine;   ///< instruction set and BLAS kernels: the same bits need the same ones
  data::ShuffleOrder order = data::ShuffleOrder::permutation;  ///< of the loader's samples
  CallbackState callbacks = {};                                ///< RunState::kept()
};

/// The instruction set of the kernels and the BLAS core of this machine.
std::string machine_name();

/// Writes FOLDER/checkpoint.safetensors: "model.<path>", "optimizer.<slot>", "average.<...>" of an
/// average of the weights, the random generator and `checkpoint`. The one before stays as
/// checkpoint.previous.safetensors.
void save_checkpoint(const std::string& folder, const Checkpoint& checkpoint, const nn::Module& model,
                     const optim::Optimizer& optimizer, const optim::WeightAverage* average = nullptr);

/// True where FOLDER holds a checkpoint, or the one before it.
bool has_checkpoint(const std::string& folder);
/// What the file says about the run, after its checksum; throws FileError where it is damaged,
/// naming the one before.
Checkpoint read_checkpoint(const std::string& folder);
/// Gives the checkpoint just written, of step `step`, a second name, checkpoint.step<N>.safetensors, and then removes
/// all of such names but the last `count` up to that step. Renamed to checkpoint.safetensors, one of them is where a
/// run goes on.
void keep_checkpoint(const std::string& folder, int64_t step, int64_t count);

/// The same as read_checkpoint(), and restores model, optimizer, average and generator. `accept`, which may throw, sees it
/// before anything is restored.
Checkpoint load_checkpoint(const std::string& folder, nn::Module& model, optim::Optimizer& optimizer,
                           const std::function<void(const Checkpoint&)>& accept = {},
                           optim::WeightAverage* average = nullptr);

/// A file of a folder, and what it says about the run.
struct KeptCheckpoint {
  std::string path;
  Checkpoint checkpoint;
};
/// The whole ones among FOLDER's checkpoint*.safetensors, the newest first.
std::vector<KeptCheckpoint> kept_checkpoints(const std::string& folder);
/// As load_checkpoint(), of that file.
Checkpoint load_checkpoint_file(const std::string& path, nn::Module& model, optim::Optimizer& optimizer,
                                const std::function<void(const Checkpoint&)>& accept = {},
                                optim::WeightAverage* average = nullptr);

/// Brings model, optimizer, generator, trainer and callbacks to FOLDER's checkpoint; false, changing
/// nothing, where there is none.
bool resume_from(const std::string& folder, nn::Module& model, optim::Optimizer& optimizer, Trainer& trainer,
                 const std::vector<Callback*>& callbacks = {});

/// Restores the model alone: its averaged weights, where the run averages them.
Checkpoint load_checkpoint(const std::string& folder, nn::Module& model);

}  // namespace lexigrad::train
