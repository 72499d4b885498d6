// Wrong calls of products, tables and fused ops.
#include "autograd/ops/wrong_calls/wrong_calls.h"
#include "lexigrad/autograd/autograd.h"

using namespace lexigrad;

const std::vector<WrongCall>& wrong_products_calls() {
  static const std::vector<WrongCall> calls = {
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
         matmul(ones({2, 2}, boolean), ones({2, 2}, boolean));
       },
       "[matmul] Needs float32 or float64, got bool. Hint: x.to(float32) converts"},
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
      {"one_hot", "range", [] { one_hot(tensor({0}), -2); },
       "[one_hot] Needs a number of classes >= 0, got -2"},
      {"attention_composed", "shape",
       [] {
         attention_composed(ones({1, 2, 3, 4}), ones({1, 2, 2, 4}), ones({1, 2, 2, 4}));
       },
       "[attention] The 3 heads of q are no multiple of the 2 of k and v"},
      {"embedding_bag_composed", "range",
       [] {
         embedding_bag_composed(ones({5, 3}), tensor({0, 1, 2}), tensor({1, 2}));
       },
       "[embedding_bag] The first offset is 1, it must be 0"},
  };
  return calls;
}
