// A loader and a loss together, the type of their batches forgotten: what the trainer and evaluation run on.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "lexigrad/data/loader.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::train {

/// Loss of a batch of inputs and targets.
using LossFunction = std::function<nn::Loss(const Tensor& inputs, const Tensor& targets)>;

namespace detail {

/// loss(batch), or where it does not take the batch itself, loss(of the batch's two or N parts).
template <class Loss, class Batch>
nn::Loss loss_of_batch(const Loss& loss, const Batch& batch) {
  if constexpr (std::is_invocable_v<const Loss&, const Batch&>) {
    return loss(batch);
  } else if constexpr (requires { std::tuple_size<Batch>::value; }) {
    return std::apply(loss, batch);
  } else {
    const auto& [first, second] = batch;
    return loss(first, second);
  }
}

}  // namespace detail

/// Stands at one batch of one epoch.
class Feed {
 public:
  virtual ~Feed() = default;
  /// Goes to batch `batch` of epoch `epoch`.
  virtual void seek(int64_t epoch, int64_t batch) = 0;
  /// True behind the last batch of the epoch.
  virtual bool done() const = 0;
  virtual void advance() = 0;
  /// The loss of the batch where it stands.
  virtual nn::Loss loss() const = 0;
  /// Leaves of the losses since the last step that are moved by another than the optimizer: by the gradients that
  /// these leaves have when the step is made.
  virtual std::vector<Tensor> moved_elsewhere() const { return {}; }
};

/// The loader must outlive it.
template <class Loss, data::Dataset D>
class LoaderFeed final : public Feed {
 public:
  LoaderFeed(Loss loss, data::DataLoader<D>& loader) : loss_(std::move(loss)), loader_(loader) {}

  void seek(int64_t epoch, int64_t batch) override {
    loader_.seek(epoch, batch);
    start();
  }
  /// Goes to where the loader stands.
  void start() {
    at_.reset();
    at_.emplace(loader_.begin());
  }
  bool done() const override { return *at_ == loader_.end(); }
  void advance() override { ++*at_; }
  nn::Loss loss() const override { return detail::loss_of_batch(loss_, **at_); }

 private:
  Loss loss_;
  data::DataLoader<D>& loader_;
  std::optional<typename data::DataLoader<D>::Iterator> at_;
};

}  // namespace lexigrad::train
