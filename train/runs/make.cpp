#include "lexigrad/train/runs/make.h"

namespace lexigrad::train {

data::DataLoaderOptions loader_options(const TrainConfig& config) {
  return {.batch_size = config.batch,
          .shuffle = config.shuffle,
          .seed = config.seed,
          .shuffle_block = config.shuffle_block};
}

std::shared_ptr<PagedTable> make_ngram_table(const TrainConfig& config) {
  if (config.ngram_memory == 0 || config.ngram_rows == 0) return nullptr;
  return std::make_shared<PagedTable>(
      PagedTableOptions{.rows = config.ngram_rows, .dim = config.dim, .memory = config.ngram_memory << 20});
}

double slots_of_layer(const TrainConfig& config) {
  const optim::OptimizerKind& kind = optim::optimizers().at(config.optimizer);
  const optim::SlotKinds slots = kind.matrix_slots.empty() ? kind.slots(config.options) : kind.matrix_slots;
  int64_t numbers = 0, dim = config.dim;
  for (const Shape& shape : {Shape{dim, 3 * dim}, Shape{dim, dim}, Shape{dim, 4 * dim}, Shape{4 * dim, dim}})
    numbers += optim::numbers_of(slots, shape);
  return static_cast<double>(numbers);
}

std::unique_ptr<optim::Optimizer> make_optimizer(const TrainConfig& config, const nn::Module& model) {
  const optim::OptimizerKind& kind = optim::optimizers().at(config.optimizer);
  return kind.make(model.parameters(), {.lr = learning_rate(config),
                                        .rows = optim::rows_by_name(config.rows),
                                        .options = config.options,
                                        .no_decay = config.no_decay});
}

optim::Schedule make_schedule(const TrainConfig& config, int64_t total) {
  return optim::make_schedule(config.schedule, total, config.options);
}

}  // namespace lexigrad::train
