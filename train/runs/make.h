// From the options of a run to its parts: loaders, model, optimizer, schedule.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "lexigrad/data/datasets/mixed_dataset.h"
#include "lexigrad/data/loader.h"
#include "lexigrad/nn/models/next_token_model.h"
#include "lexigrad/train/runs/run_text.h"
#include "lexigrad/train/tables/paged_table.h"

namespace lexigrad::train {

using TrainingLoader = data::DataLoader<data::MixedDataset>;
using HeldOutLoader = data::DataLoader<data::NextTokenDataset>;

/// The held-out part of one of a run's corpora.
struct HeldOut {
  size_t corpus;  ///< its place among them
  double share;   ///< of the mix, among the corpora that hold out a window; 1 where there is one
  HeldOutLoader loader;
};

/// Windows of the training text, shuffled and mixed as `config` says. Throws where a corpus does not fill one.
TrainingLoader make_training_loader(const TrainConfig& config, const RunText& text);
/// Windows of the held-out texts in order, of those that fill one.
std::vector<HeldOut> make_held_out(const TrainConfig& config, const RunText& text);

/// The table of n-grams that lies in a file, without rows yet; null where it is a parameter, or there is none.
std::shared_ptr<PagedTable> make_ngram_table(const TrainConfig& config);
/// With its starting values, drawn from the run's seed; `occurrences` of the tokens are for losses that draw by
/// them. Throws where memory would not do.
nn::NextTokenModel make_model(const TrainConfig& config, int64_t vocabulary,
                              std::vector<int64_t> occurrences = {},
                              std::shared_ptr<nn::RowTable> ngrams = {});
/// Numbers that the optimizer keeps of the matrices of one of the encoder's layers, 12 dim^2 numbers.
double slots_of_layer(const TrainConfig& config);
std::unique_ptr<optim::Optimizer> make_optimizer(const TrainConfig& config, const nn::Module& model);
optim::Schedule make_schedule(const TrainConfig& config, int64_t total);

}  // namespace lexigrad::train
