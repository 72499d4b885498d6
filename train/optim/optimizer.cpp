#include "lexigrad/train/optim/optimizer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/dtype.h"
#include "lexigrad/nn/parameter_lists.h"
#include "lexigrad/train/optim/row_rules.h"

namespace lexigrad::optim {
namespace {

// Rules are the user's to change between steps.
void check_rules(const std::string& kind, const nn::ParameterRef& p, const std::string& name) {
  if (!p.rules) return;
  check(p.constant_row() >= -1 && p.constant_row() < rows_of(p), kind, "Constant row ", p.constant_row(),
        " is outside parameter \"", name, "\" (valid are -1..", rows_of(p) - 1, ")");
  const Tensor& rates = p.rules->rates;
  bool fit = !rates.defined() ||
             (rates.shape() == Shape{rows_of(p)} && rates.dtype() == float64 && rates.is_contiguous());
  check(fit, kind, "Row rates ", fit ? "" : text(lexigrad::name(rates.dtype()), " ", rates.shape()),
        " do not fit the ", rows_of(p), " rows of parameter \"", name, "\" (valid: one float64 for each)");
}

void check_parameter(const std::string& kind, const nn::ParameterRef& p, const std::string& name) {
  check(p.defined(), kind, "Parameter \"", name, "\" is an undefined tensor");
  check(is_floating(p.dtype()), kind, "Parameter \"", name, "\" is ", lexigrad::name(p.dtype()),
        " (valid are float32 and float64)");
  check(p.is_leaf(), kind, "Parameter \"", name,
        "\" is the result of an op and not a leaf. Hint: detach() it and requires_grad_() that");
  check(p.is_contiguous(), kind, "Parameter \"", name, "\" of shape ", to_string(p.shape()),
        " is a view that is not contiguous. Hint: optimize the tensor that it views");
  check_rules(kind, p, name);
}

template <class T>
bool blank(const T* row, int64_t dim) {
  return std::all_of(row, row + dim, [](T value) { return value == 0 && !std::signbit(value); });
}

// Rows that are zeros in every slot are left out.
Slots slots_of(const Tensor& parameter, const std::vector<Tensor>& sources) {
  int64_t dim = dim_of(parameter), rows = rows_of(parameter);
  return dispatch_floating("load_state", parameter.dtype(), [&]<class T>(T) {
    auto is_blank = [&](int64_t row) {
      return std::all_of(sources.begin(), sources.end(),
                         [&](const Tensor& from) { return blank(from.data<T>() + row * dim, dim); });
    };
    bool sparse = false;
    for (int64_t row = 0; row < rows && !sparse; ++row) sparse = is_blank(row);
    Slots out(parameter, sources.size(), sparse);
    for (int64_t row = 0; row < rows; ++row) {
      if (sparse && is_blank(row)) continue;
      out.add({&row, 1}, -1);
      for (size_t s = 0; s < sources.size(); ++s)
        std::copy_n(sources[s].data<T>() + row * dim, dim, out.of_row<T>(row)[s]);
    }
    return out;
  });
}

}  // namespace

Optimizer::Optimizer(std::string kind, const ParameterGroups& groups, const StepOptions& options,
                     const std::vector<std::string>& no_decay, std::vector<std::string> slots)
    : kind_(std::move(kind)), full_lr_(options.lr), slot_names_(std::move(slots)) {
  set_lr(options.lr);
  check_option("weight_decay", options.weight_decay, 0, std::numeric_limits<double>::infinity());
  for (const ParameterGroup& group : groups) add(group, options);
  check(!parameters_.empty(), kind_, "There are no parameters. Hint: pass model.parameters()");
  leave_out(no_decay);
  memory_.resize(parameters_.size());
}

void Optimizer::add(const ParameterGroup& group, const StepOptions& standard) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  StepOptions own{group.lr.value_or(standard.lr), group.weight_decay.value_or(standard.weight_decay),
                  group.rows.value_or(standard.rows)};
  check_option("lr", own.lr, 0, infinity);
  check_option("weight_decay", own.weight_decay, 0, infinity);
  for (const nn::ParameterRef& p : group.parameters) {
    std::string name = p.name;
    if (name.empty() || std::count(names_.begin(), names_.end(), name) != 0)
      name += text("#", parameters_.size());
    check_parameter(kind_, p, name);
    for (size_t i = 0; i < parameters_.size(); ++i)
      check(parameters_[i].address() != p.address(), kind_, "Parameter \"", name,
            "\" is listed twice (it is also \"", names_[i], "\"). Hint: list a tied weight once");
    parameters_.push_back(p);
    names_.push_back(name);
    options_.push_back(own);
    has_own_lr_.push_back(group.lr.has_value());
  }
}

void Optimizer::leave_out(const std::vector<std::string>& no_decay) {
  for (const std::string& pattern : no_decay) {
    bool found = false;
    for (size_t i = 0; i < names_.size(); ++i)
      if (nn::name_fits(names_[i], pattern)) {
        options_[i].weight_decay = 0;
        found = true;
      }
    check(found, kind_, "no_decay \"", pattern,
          "\" is the name of no parameter. Hint: * stands for any letters, \"", names_[0], "\" is a name");
  }
}

void Optimizer::check_option(const char* option, double value, double low, double high) const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (std::isfinite(value) && value >= low && value < high) return;
  std::string valid = high < infinity   ? text(low, " <= ", option, " < ", high)
                      : low > -infinity ? text("finite, >= ", low)
                                        : "finite";
  fail(kind_, text(option, " is ", value, " (valid: ", valid, ")"));
}

void Optimizer::check_betas(const std::pair<double, double>& betas) const {
  check_option("betas[0]", betas.first, 0, 1);
  check_option("betas[1]", betas.second, 0, 1);
}

void Optimizer::set_lr(double lr) {
  check_option("lr", lr, 0, std::numeric_limits<double>::infinity());
  lr_ = lr;
}

double Optimizer::lr(size_t i) const {
  if (!has_own_lr_[i]) return lr_;
  return full_lr_ > 0 ? options_[i].lr * (lr_ / full_lr_) : options_[i].lr;
}

void Optimizer::step() {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    check(
        parameters_[i].is_current(), kind_, "The module has another tensor in the place of parameter \"",
        names_[i],
        "\" since this optimizer was built: the step would not reach it. Hint: build the optimizer after to(), "
        "tie_weight() or a new layer");
    check_rules(kind_, parameters_[i], names_[i]);
  }
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (!parameters_[i].has_grad()) continue;
    if (memory_[i].steps == 0)
      memory_[i].slots = Slots(parameters_[i], slot_names_.size(), parameters_[i].row_grad() != nullptr);
    else
      memory_[i].slots.grow(parameters_[i]);
    ++memory_[i].steps;
    update(parameters_[i], {lr(i), options_[i].weight_decay, options_[i].rows}, memory_[i]);
    if (parameters_[i].rules && parameters_[i].rules->max_norm > 0) hold_max_norm(parameters_[i]);
    increment_version(parameters_[i], "optimizer.step()");
  }
}

void Optimizer::zero_grad() const {
  for (const auto& p : parameters_) p.zero_grad();
}

State Optimizer::state() const {
  State out;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    out.emplace_back(kind_ + ".step." + names_[i], zeros({}, int64));
    *out.back().second.data<int64_t>() = memory_[i].steps;
    if (memory_[i].steps == 0) continue;
    Slots slots = memory_[i].slots;
    slots.grow(parameters_[i]);
    for (size_t s = 0; s < slot_names_.size(); ++s)
      out.emplace_back(kind_ + "." + slot_names_[s] + "." + names_[i], slots.tensor(s));
  }
  return out;
}

void Optimizer::load_state(const State& state) {
  std::map<std::string, Tensor> given(state.begin(), state.end());
  auto take = [&](const std::string& key, const Shape& shape, Dtype dtype) {
    auto it = given.find(key);
    check(it != given.end(), kind_, "The state has no \"", key,
          "\". Hint: it is of another optimizer or model");
    Tensor found = it->second.defined() ? it->second.contiguous() : it->second;
    given.erase(it);
    check(found.defined() && found.shape() == shape && found.dtype() == dtype, kind_, "\"", key, "\" is ",
          found.defined() ? text(lexigrad::name(found.dtype()), " ", to_string(found.shape())) : "undefined",
          ", expected ", lexigrad::name(dtype), " ", to_string(shape));
    return found;
  };
  std::vector<int64_t> steps(parameters_.size());
  std::vector<std::vector<Tensor>> slots(parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const nn::ParameterRef& p = parameters_[i];
    std::string key = kind_ + ".step." + names_[i];
    steps[i] = take(key, {}, int64).item<int64_t>();
    check(steps[i] >= 0, kind_, "\"", key, "\" is ", steps[i], " (valid are 0 and more)");
    for (size_t s = 0; s < slot_names_.size() && steps[i] > 0; ++s)
      slots[i].push_back(take(kind_ + "." + slot_names_[s] + "." + names_[i], p.shape(), p.dtype()));
  }
  check(given.empty(), kind_, "The state has \"", given.empty() ? "" : given.begin()->first,
        "\", which no parameter here needs. Hint: it is of another optimizer or model");
  for (size_t i = 0; i < parameters_.size(); ++i)
    memory_[i] = {steps[i], steps[i] > 0 ? slots_of(parameters_[i], slots[i]) : Slots()};
}

}  // namespace lexigrad::optim
