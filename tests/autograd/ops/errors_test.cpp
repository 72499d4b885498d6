// What the public ops say of wrong calls, whole: shape, rank, dtype, range. More of each
// op's is in its EXAMPLE.
#include <fstream>
#include <functional>
#include <set>
#include <string>

#include "catch.h"
#include "lexigrad/autograd/autograd.h"
#include "lexigrad/autograd/ops/shared/example.h"
#include "support/paths.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

struct Wrong {
  const char *op, *kind;  // kind: shape, rank, dtype or range
  std::function<void()> call;
  const char* text;
};

const Wrong wrong_calls[] = {
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
    {"sum", "rank", [] { sum(tensor(1.0), {0}); },
     "[sum] Dimension 0 was named, but the tensor is a scalar: it has none"},
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
    {"mean", "rank", [] { mean(tensor(1.0), {0}); },
     "[mean] Dimension 0 was named, but the tensor is a scalar: it has none"},
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
    {"reshape", "shape",
     [] {
       reshape(ones({2, 3}), {-1, 4});
     },
     "[reshape] A tensor of shape [2, 3] (6 elements) cannot take shape [-1, 4]. Hint: the sizes must "
     "multiply to that number; one may be -1"},
    {"reshape", "shape",
     [] {
       reshape(zeros({0}), {-1, 0});
     },
     "[reshape] A tensor of shape [0] (0 elements) cannot take shape [-1, 0]. Hint: the sizes must multiply "
     "to that number; one may be -1"},
    {"reshape", "range",
     [] {
       reshape(ones({2, 3}), {-1, -1});
     },
     "[reshape] Shape [-1, -1] must hold sizes >= 0 and at most one -1"},
    {"reshape", "range",
     [] {
       reshape(ones({2, 3}), {-2, -3});
     },
     "[reshape] Shape [-2, -3] must hold sizes >= 0 and at most one -1"},
    {"view", "shape",
     [] {
       view(ones({2, 3}), {4});
     },
     "[view] A tensor of shape [2, 3] (6 elements) cannot take shape [4]. Hint: the sizes must multiply to "
     "that number; one may be -1"},
    {"view", "shape",
     [] {
       view(ones({2, 3}).t(), {6});
     },
     "[view] Shape [3, 2] with strides [1, 3] cannot be seen as [6] without a copy. Hint: reshape() copies "
     "where it must"},
    {"view", "range",
     [] {
       view(ones({2, 3}), {6, -2});
     },
     "[view] Shape [6, -2] must hold sizes >= 0 and at most one -1"},
    {"transpose", "range",
     [] {
       transpose(ones({2, 3}), 0, 2);
     },
     "[transpose] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)"},
    {"transpose", "rank", [] { transpose(tensor(1.0), 0, 0); },
     "[transpose] Dimension 0 was named, but the tensor is a scalar: it has none"},
    {"permute", "rank",
     [] {
       permute(ones({2, 3}), {1, 0, 2});
     },
     "[permute] 3 dimensions do not order a tensor of shape [2, 3]. Hint: name each of 0..1 once"},
    {"permute", "range",
     [] {
       permute(ones({2, 3}), {0, 2});
     },
     "[permute] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)"},
    {"permute", "range",
     [] {
       permute(ones({2, 3}), {0, -2});
     },
     "[permute] Dimension 0 is named twice"},
    {"expand", "shape",
     [] {
       expand(ones({2, 3}), {4, 3});
     },
     "[expand] Shapes [2, 3] and [4, 3] do not broadcast: dimension -2 has sizes 2 and 4. Hint: sizes must "
     "be equal or 1, counted from the last dimension"},
    {"expand", "shape",
     [] {
       expand(ones({1, 3}), {2, 1});
     },
     "[expand] A tensor of shape [1, 3] does not expand to [2, 1]. Hint: only sizes of 1 are repeated, and "
     "new dimensions come first"},
    {"expand", "rank",
     [] {
       expand(ones({2, 3}), {3});
     },
     "[expand] A tensor of shape [2, 3] does not expand to [3]. Hint: only sizes of 1 are repeated, and new "
     "dimensions come first"},
    {"expand", "range",
     [] {
       expand(ones({1, 3}), {-2, 3});
     },
     "[expand] A tensor of shape [1, 3] does not expand to [-2, 3]. Hint: sizes are >= 0, or -1 to keep the "
     "tensor's own"},
    {"expand", "range",
     [] {
       expand(ones({3}), {-1, 3});
     },
     "[expand] A tensor of shape [3] does not expand to [-1, 3]. Hint: sizes are >= 0, or -1 to keep the "
     "tensor's own"},
    {"slice", "range",
     [] {
       slice(ones({2, 3}), 2, 0);
     },
     "[slice] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)"},
    {"slice", "range",
     [] {
       slice(ones({2, 3}), 0, 0, 2, -1);
     },
     "[slice] Step -1 is not positive (valid are 1, 2, ...)"},
    {"slice", "rank", [] { slice(tensor(1.0), 0, 0); },
     "[slice] Dimension 0 was named, but the tensor is a scalar: it has none"},
    {"select", "range",
     [] {
       select(ones({2, 3}), 2, 0);
     },
     "[select] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)"},
    {"select", "range",
     [] {
       select(ones({2, 3}), 1, -4);
     },
     "[select] Index -4 is outside dimension 1 of a tensor of shape [2, 3] (valid are -3..2)"},
    {"select", "range",
     [] {
       select(zeros({2, 0}), 1, 0);
     },
     "[select] Dimension 1 of a tensor of shape [2, 0] is empty: it has no index 0"},
    {"select", "rank", [] { select(tensor(1.0), 0, 0); },
     "[select] Dimension 0 was named, but the tensor is a scalar: it has none"},
    {"cat", "shape",
     [] {
       cat({ones({2, 3}), ones({2, 4})});
     },
     "[cat] Shapes [2, 3] and [2, 4] differ in more than dimension 0. Hint: all other sizes must agree"},
    {"cat", "rank",
     [] {
       cat({ones({2, 3}), ones({3})});
     },
     "[cat] Shapes [2, 3] and [3] differ in more than dimension 0. Hint: all other sizes must agree"},
    {"cat", "rank", [] { cat({tensor(1.0)}); },
     "[cat] Dimension 0 was named, but the tensor is a scalar: it has none"},
    {"cat", "dtype",
     [] {
       cat({ones({2}), ones({2}, float64)});
     },
     "[cat] Dtypes float32 and float64 differ. Hint: x.to(dtype) converts"},
    {"cat", "range",
     [] {
       cat({ones({2, 3})}, 2);
     },
     "[cat] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)"},
    {"cat", "range", [] { cat({}); }, "[cat] The list is empty. Hint: give at least one tensor"},
    {"matmul", "shape",
     [] {
       matmul(ones({2, 3}), ones({2, 3}));
     },
     "[matmul] Shapes [2, 3] and [2, 3] do not multiply: 3 columns meet 2 rows. Hint: transpose(-1, -2) "
     "turns a matrix"},
    {"matmul", "shape", [] { matmul(ones({2}), ones({3})); },
     "[matmul] Shapes [2] and [3] do not multiply: 2 columns meet 3 rows. Hint: transpose(-1, -2) turns a "
     "matrix"},
    {"matmul", "shape",
     [] {
       matmul(ones({2, 3}), ones({2}));
     },
     "[matmul] Shapes [2, 3] and [2] do not multiply: 3 columns meet 2 rows. Hint: transpose(-1, -2) turns a "
     "matrix"},
    {"matmul", "shape",
     [] {
       matmul(ones({2, 3, 4}), ones({3, 4, 5}));
     },
     "[matmul] Shapes [2] and [3] do not broadcast: dimension -1 has sizes 2 and 3. Hint: sizes must be "
     "equal or 1, counted from the last dimension"},
    {"matmul", "rank",
     [] {
       matmul(ones({2, 3}), tensor(1.0));
     },
     "[matmul] Needs at least vectors, got shapes [2, 3] and []. Hint: a * b multiplies by a number"},
    {"matmul", "dtype",
     [] {
       matmul(ones({2, 2}, int64), ones({2, 2}, int64));
     },
     "[matmul] Needs float32 or float64, got int64. Hint: x.to(float32) converts"},
    {"matmul", "dtype",
     [] {
       matmul(ones({2, 2}), ones({2, 2}, float64));
     },
     "[matmul] Dtypes float32 and float64 differ. Hint: x.to(dtype) converts"},
    {"linear", "shape",
     [] {
       linear(ones({2, 3}), ones({4, 2}));
     },
     "[linear] x [2, 3] has 3 features, weight [4, 2] takes 2. Hint: weight is (out, in)"},
    {"linear", "shape",
     [] {
       linear(ones({2, 3}), ones({4, 3}), ones({3}));
     },
     "[linear] Bias must be float32 [4], got float32 [3]"},
    {"linear", "rank",
     [] {
       linear(ones({2, 3}), ones({3}));
     },
     "[linear] Needs x (..., in) and weight (out, in), got [2, 3] and [3]"},
    {"linear", "rank",
     [] {
       linear(tensor(1.0), ones({2, 3}));
     },
     "[linear] Needs x (..., in) and weight (out, in), got [] and [2, 3]"},
    {"linear", "dtype",
     [] {
       linear(ones({2, 3}), ones({4, 3}, float64));
     },
     "[linear] x is float32, weight float64. Hint: x.to(dtype) converts"},
    {"linear", "dtype",
     [] {
       linear(ones({2, 3}, int64), ones({4, 3}, int64));
     },
     "[linear] Needs float32 or float64, got int64. Hint: x.to(float32) converts"},
    {"linear", "dtype",
     [] {
       linear(ones({2, 3}), ones({4, 3}), ones({4}, float64));
     },
     "[linear] Bias must be float32 [4], got float64 [4]"},
    {"embedding", "rank", [] { embedding(ones({3}), tensor({0})); },
     "[embedding] The table must have shape (num_embeddings, embedding_dim), got [3]"},
    {"embedding", "dtype",
     [] {
       embedding(ones({2, 3}), ones({2}));
     },
     "[embedding] Ids must be int64, got float32. Hint: ids.to(int64) converts"},
    {"embedding", "range",
     [] {
       embedding(ones({2, 3}), tensor({0, 2}));
     },
     "[embedding] Id 2 at position 1 is outside table \"weight\" (valid ids are 0..1). Hint: the table needs "
     "a row for every id of the tokenizer; ids start at 0"},
    {"embedding", "range",
     [] {
       embedding(ones({2, 3}), tensor({{0, 1}, {-1, 0}}));
     },
     "[embedding] Id -1 at batch 1, position 0 is outside table \"weight\" (valid ids are 0..1). Hint: the "
     "table needs a row for every id of the tokenizer; ids start at 0"},
    {"embedding", "range",
     [] {
       embedding(ones({2, 3}), tensor({{{0, 3}}}), {.table = "wte"});
     },
     "[embedding] Id 3 at index [0, 0, 1] is outside table \"wte\" (valid ids are 0..1). Hint: the table "
     "needs a row for every id of the tokenizer; ids start at 0"},
    {"embedding", "range",
     [] {
       embedding(ones({2, 3}), tensor({0}), {.padding_idx = 2, .table = "wte"});
     },
     "[embedding] padding_idx 2 is outside table \"wte\" (valid are 0..1, and -1 for none)"},
    {"one_hot", "dtype", [] { one_hot(ones({2}), 3); },
     "[one_hot] Ids must be int64, got float32. Hint: ids.to(int64) converts"},
    {"one_hot", "range",
     [] {
       one_hot(tensor({0, 3}), 3);
     },
     "[one_hot] Id 3 at position 1 is outside the 3 classes (valid ids are 0..2)"},
    {"one_hot", "range", [] { one_hot(tensor({-1}), 3); },
     "[one_hot] Id -1 at position 0 is outside the 3 classes (valid ids are 0..2)"},
    {"one_hot", "range", [] { one_hot(tensor({0}), -1); },
     "[one_hot] Needs a number of classes >= 0, got -1"},
    {"cross_entropy_sum", "rank", [] { cross_entropy_sum(tensor(1.0), tensor({0})); },
     "[cross_entropy_sum] Logits must have shape (..., classes), got []"},
    {"cross_entropy_sum", "shape",
     [] {
       cross_entropy_sum(ones({2, 0}), tensor({0, 0}));
     },
     "[cross_entropy_sum] Logits must have shape (..., classes), got [2, 0]"},
    {"cross_entropy_sum", "shape",
     [] {
       cross_entropy_sum(ones({2, 3}), tensor({0, 1, 2}));
     },
     "[cross_entropy_sum] Targets [3] do not match positions [2]. Hint: logits are (..., classes), targets "
     "(...)"},
    {"cross_entropy_sum", "dtype",
     [] {
       cross_entropy_sum(ones({2, 3}), ones({2}));
     },
     "[cross_entropy_sum] Targets must be int64, got float32. Hint: targets.to(int64) converts"},
    {"cross_entropy_sum", "dtype",
     [] {
       cross_entropy_sum(ones({2, 3}, int64), tensor({0, 1}));
     },
     "[cross_entropy_sum] Needs float32 or float64, got int64. Hint: x.to(float32) converts"},
    {"cross_entropy_sum", "range",
     [] {
       cross_entropy_sum(ones({2, 3}), tensor({0, 3}));
     },
     "[cross_entropy_sum] Target 3 at position 1 is outside the 3 classes (valid are 0..2, and -100 to ignore)"},
    {"cross_entropy_sum", "range",
     [] {
       cross_entropy_sum(ones({2, 3}), tensor({-1, 0}), {.ignore_index = -2});
     },
     "[cross_entropy_sum] Target -1 at position 0 is outside the 3 classes (valid are 0..2, and -2 to ignore)"},
    {"cross_entropy_sum", "range",
     [] {
       cross_entropy_sum(ones({2, 3}), tensor({0, 1}), {.label_smoothing = -0.1});
     },
     "[cross_entropy_sum] label_smoothing is -0.1 (valid are 0..1)"},
    {"cross_entropy_sum", "range",
     [] {
       cross_entropy_sum(ones({2, 3}), tensor({0, 1}), {.z_loss = -1});
     },
     "[cross_entropy_sum] z_loss is -1 (valid are 0 and more; 1e-4 is usual)"},
    {"cross_entropy_sum", "range",
     [] {
       cross_entropy_sum(ones({2, 3}), tensor({0, 1}), {.filter = 0.5});
     },
     "[cross_entropy_sum] filter is 0.5, but only products with a head's weights can be left out. Hint: "
     "linear_cross_entropy_sum takes it"},
    {"cross_entropy_sum", "shape",
     [] {
       cross_entropy_sum(ones({2, 3}), tensor({0, 1}), {.class_weight = ones({2})});
     },
     "[cross_entropy_sum] Class weights must be float32 [3], got float32 [2]. Hint: one number for each class"},
    {"cross_entropy_sum", "dtype",
     [] {
       cross_entropy_sum(ones({2, 3}), tensor({0, 1}), {.class_weight = ones({3}, float64)});
     },
     "[cross_entropy_sum] Class weights must be float32 [3], got float64 [3]. Hint: one number for each class"},
    {"cross_entropy_sum", "range",
     [] {
       cross_entropy_sum(ones({2, 3}), tensor({0, 1}), {.class_weight = tensor({1.0, 0.0, -2.0}, float32)});
     },
     "[cross_entropy_sum] The weight of class 2 is -2 (valid are 0 and more)"},
    {"linear_cross_entropy_sum", "range",
     [] {
       linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), {}, tensor({0, 1}), {.label_smoothing = 1.5});
     },
     "[linear_cross_entropy_sum] label_smoothing is 1.5 (valid are 0..1)"},
    {"linear_cross_entropy_sum", "range",
     [] {
       linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), {}, tensor({0, 1}), {.filter = 1});
     },
     "[linear_cross_entropy_sum] filter is 1 (valid are 0 up to 1; 0.000244140625, which is 2^-12, is usual)"},
    {"linear_cross_entropy_sum", "shape",
     [] {
       linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), {}, tensor({0, 1}), {.class_weight = ones({3})});
     },
     "[linear_cross_entropy_sum] Class weights must be float32 [4], got float32 [3]. Hint: one number for each "
     "class"},
    {"linear_cross_entropy_sum", "shape",
     [] {
       linear_cross_entropy_sum(ones({2, 3}), ones({4, 2}), {}, tensor({0, 1}));
     },
     "[linear_cross_entropy_sum] Needs x (..., dim) and weight (classes, dim), got [2, 3] and [4, 2]"},
    {"linear_cross_entropy_sum", "shape",
     [] {
       linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), ones({3}), tensor({0, 1}));
     },
     "[linear_cross_entropy_sum] Bias must be float32 [4], got float32 [3]"},
    {"linear_cross_entropy_sum", "shape",
     [] {
       linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), {}, tensor({0}));
     },
     "[linear_cross_entropy_sum] Targets [1] do not match positions [2]. Hint: logits are (..., classes), "
     "targets (...)"},
    {"linear_cross_entropy_sum", "rank",
     [] {
       linear_cross_entropy_sum(tensor(1.0), ones({4, 3}), {}, tensor({0}));
     },
     "[linear_cross_entropy_sum] Needs x (..., dim) and weight (classes, dim), got [] and [4, 3]"},
    {"linear_cross_entropy_sum", "dtype",
     [] {
       linear_cross_entropy_sum(ones({2, 3}, float64), ones({4, 3}), {}, tensor({0, 1}));
     },
     "[linear_cross_entropy_sum] x is float64, weight float32. Hint: x.to(dtype) converts"},
    {"linear_cross_entropy_sum", "dtype",
     [] {
       linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), ones({4}, float64), tensor({0, 1}));
     },
     "[linear_cross_entropy_sum] Bias must be float32 [4], got float64 [4]"},
    {"linear_cross_entropy_sum", "dtype",
     [] {
       linear_cross_entropy_sum(ones({2, 3}, int64), ones({4, 3}, int64), {}, tensor({0, 1}));
     },
     "[linear_cross_entropy_sum] Needs float32 or float64, got int64. Hint: x.to(float32) converts"},
    {"linear_cross_entropy_sum", "dtype",
     [] {
       linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), {}, ones({2}));
     },
     "[linear_cross_entropy_sum] Targets must be int64, got float32. Hint: targets.to(int64) converts"},
    {"linear_cross_entropy_sum", "range",
     [] {
       linear_cross_entropy_sum(ones({2, 3}), ones({4, 3}), {}, tensor({0, 4}));
     },
     "[linear_cross_entropy_sum] Target 4 at position 1 is outside the 4 classes (valid are 0..3, and -100 to "
     "ignore)"},
    {"linear_cross_entropy_sum_composed", "shape",
     [] {
       linear_cross_entropy_sum_composed(ones({2, 3}), ones({4, 2}), {}, tensor({0, 1}));
     },
     "[linear] x [2, 3] has 3 features, weight [4, 2] takes 2. Hint: weight is (out, in)"},
    {"linear_cross_entropy_sum_composed", "range",
     [] {
       linear_cross_entropy_sum_composed(ones({2, 3}), ones({4, 3}), {}, tensor({0, 4}));
     },
     "[cross_entropy_sum] Target 4 at position 1 is outside the 4 classes (valid are 0..3, and -100 to ignore)"},
    {"attention_composed", "shape",
     [] {
       attention_composed(ones({1, 2, 3, 4}), ones({1, 2, 2, 4}), ones({1, 2, 2, 4}));
     },
     "[attention] The 3 heads of q are no multiple of the 2 of k and v"},
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
    {"zeros", "range",
     [] {
       zeros({2, -1});
     },
     "[tensor] Sizes [2, -1] include a negative one"},
    {"zeros", "range",
     [] {
       zeros({int64_t{1} << 40, int64_t{1} << 40});
     },
     "[tensor] A float32 tensor of shape [1099511627776, 1099511627776] is larger than any memory"},
    {"arange", "range", [] { arange(0, 3, -1); }, "[arange] No numbers lead from 0 to 3 in steps of -1"},
    {"arange", "range", [] { arange(0, 1e30); },
     "[arange] Steps of 1 from 0 to 1e+30 are more numbers than any memory holds"},
    {"from_values", "shape",
     [] {
       from_values<float>(std::vector<float>{1, 2}, {3});
     },
     "[tensor] 2 values do not fill shape [3]"},
    {"tensor", "shape",
     [] {
       tensor({{1, 2}, {3}});
     },
     "[tensor] A nested list has 1 entries where its neighbours have 2. Hint: all lists of one level must "
     "have the same length"},
    {"randint", "range", [] { randint(3, 3, {2}); }, "[randint] No whole numbers lie in [3, 3)"},
    {"randperm", "range", [] { randperm(-1); }, "[randperm] Cannot order -1 numbers; n must be >= 0"},
    {"rand", "dtype", [] { rand({2}, int64); },
     "[uniform_] Needs float32 or float64, got int64. Hint: x.to(float32) converts"},
    {"randn", "dtype", [] { randn({2}, int64); },
     "[normal_] Needs float32 or float64, got int64. Hint: x.to(float32) converts"},
    {"data", "dtype", [] { ones({2}).data<double>(); },
     "[data] The tensor is float32, asked for as float64. Hint: x.to(dtype) converts"},
    {"item", "shape", [] { ones({2}).item<float>(); },
     "[item] Needs one element, the tensor has shape [2]. Hint: x[i] or sum(x) is one; to_vector<T>() gives "
     "all"},
    {"size", "range", [] { ones({2}).size(-2); },
     "[size] Dimension -2 is outside a tensor of rank 1 (valid are -1..0)"},
    {"operator[]", "range", [] { ones({2})[2]; },
     "[select] Index 2 is outside dimension 0 of a tensor of shape [2] (valid are -2..1)"},
    {"t", "rank",
     [] {
       ones({2, 2, 2}).t();
     },
     "[t] Needs a matrix, got shape [2, 2, 2]. Hint: transpose(a, b) names the dimensions"},
    {"add_", "shape",
     [] {
       ones({2, 3}).add_(ones({3, 3}));
     },
     "[add_] Shapes [2, 3] and [3, 3] do not broadcast: dimension -2 has sizes 2 and 3. Hint: sizes must be "
     "equal or 1, counted from the last dimension"},
    {"add_", "shape",
     [] {
       ones({3}).add_(ones({2, 3}));
     },
     "[add_] A tensor of shape [2, 3] does not fit into shape [3]"},
    {"add_", "dtype", [] { tensor({true}).add_(1); },
     "[add_] The result is int64, the tensor bool. Hint: use the form without _"},
    {"sub_", "shape",
     [] {
       ones({2, 3}).sub_(ones({2}));
     },
     "[sub_] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be "
     "equal or 1, counted from the last dimension"},
    {"mul_", "dtype", [] { arange(3).mul_(0.5); },
     "[mul_] The result is float32, the tensor int64. Hint: use the form without _"},
    {"div_", "dtype", [] { arange(3).div_(2); },
     "[div_] The result is float32, the tensor int64. Hint: use the form without _"},
    {"copy_", "shape",
     [] {
       ones({2, 3}).copy_(ones({2}));
     },
     "[copy_] Shapes [2] and [2, 3] do not broadcast: dimension -1 has sizes 2 and 3. Hint: sizes must be "
     "equal or 1, counted from the last dimension"},
    {"requires_grad_", "dtype", [] { arange(3).requires_grad_(); },
     "[requires_grad_] Only float32 and float64 can have gradients, this tensor is int64"},
    {"backward", "shape",
     [] {
       ones({2, 3}).requires_grad_().backward();
     },
     "[backward] Needs a scalar, got shape [2, 3]. Hint: reduce with sum() or mean(), or pass a gradient of "
     "that shape"},
    {"backward", "shape",
     [] {
       ones({2, 3}).requires_grad_().backward(ones({2}));
     },
     "[backward] The gradient given is float32 [2], the tensor float32 [2, 3]"},
    {"backward", "dtype", [] { ones({2}).requires_grad_().backward(ones({2}, float64)); },
     "[backward] The gradient given is float64 [2], the tensor float32 [2]"},
    {"set_grad", "shape",
     [] {
       ones({2, 3}).requires_grad_().set_grad(ones({2}));
     },
     "[set_grad] The gradient is float32 [2], the tensor float32 [2, 3]"},
    {"set_grad", "dtype", [] { ones({2}).requires_grad_().set_grad(ones({2}, float64)); },
     "[set_grad] The gradient is float64 [2], the tensor float32 [2]"},
    {"grad", "shape", [] { grad(ones({2}) * 2, {ones({2})}); },
     "[grad] Input 0 does not require a gradient. Hint: requires_grad_() before the outputs are computed"},
    {"RowGrad", "range",
     [] {
       RowGrad(tensor({1, 0}), ones({2, 3}), 5);
     },
     "[row_grad] Index 0 at 1 is out of order or outside the table (valid are 0..4, sorted, each once)"},
    {"RowGrad", "range",
     [] {
       RowGrad(tensor({0, 5}), ones({2, 3}), 5);
     },
     "[row_grad] Index 5 at 1 is out of order or outside the table (valid are 0..4, sorted, each once)"},
    {"RowGrad", "shape",
     [] {
       RowGrad(tensor({0}), ones({2, 3}), 5);
     },
     "[row_grad] Indices int64 [1] do not name the rows of values [2, 3]. Hint: one int64 index for each "
     "row"},
    {"RowGrad", "dtype",
     [] {
       RowGrad(ones({2}), ones({2, 3}), 5);
     },
     "[row_grad] Indices float32 [2] do not name the rows of values [2, 3]. Hint: one int64 index for each "
     "row"},
    {"RowGrad", "shape",
     [] {
       RowGrad::of_lookup(tensor({0, 1, 2}), ones({2, 3}), 5);
     },
     "[row_grad] A gradient [2, 3] is not that of a look-up of ids int64 [3]. Hint: it has the shape of the "
     "ids (int64) and one dimension more"},
    {"RowGrad", "shape",
     [] {
       RowGrad::of_bags(tensor({0, 1}), tensor({0}), {}, ones({2, 3}), 5);
     },
     "[row_grad] A gradient [2, 3] is not that of bags int64 [1] of ids int64 [2]. Hint: ids, bags and "
     "scales have as many elements (int64, int64, the gradient's dtype)"},
    {"RowGrad", "range",
     [] {
       RowGrad::of_bags(tensor({0, 1}), tensor({0, 2}), {}, ones({2, 3}), 5);
     },
     "[row_grad] Bag 2 at 1 has no row in the gradient (valid are 0..1)"},
    {"embedding_bag_composed", "range",
     [] {
       embedding_bag_composed(ones({5, 3}), tensor({0, 1, 2}), tensor({1, 2}));
     },
     "[embedding_bag] The first offset is 1, it must be 0"},
    {"RowGrad", "dtype",
     [] {
       RowGrad::of_lookup(ones({2}), ones({2, 3}), 5);
     },
     "[row_grad] A gradient [2, 3] is not that of a look-up of ids float32 [2]. Hint: it has the shape of "
     "the ids (int64) and one dimension more"},
};

constexpr const char* undefined =
    "[tensor] This Tensor is undefined. Hint: it was default-constructed, or is the gradient of something "
    "without one";

}  // namespace

TEST_CASE("ops say what was wrong with a call, and with which values") {
  std::set<std::string> kinds;
  for (const Wrong& wrong : wrong_calls) {
    INFO(wrong.op << ", " << wrong.kind);
    CHECK(message_of(wrong.call) == wrong.text);
    kinds.insert(wrong.kind);
  }
  CHECK(kinds == std::set<std::string>{"dtype", "range", "rank", "shape"});
}

TEST_CASE("each op on the menu has a wrong call here or in its EXAMPLE") {
  std::set<std::string> shown;
  for (const Wrong& wrong : wrong_calls) shown.insert(wrong.op);
  for (const Example& example : examples())
    if (example.bad) shown.insert(example.op);
  std::ifstream menu(lexigrad::test::in_source("autograd/ops/ops.h"));
  int ops = 0;
  for (std::string line; std::getline(menu, line);) {
    if (line.rfind("Tensor ", 0) != 0) continue;
    std::string op = line.substr(7, line.find('(') - 7);
    if (op == "scalar_like") continue;  // what operators make of numbers
    INFO(op);
    CHECK(shown.count(op) == 1);
    ++ops;
  }
  CHECK(ops >= 45);
}

TEST_CASE("an undefined tensor is named as such by every op") {
  Tensor none, some = ones({2, 3}), ids = tensor({0, 1});
  for (Tensor (*op)(const Tensor&) :
       {neg, lexigrad::abs, sign, square, lexigrad::exp, lexigrad::log, lexigrad::erf, lexigrad::tanh, relu,
        sigmoid, sum, mean, causal_mean, lexigrad::clone})
    CHECK(message_of([&] { op(none); }) == undefined);
  for (Tensor (*op)(const Tensor&, const Tensor&) :
       {add, sub, mul, lexigrad::div, eq, ne, lt, le, gt, ge, matmul}) {
    CHECK(message_of([&] { op(none, some); }) == undefined);
    CHECK(message_of([&] { op(some, none); }) == undefined);
  }
  const std::function<void()> calls[] = {
      [&] { gelu(none); },
      [&] { softmax(none); },
      [&] { log_softmax(none); },
      [&] { sum(none, {0}); },
      [&] { mean(none, {0}); },
      [&] { reshape(none, {1}); },
      [&] { view(none, {1}); },
      [&] { transpose(none, 0, 1); },
      [&] { permute(none, {}); },
      [&] { expand(none, {1}); },
      [&] { slice(none, 0, 0); },
      [&] { select(none, 0, 0); },
      [&] {
        cat({some, none});
      },
      [&] { to(none, float64); },
      [&] { linear(none, some); },
      [&] { linear(some, none); },
      [&] { embedding(none, ids); },
      [&] { embedding(some, none); },
      [&] { one_hot(none, 2); },
      [&] { cross_entropy_sum(none, ids); },
      [&] { cross_entropy_sum(some, none); },
      [&] { linear_cross_entropy_sum(none, some, {}, ids); },
      [&] { linear_cross_entropy_sum(some, none, {}, ids); },
      [&] { linear_cross_entropy_sum(some, some, {}, none); },
      [&] { some.add_(none); },
      [&] { none.copy_(some); },
      [&] { some.copy_(none); },
      [&] { none.fill_(1); },
      [&] { none.backward(); },
      [&] { grad(none, {ones({2}).requires_grad_()}); },
      [&] { grad(some, {none}); },
      [&] { none.shape(); },
      [&] { none.item<float>(); },
      [&] { none.detach(); },
      [&] { none.requires_grad_(); },
  };
  for (size_t i = 0; i < std::size(calls); ++i) {
    INFO("call " << i);
    CHECK(message_of(calls[i]) == undefined);
  }
}
