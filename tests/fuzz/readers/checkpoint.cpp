// Fuzzes the reader of checkpoints, up to a model, an optimizer and a generator that take what is in them.
#include "lexigrad/train/loop/checkpoint.h"

#include <filesystem>

#include "fuzz/readers/reader.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/models/next_token_model.h"
#include "lexigrad/train/optim/methods/adam.h"

namespace lexigrad::fuzz {
namespace {

struct Trained {
  nn::NextTokenModel model{{.vocabulary = 3, .dim = 2, .max_length = 2}};
  optim::Adam adam{model.parameters()};
  optim::WeightAverage average = optim::WeightAverage::mean(model.parameters());
};

Trained& trained() {
  static Trained one;
  return one;
}

}  // namespace

std::string file_name() { return train::kCheckpointFile; }

void write_seeds(const std::string& folder) {
  Trained& t = trained();
  const train::Checkpoint state{{7, 2, 1, 99}, {1.5, 12}, "{}", "0123", "a machine"};
  for (bool averaged : {false, true}) {
    train::save_checkpoint(folder, state, t.model, t.adam, averaged ? &t.average : nullptr);
    std::filesystem::rename(folder + "/" + train::kCheckpointFile,
                            folder + (averaged ? "/averaged" : "/plain"));
    t.model.loss(tensor({{0, 1}}), tensor({{1, 2}})).backward();
    t.adam.step();
    t.average.update();
  }
}

std::string mended(std::string bytes) { return with_safetensors_checksum(std::move(bytes)); }

void read(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  train::read_checkpoint(folder);
  train::load_checkpoint(folder, trained().model);
  train::load_checkpoint(folder, trained().model, trained().adam, {}, &trained().average);
}

}  // namespace lexigrad::fuzz
