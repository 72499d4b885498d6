#include "lexigrad/train/optim/methods/sgd.h"

#include <limits>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/tensor_body.h"
#include "lexigrad/train/optim/kernels/optimizer.h"
#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {
namespace {

Reach reach(const SGDOptions& options, double weight_decay) {
  if (options.rows == Rows::lazy) return Reach::gradient;
  if (weight_decay != 0) return Reach::all;
  return options.momentum != 0 ? Reach::touched : Reach::gradient;
}

}  // namespace

SGD::SGD(std::vector<nn::ParameterRef> parameters, const SGDOptions& options)
    : Optimizer("sgd", std::move(parameters), options.lr, {options.weight_decay, options.no_decay},
                options.momentum == 0 ? std::vector<std::string>{} : std::vector<std::string>{"momentum"}),
      options_(options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check_option("momentum", options.momentum, 0, infinity);
  check_option("dampening", options.dampening, -infinity, infinity);
  check(!options.nesterov || (options.momentum > 0 && options.dampening == 0), "sgd",
        "nesterov needs momentum > 0 and dampening 0, they are ", options.momentum, " and ",
        options.dampening, ". Hint: momentum 0.9 is usual");
}

void SGD::update(const nn::ParameterRef& parameter, double weight_decay, Memory& memory) const {
  dispatch_floating("sgd", parameter.dtype(), [&]<class T>(T) {
    auto step_at = [&](double rate) {
      return kernels::SgdStep<T>{rate * lr(),  options_.momentum, options_.dampening,
                                 weight_decay, options_.nesterov, memory.steps == 1};
    };
    walk<T>(parameter, reach(options_, weight_decay), memory.slots, step_at,
            [](T* w, const T* g, const Slots::Pointers<T>& slots, int64_t n,
               const kernels::SgdStep<T>& step) { kernels::sgd_step<T>(w, g, slots[0], step, n); });
  });
}

}  // namespace lexigrad::optim
