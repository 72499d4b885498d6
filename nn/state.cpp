// A module's values to and from a list of named tensors; what is one tensor in one is one in the other.
#include <algorithm>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {
namespace {

bool one_tensor(const Tensor& a, const Tensor& b) {
  return a.shares_storage(b) && a.address() == b.address() && a.shape() == b.shape() && a.numel() > 0;
}

const Tensor* find(const NamedTensors& among, const std::string& name) {
  auto at = std::find_if(among.begin(), among.end(), [&](const auto& each) { return each.first == name; });
  return at == among.end() ? nullptr : &at->second;
}

// What a state has for a module's tensors, and where it does not fit.
class Fit {
 public:
  Fit(const NamedTensors& own, const NamedTensors& state) : own_(own) {
    for (size_t i = 0; i < own.size(); ++i) {
      given_.push_back(find(state, own[i].first));
      first_.push_back(0);
      while (first_[i] < i && !one_tensor(own[first_[i]].second, own[i].second)) ++first_[i];
    }
    for (size_t i = 0; i < own.size(); ++i)
      if (first_[i] == i) take(i);
    for (size_t i = 0; i < own.size(); ++i) check_apart(i);
    for (const auto& [name, tensor] : state)
      if (!find(own, name)) note(name, " is unexpected");
  }
  const std::string& wrong() const { return wrong_; }
  void copy() const {
    for (const auto& [to, from] : copies_) to.copy_(from);
  }

 private:
  template <class... Parts>
  void note(const Parts&... parts) {
    wrong_ += text(wrong_.empty() ? "" : "; ", parts...);
  }

  // The module's tensor i, which may have more names.
  void take(size_t i) {
    const Tensor& tensor = own_[i].second;
    size_t from = own_.size();  // the first name that is given
    for (size_t k = i; k < own_.size(); ++k) {
      if (first_[k] != i || !given_[k]) continue;
      if (given_[k]->shape() != tensor.shape())
        note(own_[k].first, " is ", given_[k]->shape(), ", the module's ", tensor.shape());
      if (from == own_.size())
        copies_.emplace_back(tensor, *given_[from = k]);
      else if (!one_tensor(*given_[from], *given_[k]) && !equal(*given_[from], *given_[k]))
        note(own_[from].first, " and ", own_[k].first, " are one tensor in the module and two in the state");
    }
    if (from == own_.size()) note(own_[i].first, " is missing");
  }

  // One tensor of the state is not for two of the module's.
  void check_apart(size_t i) {
    for (size_t k = 0; k < i; ++k)
      if (given_[i] && given_[k] && first_[i] != first_[k] && one_tensor(*given_[i], *given_[k]))
        return note(own_[k].first, " and ", own_[i].first,
                    " are one tensor in the state and two in the module (tie() makes them one, clone() of "
                    "the state's makes them two)");
  }

  const NamedTensors& own_;
  std::vector<const Tensor*> given_;  // for each of own_; null: not there
  std::vector<size_t> first_;         // of each of own_: the first that is the same tensor
  std::vector<std::pair<Tensor, Tensor>> copies_;
  std::string wrong_;
};

}  // namespace

NamedTensors Module::state() const {
  NamedTensors out;
  for (const detail::Slot& slot : detail::ModuleAccess::slots(*this))
    out.emplace_back(slot.path, slot.parameter->detach());
  for (const auto& [path, buffer] : detail::ModuleAccess::buffers(*this))
    out.emplace_back(path, buffer->detach());
  return out;
}

void Module::load_state(const NamedTensors& state) {
  NamedTensors own = this->state();
  Fit fit(own, state);
  check(fit.wrong().empty(), "load_state", "The state does not fit ", type_name(), ": ", fit.wrong(),
        ". Hint: build the module with the options with which it was saved");
  fit.copy();
}

}  // namespace lexigrad::nn
