#include "lexigrad/nn/parameter.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/body.h"
#include "lexigrad/autograd/ops.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

void ParameterRef::append_rows(const Tensor& rows) const {
  lexigrad::detail::append_rows("append_rows", *this, rows);
  if (rules && rules->rates.defined()) rules->rates = cat({rules->rates, ones({rows.size(0)}, float64)}, 0);
}

Parameter::Parameter(const Tensor& values, bool requires_grad) : Parameter() {
  check(is_floating(values.dtype()), "Parameter", "Needs float32 or float64, got ",
        lexigrad::name(values.dtype()), ". Hint: values.to(float32) converts");
  tie(values.detach().contiguous());
  requires_grad_(requires_grad);
}

void Parameter::tie(const ParameterRef& leaf) {
  if (leaf.rules && rules && leaf.rules != rules && !rules->plain()) {
    check(leaf.rules->plain(), "tie",
          "Both tables have rules for their rows (padding_idx, row rates or max_norm), and tied they can "
          "have one set. Hint: give them to one of the two");
    *leaf.rules = *rules;
  }
  if (leaf.rules) rules = leaf.rules;
  static_cast<Tensor&>(*this) = leaf;
}

}  // namespace lexigrad::nn
