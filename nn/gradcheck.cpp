#include "lexigrad/nn/gradcheck.h"

#include "lexigrad/nn/module_access.h"

namespace lexigrad::detail {
namespace {

// Puts float64 copies in the place of a module's parameters, and the parameters back
// at the end.
class Float64Copies {
 public:
  explicit Float64Copies(const nn::Module& module) : slots_(nn::detail::ModuleAccess::slots(module)) {
    for (const auto& [path, parameter, first] : slots_) {
      kept_.push_back(*parameter);
      if (first + 1 < kept_.size())
        parameter->tie(*slots_[first].parameter);
      else
        parameter->tie(parameter->detach().to(float64).clone());
    }
    for (const auto& [path, buffer] : nn::detail::ModuleAccess::buffers(module))
      buffers_.emplace_back(*buffer, buffer->clone());
  }
  ~Float64Copies() {
    for (size_t i = 0; i < slots_.size(); ++i) slots_[i].parameter->tie(kept_[i]);
    for (const auto& [buffer, values] : buffers_) buffer.copy_(values);
  }
  Float64Copies(const Float64Copies&) = delete;
  Float64Copies& operator=(const Float64Copies&) = delete;

 private:
  std::vector<nn::detail::Slot> slots_;
  std::vector<Tensor> kept_;
  std::vector<std::pair<Tensor, Tensor>> buffers_;  ///< with their values before
};

}  // namespace

GradcheckResult check_module(Order order, const nn::Module& module,
                             const std::function<Tensor(const Tensor&)>& call, const Tensor& input,
                             const GradcheckOptions& options) {
  Float64Copies copies(module);
  std::vector<GradcheckInput> checked;
  for (const nn::ParameterRef& p : module.parameters()) checked.push_back({p.name, p, p.constant_row()});
  Tensor x = is_floating(input.dtype()) ? input.detach().to(float64).clone() : input;
  checked.push_back({"input", x});
  auto f = [&] { return call(x); };
  GradcheckResult result =
      order == Order::first ? gradcheck(f, checked, options) : gradgradcheck(f, checked, options);
  result.worst.op = (order == Order::first ? "" : "gradient of ") + module.type_name();
  for (GradEntry& entry : result.wrong) entry.op = result.worst.op;
  return result;
}

}  // namespace lexigrad::detail
