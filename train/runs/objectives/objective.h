// What a run learns from its texts: its samples, its model and the loss of both.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lexigrad/data/sampler.h"
#include "lexigrad/nn/layers/embedding.h"
#include "lexigrad/train/loop/feed.h"
#include "lexigrad/train/loop/yardstick.h"

namespace lexigrad::train {

/// The held-out part of one of a run's corpora.
struct HeldOut {
  size_t corpus;    ///< its place among them
  double share;     ///< of the mix, among the corpora that hold out enough; 1 where there is one
  int64_t batches;  ///< of one evaluation
};

/// The parts of a run that its --objective decides. What it was made from must outlive it.
class Objective {
 public:
  virtual ~Objective() = default;

  virtual nn::Module& model() = 0;
  /// The table of tokens, which --vectors starts.
  virtual const Tensor& table() const = 0;
  /// The tables whose sum has the run's vectors.
  virtual std::vector<Tensor> shown_tables() const { return {table()}; }
  /// Which samples make up each batch, and what errors and replays call one: "window".
  virtual const data::BatchSampler& sampler() const = 0;
  virtual std::string sample_name() const = 0;
  virtual void set_order(data::ShuffleOrder order) = 0;
  /// The tokens that a sample shows.
  virtual std::vector<int64_t> tokens_of(int64_t sample) const = 0;

  /// Training batches and their losses.
  virtual std::unique_ptr<Feed> feed() = 0;
  /// Held-out batches and their losses, the same in each pass.
  virtual std::unique_ptr<Feed> held_out_feed(size_t part) = 0;
  const std::vector<HeldOut>& held_out() const { return held_out_; }

  /// What the loss of a held-out part is to beat beside chance.
  virtual std::vector<Yardstick> yardsticks(size_t part) const = 0;
  /// True where a training loss is one of the held-out loss's kind.
  virtual bool trains_held_out_loss() const = 0;
  /// That loss of a model that knows nothing, under the name of its formula: "ln V".
  virtual Yardstick chance() const = 0;
  /// What a loss is divided by: "token".
  virtual std::string unit() const = 0;
  /// The model as a run's first lines have it: "dim 64, context 16".
  virtual std::string described() const = 0;

 protected:
  std::vector<HeldOut> held_out_;
};

}  // namespace lexigrad::train
