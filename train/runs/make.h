// From the options of a run to those of its parts that any objective has: optimizer, schedule, a table in a file.
#pragma once
#include <cstdint>
#include <memory>

#include "lexigrad/data/sampler.h"
#include "lexigrad/nn/module.h"
#include "lexigrad/train/runs/config.h"
#include "lexigrad/train/tables/paged_table.h"

namespace lexigrad::train {

/// How the training texts' batches are made.
data::DataLoaderOptions loader_options(const TrainConfig& config);

/// The table of n-grams that lies in a file, without rows yet; null where it is a parameter, or there is none.
std::shared_ptr<PagedTable> make_ngram_table(const TrainConfig& config);
/// Numbers that the optimizer keeps of the matrices of one of the encoder's layers, 12 dim^2 numbers.
double slots_of_layer(const TrainConfig& config);
std::unique_ptr<optim::Optimizer> make_optimizer(const TrainConfig& config, const nn::Module& model);
optim::Schedule make_schedule(const TrainConfig& config, int64_t total);

}  // namespace lexigrad::train
