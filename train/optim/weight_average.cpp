#include "lexigrad/train/optim/weight_average.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tensor/dtype.h"

namespace lexigrad::optim {
namespace {

constexpr int64_t kBlock = 1 << 15;  // elements that a thread takes at a time

template <class W, class T, class F>
void each_pair_of(const Tensor& weight, const Tensor& average, const F& f) {
  W* w = weight.data<W>();
  T* a = average.data<T>();
  parallel_ranges(weight.numel(), kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) f(w[i], a[i]);
  });
}

// f(weight, average) for each element of both.
template <class F>
void each_pair(const Tensor& weight, const Tensor& average, const F& f) {
  if (weight.dtype() == bfloat16) return each_pair_of<BFloat16, float>(weight, average, f);
  dispatch_floating("weight_average", weight.dtype(),
                    [&]<class T>(T) { each_pair_of<T, T>(weight, average, f); });
}

// Shows the average in the place of a bfloat16 weight, or, where that waits, puts it back.
void show_or_hide(const Tensor& weight, const Tensor& average, Tensor& waiting) {
  bool shown = waiting.defined();
  Tensor from = shown ? std::exchange(waiting, Tensor()) : average;
  if (!shown) waiting = weight.detach().clone();
  weight.detach().copy_(from);
}

}  // namespace

WeightAverage WeightAverage::ema(std::vector<nn::ParameterRef> parameters, double decay) {
  check(decay >= 0 && decay < 1, "weight_average", "decay is ", decay, " (valid: 0 <= decay < 1)");
  return {std::move(parameters), decay};
}

WeightAverage WeightAverage::mean(std::vector<nn::ParameterRef> parameters) {
  return {std::move(parameters), -1};
}

WeightAverage::WeightAverage(std::vector<nn::ParameterRef> parameters, double decay)
    : parameters_(std::move(parameters)), decay_(decay) {
  for (const nn::ParameterRef& p : parameters_) {
    check(p.is_contiguous(), "weight_average", "Parameter \"", p.name,
          "\" is a view that is not contiguous. Hint: average the tensor that it views");
    averages_.push_back(p.dtype() == bfloat16 ? p.detach().to(float32) : p.detach().clone());
  }
  waiting_.resize(averages_.size());
}

void WeightAverage::check_shapes() const {
  for (size_t i = 0; i < averages_.size(); ++i)
    check(parameters_[i].is_current() && parameters_[i].shape() == averages_[i].shape(), "weight_average",
          "Parameter \"", parameters_[i].name, "\" has grown, or another tensor is in its place, since its ",
          "average was begun. Hint: begin a new one");
}

void WeightAverage::update() {
  check_shapes();
  double share = updates_ == 0 ? 1 : decay_ < 0 ? 1 / static_cast<double>(updates_ + 1) : 1 - decay_;
  for (size_t i = 0; i < averages_.size(); ++i)
    each_pair(parameters_[i], averages_[i], [share]<class T>(const auto& weight, T& average) {
      T now = weight;
      average = share == 1 ? now : average + static_cast<T>(share) * (now - average);
    });
  ++updates_;
}

void WeightAverage::swap() {
  if (updates_ == 0) return;
  check_shapes();
  for (size_t i = 0; i < averages_.size(); ++i) {
    if (parameters_[i].dtype() == bfloat16)
      show_or_hide(parameters_[i], averages_[i], waiting_[i]);
    else
      dispatch_floating("weight_average", averages_[i].dtype(), [&]<class T>(T) {
        each_pair_of<T, T>(parameters_[i], averages_[i],
                           [](T& weight, T& average) { std::swap(weight, average); });
      });
    increment_version(parameters_[i], "WeightAverage::swap()");
  }
}

State WeightAverage::state() const {
  State out{{"updates", tensor(updates_)}};
  for (size_t i = 0; i < averages_.size(); ++i) out.emplace_back("of." + parameters_[i].name, averages_[i]);
  return out;
}

void WeightAverage::load_state(const State& state) {
  std::map<std::string, Tensor> given(state.begin(), state.end());
  State mine = this->state();
  for (const auto& [name, expected] : mine) {
    auto found = given.find(name);
    check(found != given.end(), "weight_average", "The state has no \"", name,
          "\". Hint: it is of a run without this average, or of another model");
    const Tensor& x = found->second;
    check(x.shape() == expected.shape() && x.dtype() == expected.dtype(), "weight_average", "\"", name,
          "\" is ", lexigrad::name(x.dtype()), " ", x.shape(), ", expected ",
          lexigrad::name(expected.dtype()), " ", expected.shape());
  }
  check(given.size() == mine.size(), "weight_average", "The state has ", given.size(), " tensors, expected ",
        mine.size());
  updates_ = given.at("updates").item<int64_t>();
  for (size_t i = 0; i < averages_.size(); ++i) averages_[i].copy_(given.at(mine[i + 1].first));
}

}  // namespace lexigrad::optim
