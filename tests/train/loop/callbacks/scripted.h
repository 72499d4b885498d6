// A run whose losses are given: what callbacks make of them is then known.
#pragma once
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/layers/linear.h"
#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/optim/methods/sgd.h"

namespace lexigrad::test {

/// Each step's loss is given by its number, counted from 1; its gradient is 1 for each parameter.
class ScriptedFeed final : public train::Feed {
 public:
  ScriptedFeed(const nn::Module& model, std::function<double(int64_t)> losses)
      : parameters_(model.parameters()), losses_(std::move(losses)) {}
  void seek(int64_t, int64_t batch) override { at_ = batch; }
  bool done() const override { return false; }
  void advance() override { ++at_; }
  nn::Loss loss() const override {
    Tensor sum = full({}, losses_(at_ + 1));
    for (const Tensor& p : parameters_) sum = sum + lexigrad::sum(p) - lexigrad::sum(p).detach();
    return {.sum = sum, .count = 1};
  }

 private:
  std::vector<nn::ParameterRef> parameters_;
  std::function<double(int64_t)> losses_;
  int64_t at_ = 0;
};

struct Scripted {
  nn::Linear model = (manual_seed(5), nn::Linear(3, 2));
  optim::SGD sgd{model.parameters(), {.lr = 0.125}};
  train::Trainer trainer;

  explicit Scripted(std::function<double(int64_t)> losses = [](int64_t) { return 1.0; })
      : trainer(std::make_unique<ScriptedFeed>(model, std::move(losses)), sgd) {}
};

/// In an Evaluate's place: held-out losses as given, one behind each step; the first is step 1's.
class Told final : public train::Callback {
 public:
  explicit Told(std::vector<double> losses) : losses_(std::move(losses)) {}
  void after_step(train::RunState& state) override {
    state.validation = losses_.at(static_cast<size_t>(state.step()) - 1);
  }

 private:
  std::vector<double> losses_;
};

}  // namespace lexigrad::test
