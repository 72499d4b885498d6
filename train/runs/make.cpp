#include "lexigrad/train/runs/make.h"

#include <fmt/format.h>

#include <cmath>

#include "lexigrad/autograd/base/allocator.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/random.h"

namespace lexigrad::train {
namespace {

constexpr double kInitStd = 0.02;  // of the tables; GPT-2's. PyTorch's N(0, 1) takes a short run to outgrow

// Weights of table, positions and head; the head's gradient is dense and so are its slots. The least that a
// run can do with.
void check_memory(const TrainConfig& config, int64_t vocabulary) {
  double dim = static_cast<double>(config.dim), values = static_cast<double>(vocabulary) * dim;
  int slots = config.optimizer != "sgd" ? 2 : config.momentum > 0 ? 1 : 0;
  double numbers = values * (3 + slots) + static_cast<double>(config.context) * dim;
  double needed = numbers * (config.dtype == "float64" ? 8 : 4),
         free = static_cast<double>(available_memory());
  if (needed > free)
    fail_memory("train", fmt::format("A vocabulary of {} with --dim {} needs at least {:.1f} GiB, this "
                                     "machine has {:.1f} GiB free. Hint: a smaller "
                                     "--dim, a larger --min-count, or --optimizer sgd",
                                     vocabulary, config.dim, needed / (1 << 30), free / (1 << 30)));
}

}  // namespace

nn::NextTokenModel make_model(const TrainConfig& config, int64_t vocabulary) {
  check_memory(config, vocabulary);
  manual_seed(static_cast<uint64_t>(config.seed));
  nn::NextTokenModel model(
      {.vocabulary = vocabulary,
       .dim = config.dim,
       .max_length = config.context,
       .encoder = config.encoder,
       .positions = config.positions,
       .layers = config.layers,
       .heads = config.heads,
       .block = {.dropout = config.dropout,
                 .residual_std = kInitStd / std::sqrt(2.0 * static_cast<double>(config.layers))},
       .bias = !config.tied,
       .tied = config.tied,
       .init_std = kInitStd});
  if (config.dtype == "float64") model.to(float64);
  return model;
}

}  // namespace lexigrad::train
