#include "lexigrad/nn/gradcheck.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/checks/subject.h"
#include "lexigrad/nn/module_access.h"

namespace lexigrad::detail {
namespace {

// Puts float64 copies in the place of a module's parameters and buffers, and those back at the end.
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
    for (const auto& [path, buffer] : nn::detail::ModuleAccess::buffers(module)) {
      buffers_.push_back({buffer, *buffer});
      Tensor values = buffer->clone();
      static_cast<Tensor&>(*buffer) = is_floating(values.dtype()) ? values.to(float64) : values;
    }
  }
  ~Float64Copies() {
    for (size_t i = 0; i < slots_.size(); ++i) slots_[i].parameter->tie(kept_[i]);
    for (const auto& [buffer, kept] : buffers_) static_cast<Tensor&>(*buffer) = kept;
  }
  Float64Copies(const Float64Copies&) = delete;
  Float64Copies& operator=(const Float64Copies&) = delete;

 private:
  std::vector<nn::detail::Slot> slots_;
  std::vector<Tensor> kept_;
  std::vector<std::pair<nn::Buffer*, Tensor>> buffers_;
};

}  // namespace

GradcheckResult check_module(Order order, const nn::Module& module, const ListCall& call,
                             const std::vector<Tensor>& inputs, const GradcheckOptions& options) {
  Float64Copies copies(module);
  std::vector<GradcheckInput> checked;
  for (const nn::ParameterRef& p : module.parameters()) checked.push_back({p.name, p, p.constant_row()});
  std::vector<Tensor> list;
  for (const Tensor& input : inputs) {
    Tensor x = input.detach().clone();
    list.push_back(is_floating(x.dtype()) ? x.to(float64) : x);
    checked.push_back({inputs.size() == 1 ? "input" : text("input ", list.size() - 1), list.back()});
  }
  auto over_copies = [&] {
    std::vector<Tensor> copies;
    for (const Tensor& x : list) copies.push_back(x.detach().clone());
    call(copies);
  };
  Subject subject{[&] { return call(list); }, over_copies};
  GradcheckResult result = order == Order::first ? gradcheck_subject(subject, checked, options)
                                                 : gradgradcheck_subject(subject, checked, options);
  result.worst.op = (order == Order::first ? "" : "gradient of ") + module.type_name();
  for (GradEntry& entry : result.wrong) entry.op = result.worst.op;
  return result;
}

}  // namespace lexigrad::detail
