// The held-out loss, measured now and then.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/autograd/checks/check_numerics.h"
#include "lexigrad/nn/module.h"
#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/optim/weight_average.h"

namespace lexigrad::train {

/// Puts the mean loss over a loader into RunState::validation: before the first step of a run and every
/// `interval` steps, the model in its evaluation mode and, where there is an average of its weights, with that. Of several
/// loaders it is the mean of their losses by their shares, and each loss is RunState::measured, "held_out/NAME".
/// Throws NumericsError where it is not finite.
class Evaluate final : public Callback {
 public:
  /// Model, loader and average must outlive it.
  template <class Loss, data::Dataset D>
  Evaluate(Loss loss, data::DataLoader<D>& loader, nn::Module& model, int64_t interval,
           CheckNumericsOptions numerics = {}, optim::WeightAverage* average = nullptr)
      : Evaluate(model, interval, std::move(numerics), average) {
    add(std::move(loss), loader, 1, "");
  }
  /// Over loaders that add() names, one at least.
  Evaluate(nn::Module& model, int64_t interval, CheckNumericsOptions numerics = {},
           optim::WeightAverage* average = nullptr)
      : model_(model), interval_(interval), numerics_(std::move(numerics)), average_(average) {}
  /// The shares of all add up to 1. One without a name has no figure of its own.
  template <class Loss, data::Dataset D>
  void add(Loss loss, data::DataLoader<D>& loader, double share, std::string name) {
    add(std::make_unique<LoaderFeed<Loss, D>>(std::move(loss), loader), share, std::move(name));
  }
  /// The same of batches and losses of one's own making.
  void add(std::unique_ptr<Feed> feed, double share, std::string name) {
    parts_.push_back({std::move(feed), share, std::move(name)});
  }

  void begin(RunState& state) override;
  void after_step(RunState& state) override;
  /// The loss that was measured last.
  double last() const { return last_; }
  /// That of loader i.
  double last(size_t i) const { return parts_.at(i).last; }

 private:
  struct Part {
    std::unique_ptr<Feed> feed;
    double share;
    std::string name;
    double last = 0;
  };
  double measure(const optim::Optimizer& optimizer);

  std::vector<Part> parts_;
  nn::Module& model_;
  int64_t interval_;
  CheckNumericsOptions numerics_;
  optim::WeightAverage* average_;
  double last_ = 0;
};

}  // namespace lexigrad::train
