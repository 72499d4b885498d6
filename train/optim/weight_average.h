// Averages of the weights over the steps: exponential (EMA), or of equal shares (SWA, Izmailov et al. 2018).
#pragma once
#include <cstdint>
#include <vector>

#include "lexigrad/train/optim/optimizer.h"

namespace lexigrad::optim {

/// torch.optim.swa_utils.AveragedModel of a list of parameters. Its tensors have their dtypes, float32 for bfloat16,
/// and as many numbers and as much time for each update as all of them: rows that did not move cost what others do. The same bits for any
/// number of threads.
class WeightAverage {
 public:
  /// average += (1 - decay) (weight - average); 0 <= decay < 1.
  static WeightAverage ema(std::vector<nn::ParameterRef> parameters, double decay = 0.999);
  /// The mean of all updates.
  static WeightAverage mean(std::vector<nn::ParameterRef> parameters);

  /// Takes the weights in, mostly after each step of the optimizer; the first time as they are. Throws where a
  /// parameter has another shape by now.
  void update();
  int64_t updates() const { return updates_; }
  /// The average of parameter i; its weight's own values before the first update.
  Tensor average(size_t i) const { return averages_.at(i); }
  const std::vector<nn::ParameterRef>& parameters() const { return parameters_; }

  /// Exchanges weights and averages, bit for bit; nothing before the first update. A bfloat16 parameter holds its
  /// average rounded to the nearest, which stays as it is, and its weights wait.
  void swap();

  /// "updates" (int64, rank 0) and "of.<name>" for each parameter.
  State state() const;
  /// Copies a state() in; throws, changing nothing, where it does not fit.
  void load_state(const State& state);

 private:
  WeightAverage(std::vector<nn::ParameterRef> parameters, double decay);
  void check_shapes() const;

  std::vector<nn::ParameterRef> parameters_;
  std::vector<Tensor> averages_;
  std::vector<Tensor> waiting_;  ///< weights of bfloat16 parameters while those hold the averages
  double decay_;                 ///< below 0: equal shares
  int64_t updates_ = 0;
};

/// While it lives, the parameters hold their averages: for evaluating and saving.
class [[nodiscard]] AveragedWeights {
 public:
  explicit AveragedWeights(WeightAverage& average) : average_(average) { average_.swap(); }
  ~AveragedWeights() { average_.swap(); }
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;

 private:
  WeightAverage& average_;
};

}  // namespace lexigrad::optim
