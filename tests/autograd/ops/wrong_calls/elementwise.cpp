// Wrong calls of elementwise ops, comparisons and reductions.
#include "autograd/ops/wrong_calls/wrong_calls.h"
#include "lexigrad/autograd/autograd.h"

using namespace lexigrad;

const std::vector<WrongCall>& wrong_elementwise_calls() {
  static const std::vector<WrongCall> calls = {
      {"add", "shape",
       [] {
         add(ones({2, 3}), ones({2}));
       },
       "[add] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be "
       "equal or 1, counted from the last dimension"},
      {"sub", "shape",
       [] {
         sub(ones({2, 3}), ones({3, 3}));
       },
       "[sub] Shapes [2, 3] and [3, 3] do not broadcast: dimension -2 has sizes 2 and 3. Hint: sizes must be "
       "equal or 1, counted from the last dimension"},
      {"sub", "dtype", [] { sub(tensor({true}), tensor({false})); },
       "[sub] Two bool tensors have a sum (or) and a product (and). Hint: logical_xor(a, b); x.to(int64) "
       "converts"},
      {"mul", "shape",
       [] {
         mul(ones({2, 3}), ones({4}));
       },
       "[mul] Shapes [2, 3] and [4] do not broadcast: dimension -1 has sizes 3 and 4. Hint: sizes must be "
       "equal or 1, counted from the last dimension"},
      {"div", "shape",
       [] {
         div(ones({2, 3}), ones({2, 2}));
       },
       "[div] Shapes [2, 3] and [2, 2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be "
       "equal or 1, counted from the last dimension"},
      {"neg", "dtype", [] { neg(tensor({true})); },
       "[neg] Needs float32 or float64, got bool. Hint: x.to(float32) converts"},
      {"abs", "dtype", [] { abs(tensor({true})); },
       "[abs] Needs float32 or float64, got bool. Hint: x.to(float32) converts"},
      {"square", "dtype", [] { square(tensor({true})); },
       "[square] Needs float32 or float64, got bool. Hint: x.to(float32) converts"},
      {"exp", "dtype", [] { exp(ones({2}, bfloat16)); },
       "[exp] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts"},
      {"log", "dtype", [] { log(ones({2}, bfloat16)); },
       "[log] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts"},
      {"erf", "dtype", [] { erf(ones({2}, bfloat16)); },
       "[erf] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts"},
      {"tanh", "dtype", [] { tanh(ones({2}, bfloat16)); },
       "[tanh] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts"},
      {"relu", "dtype", [] { relu(tensor({true})); },
       "[relu] Needs float32 or float64, got bool. Hint: x.to(float32) converts"},
      {"sigmoid", "dtype", [] { sigmoid(ones({2}, bfloat16)); },
       "[sigmoid] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts"},
      {"gelu", "dtype", [] { gelu(arange(3), GeluForm::tanh); },
       "[gelu] Needs float32 or float64, got int64. Hint: x.to(float32) converts"},
      {"eq", "shape",
       [] {
         eq(ones({2, 3}), ones({2}));
       },
       "[eq] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be equal "
       "or 1, counted from the last dimension"},
      {"ne", "shape",
       [] {
         ne(ones({2, 3}), ones({2}));
       },
       "[ne] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be equal "
       "or 1, counted from the last dimension"},
      {"lt", "shape",
       [] {
         lt(ones({2, 3}), ones({2}));
       },
       "[lt] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be equal "
       "or 1, counted from the last dimension"},
      {"le", "shape",
       [] {
         le(ones({2, 3}), ones({2}));
       },
       "[le] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be equal "
       "or 1, counted from the last dimension"},
      {"gt", "shape",
       [] {
         gt(ones({2, 3}), ones({2}));
       },
       "[gt] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be equal "
       "or 1, counted from the last dimension"},
      {"ge", "shape",
       [] {
         ge(ones({2, 3}), ones({2}));
       },
       "[ge] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be equal "
       "or 1, counted from the last dimension"},
      {"sum", "range",
       [] {
         sum(ones({2, 3}), {-3});
       },
       "[sum] Dimension -3 is outside a tensor of rank 2 (valid are -2..1)"},
      {"sum", "range",
       [] {
         sum(ones({2, 3}), {1, -1});
       },
       "[sum] Dimension 1 is named twice"},
      {"sum", "rank", [] { sum(tensor(1.0), {1}); },
       "[sum] Dimension 1 is outside a tensor of rank 1 (valid are -1..0)"},
      {"mean", "dtype", [] { mean(arange(3), {0}); },
       "[mean] Needs float32 or float64, got int64. Hint: x.to(float32) converts"},
      {"mean", "range",
       [] {
         mean(ones({2, 3}), {2});
       },
       "[mean] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)"},
      {"mean", "range",
       [] {
         mean(ones({2, 3}), {0, -2});
       },
       "[mean] Dimension 0 is named twice"},
      {"mean", "rank", [] { mean(tensor(1.0), {1}); },
       "[mean] Dimension 1 is outside a tensor of rank 1 (valid are -1..0)"},
      {"causal_mean", "rank", [] { causal_mean(ones({3})); }, "[causal_mean] Needs x (..., T, C), got [3]"},
      {"causal_mean", "dtype",
       [] {
         causal_mean(ones({2, 3}, int64));
       },
       "[causal_mean] Needs float32 or float64, got int64. Hint: x.to(float32) converts"},
      {"softmax", "range",
       [] {
         softmax(ones({2, 3}), -3);
       },
       "[softmax] Dimension -3 is outside a tensor of rank 2 (valid are -2..1)"},
      {"softmax", "rank", [] { softmax(tensor(1.0), 1); },
       "[softmax] Dimension 1 is outside a tensor of rank 1 (valid are -1..0)"},
      {"softmax", "dtype", [] { softmax(arange(3)); },
       "[softmax] Needs float32 or float64, got int64. Hint: x.to(float32) converts"},
      {"log_softmax", "range",
       [] {
         log_softmax(ones({2, 3}), 2);
       },
       "[log_softmax] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)"},
      {"log_softmax", "rank", [] { log_softmax(tensor(1.0), -2); },
       "[log_softmax] Dimension -2 is outside a tensor of rank 1 (valid are -1..0)"},
      {"log_softmax", "dtype", [] { log_softmax(arange(3)); },
       "[log_softmax] Needs float32 or float64, got int64. Hint: x.to(float32) converts"},
      {"layer_norm_composed", "shape",
       [] {
         layer_norm_composed(ones({2, 3}), ones({2}));
       },
       "[mul] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be "
       "equal or 1, "
       "counted from the last dimension"},
      {"rms_norm_composed", "shape",
       [] {
         rms_norm_composed(ones({2, 3}), ones({2}));
       },
       "[mul] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be "
       "equal or 1, "
       "counted from the last dimension"},
  };
  return calls;
}
