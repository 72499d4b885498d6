// Runs whose rows catch up when they are read, beside runs of dense rows.
#include "lexigrad/nn/losses/head_losses.h"
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/runs/run.h"
#include "train/runs/small_runs.h"

using namespace lexigrad;
using namespace lexigrad::test;

namespace {

std::map<std::string, Tensor> weights_of(const std::string& run) {
  std::map<std::string, Tensor> out;
  for (const auto& [name, tensor] : train::load_safetensors(run + "/checkpoint.safetensors").tensors)
    if (name.starts_with("model.")) out[name] = tensor;
  return out;
}

}  // namespace

TEST_CASE("runs with lazy_exact rows are those with dense ones, under every loss and n-grams, too",
          "[optim]") {
  SmallRuns runs;
  int number = 0;
  for (const std::string& loss : nn::head_losses().names())
    for (const char* optimizer : {"adamw", "sgd"})
      for (int64_t ngrams : {0, 50}) {
        INFO(loss << " " << optimizer << " n-grams " << ngrams);
        std::map<std::string, Tensor> ends[2];
        for (const char* rows : {"dense", "lazy_exact"}) {
          train::TrainConfig config = runs.config();
          config.loss = loss;
          config.optimizer = optimizer;
          config.lr = 0.01;
          config.ngram_rows = ngrams;
          config.dtype = "float64";
          config.rows = rows;
          config.steps = 40;
          ends[rows == std::string("dense")] =
              weights_of(runs.run(("run" + std::to_string(number++)).c_str(), config));
        }
        REQUIRE(ends[0].size() == ends[1].size());
        for (const auto& [name, tensor] : ends[1]) {
          INFO(name);
          CHECK(norm(ends[0].at(name) - tensor, INFINITY).item<double>() <= 1e-9);
        }
      }
}
