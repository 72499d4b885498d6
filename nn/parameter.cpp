#include "lexigrad/nn/parameter.h"

#include <cmath>
#include <ostream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"

namespace lexigrad::nn {

void ParameterRef::set_row_rates(const Tensor& rates) const {
  check(rules != nullptr, "set_row_rates",
        "This handle on a tensor has no rules for its rows. Hint: those of an nn::Parameter have");
  if (!rates.defined()) {
    rules->rates = Tensor();
    return;
  }
  check(rank() > 0 && rates.shape() == Shape{size(0)}, "set_row_rates",
        "Needs a rate for each row of a table ", shape(), ", got ", rates.shape());
  Tensor own = rates.detach().to(float64).clone();
  for (int64_t row = 0; row < own.numel(); ++row) {
    double rate = own.data<double>()[row];
    check(std::isfinite(rate) && rate >= 0, "set_row_rates", "The rate of row ", row, " is ", rate,
          " (valid: finite, >= 0; 0 freezes the row)");
  }
  rules->rates = own;
}

void ParameterRef::freeze_rows(const std::vector<int64_t>& ids) const {
  check(rank() > 0, "freeze_rows", "A scalar has no rows");
  Tensor rates = rules && rules->rates.defined() ? rules->rates.clone() : ones({size(0)}, float64);
  for (int64_t id : ids) {
    check(id >= 0 && id < size(0), "freeze_rows", "Row ", id, " is outside the table (valid are 0..",
          size(0) - 1, ")");
    rates.data<double>()[id] = 0;
  }
  set_row_rates(rates);
}

void ParameterRef::freeze_rows(const Tensor& ids) const {
  check(ids.dtype() == int64, "freeze_rows", "Ids must be int64, got ", lexigrad::name(ids.dtype()),
        ". Hint: ids.to(int64) converts");
  freeze_rows(ids.to_vector<int64_t>());
}

void ParameterRef::append_rows(const Tensor& rows) const {
  append_rows_(rows);
  if (rules && rules->rates.defined()) rules->rates = cat({rules->rates, ones({rows.size(0)}, float64)}, 0);
}

std::ostream& operator<<(std::ostream& out, const ParameterRef& parameter) {
  return out << "Parameter containing:\n" << static_cast<const Tensor&>(parameter);
}

std::ostream& operator<<(std::ostream& out, const std::vector<ParameterRef>& parameters) {
  for (const ParameterRef& each : parameters)
    out << (each.name.empty() ? "(no name)" : each.name) << " "
        << (each.defined() ? to_string(each.shape()) : "undefined") << "\n";
  return out;
}

Parameter::Parameter(const Tensor& values, bool requires_grad) : Parameter() {
  check(is_floating(arithmetic_dtype(values.dtype())), "Parameter",
        "Needs float32, float64 or bfloat16, got ", lexigrad::name(values.dtype()),
        ". Hint: values.to(float32) converts");
  tie(values.detach().contiguous());
  requires_grad_(requires_grad);
  share(std::make_shared<RowRules>());
  rules->held.tensor = id();
}

Parameter& Parameter::operator=(Parameter&& other) noexcept {
  if (this == &other) return *this;
  share(nullptr);
  static_cast<ParameterRef&>(*this) = std::move(static_cast<ParameterRef&>(other));
  return *this;
}

Parameter::~Parameter() {
  if (rules) --rules->held.parameters;
}

void Parameter::share(std::shared_ptr<RowRules> other) noexcept {
  static const char nothing = 0;
  if (rules == other) return;
  if (rules && --rules->held.parameters == 0) rules->held.tensor = &nothing;
  if (other) ++other->held.parameters;
  rules = std::move(other);
}

void Parameter::tie(const ParameterRef& leaf) {
  if (leaf.rules && rules && leaf.rules != rules && !rules->plain()) {
    check(leaf.rules->plain(), "tie",
          "Both tables have rules for their rows (padding_idx, row rates or max_norm), and tied they can "
          "have one set. Hint: give them to one of the two");
    *leaf.rules = *rules;
  }
  if (leaf.rules) share(leaf.rules);
  static_cast<Tensor&>(*this) = leaf;
  if (rules) rules->held.tensor = id();
}

}  // namespace lexigrad::nn
