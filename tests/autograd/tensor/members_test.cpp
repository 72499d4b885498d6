// Members and operators are the functions that they stand for.
#include <map>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad_mode.h"
#include "lexigrad/autograd/tensor/random.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

// NaN equals NaN.
bool same(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() &&
         equal(nan_to_num(a.to(float64)), nan_to_num(b.to(float64)));
}

}  // namespace

#define CHECK_MEMBERS(...)                              \
  for (auto [name, member, function] : {__VA_ARGS__}) { \
    INFO(name);                                         \
    CHECK(same(member, function));                      \
    ++checked;                                          \
  }
#define UNARY(op) \
  std::tuple { #op, x.op(), lexigrad::op(x) }
#define WITH(op, ...) \
  std::tuple { #op "(" #__VA_ARGS__ ")", x.op(__VA_ARGS__), lexigrad::op(x, __VA_ARGS__) }

TEST_CASE("every member is its function") {
  manual_seed(4);
  Tensor x = randn({3, 4}), mask = x > 0.2, ids = tensor({2, 0}), places = tensor({{0, 1, 2, 1}});
  int checked = 0;
  CHECK_MEMBERS(UNARY(abs), UNARY(sign), UNARY(neg), UNARY(square), UNARY(exp), UNARY(log), UNARY(expm1),
                UNARY(log1p), UNARY(sqrt), UNARY(rsqrt), UNARY(reciprocal), UNARY(sin), UNARY(cos),
                UNARY(erf), UNARY(tanh), UNARY(relu), UNARY(sigmoid), UNARY(silu), UNARY(gelu),
                UNARY(logical_not), UNARY(sum), UNARY(mean), UNARY(prod), UNARY(var), UNARY(std), UNARY(norm),
                UNARY(any), UNARY(all), UNARY(max), UNARY(min), UNARY(argmax), UNARY(argmin), UNARY(squeeze),
                UNARY(flatten), UNARY(softmax), UNARY(log_softmax), UNARY(argsort), UNARY(tril), UNARY(triu))
  CHECK_MEMBERS(WITH(pow, 2.0), WITH(pow, x), WITH(clamp, -0.5, 0.5), WITH(masked_fill, mask, 3),
                WITH(sum, 1), WITH(mean, 0, true), WITH(prod, 1), WITH(var, 1, false, 0.0), WITH(std, -1),
                WITH(norm, 1.0, 0), WITH(logsumexp, 1), WITH(any, 0), WITH(all, 1, true), WITH(amax, 0),
                WITH(amin, 1), WITH(argmax, 1), WITH(argmin, 0), WITH(cumsum, 1), WITH(softmax, 0),
                WITH(log_softmax, 0), WITH(argsort, 0))
  CHECK_MEMBERS(WITH(reshape, Shape{4, 3}), WITH(view, Shape{12}), WITH(transpose, 0, 1),
                WITH(expand, Shape{2, 3, 4}), WITH(select, 1, 2), WITH(narrow, 1, 1, 2), WITH(squeeze, 0),
                WITH(unsqueeze, 1), WITH(flatten, 0, 1), WITH(unfold, 1, 2, 1), WITH(flip, 0),
                WITH(roll, 1, 0), WITH(tril, 1), WITH(triu, -1), WITH(to, float64),
                WITH(index_select, 0, ids), WITH(gather, 0, places))
  Tensor y = randn({3, 4}), whole = tensor({3, 0, 3}), rows = randn({2, 4});
  CHECK_MEMBERS(UNARY(exp2), UNARY(log2), UNARY(log10), UNARY(tan), UNARY(floor), UNARY(ceil), UNARY(trunc),
                UNARY(round), UNARY(isnan), UNARY(isinf), UNARY(isfinite), UNARY(nan_to_num), UNARY(median),
                UNARY(nonzero), UNARY(diff), UNARY(diagonal), UNARY(diag_embed))
  CHECK_MEMBERS(WITH(add, y), WITH(sub, y), WITH(mul, y), WITH(div, y), WITH(floor_divide, y),
                WITH(floor_divide, 2), WITH(remainder, y), WITH(remainder, 2), WITH(logaddexp, y),
                WITH(maximum, y), WITH(minimum, y), WITH(eq, y), WITH(ne, y), WITH(lt, y), WITH(le, y),
                WITH(gt, y), WITH(ge, y), WITH(eq, 0), WITH(ne, 0), WITH(lt, 0), WITH(le, 0), WITH(gt, 0),
                WITH(ge, 0), WITH(logical_and, y), WITH(logical_or, mask), WITH(logical_xor, mask))
  CHECK_MEMBERS(WITH(round, 1), WITH(clamp, y, y + 1), WITH(lerp, y, 0.25), WITH(lerp, y, mask.to(float32)),
                WITH(nan_to_num, 1.0, 2.0, 3.0), WITH(quantile, 0.3), WITH(quantile, tensor({0.1f, 0.5f}), 1),
                WITH(cumprod, 1), WITH(logcumsumexp, 0), WITH(diff, 2, 0), WITH(movedim, 0, 1),
                WITH(diagonal, 1), WITH(diag_embed, -1), WITH(repeat_interleave, 2, 1),
                WITH(repeat_interleave, whole, 0), WITH(masked_select, mask), WITH(index_add, 0, ids, rows),
                WITH(index_copy, 0, ids, rows), WITH(index_fill, 0, ids, 2.0), WITH(scatter, 0, places, y),
                WITH(scatter, 0, places, 2.0), WITH(scatter_add, 0, places, y),
                WITH(scatter_reduce, 0, places, y, Reduce::amax), WITH(sum, 1, true, float64),
                WITH(mean, 1, true, float64), WITH(prod, 1, true, float64))
  CHECK(same(x.add(2), x + 2));
  CHECK(same(x.sub(2), x - 2));
  CHECK(same(x.mul(2), x * 2));
  CHECK(same(x.div(2), x / 2));
  CHECK(same(x.where(mask, y), where(mask, x, y)));
  CHECK(same(x.index_put({ids}, rows), index_put(x, {ids}, rows)));
  CHECK(same(x.movedim({0, 1}, {1, 0}), movedim(x, {0, 1}, {1, 0})));
  CHECK(same(x[0].outer(y[1]), outer(x[0], y[1])));
  CHECK(same(x.unsqueeze(0).bmm(y.t().unsqueeze(0)), bmm(x.unsqueeze(0), y.t().unsqueeze(0))));
  CHECK(same(whole.unique().values, unique(whole).values));
  CHECK(same(whole.bincount(), bincount(whole)));
  CHECK(same(x.median(1).indices, median(x, 1).indices));
  CHECK(same(x.kthvalue(2, 0).values, kthvalue(x, 2, 0).values));
  CHECK(same(x.cummax(1).values, cummax(x, 1).values));
  CHECK(same(x.cummin(1).indices, cummin(x, 1).indices));
  CHECK(same(x.permute({1, 0}), permute(x, {1, 0})));
  CHECK(same(x.repeat({2, 1}), repeat(x, {2, 1})));
  CHECK(same(x.matmul(x.t()), matmul(x, x.t())));
  CHECK(same(x[0].dot(x[1]), dot(x[0], x[1])));
  CHECK(same(x.max(1).values, max(x, 1).values));
  CHECK(same(x.min(0, true).indices, min(x, 0, true).indices));
  CHECK(same(x.sort(0, true).values, sort(x, 0, true).values));
  CHECK(same(x.topk(2).indices, topk(x, 2).indices));
  CHECK(same(x.split(2, 1)[1], split(x, 2, 1)[1]));
  CHECK(same(x.split({1, 2})[1], split(x, std::vector<int64_t>{1, 2})[1]));
  CHECK(same(x.chunk(2)[1], chunk(x, 2)[1]));
  CHECK(same(x.unbind(1)[3], unbind(x, 1)[3]));
  CHECK(checked == 77 + 17 + 26 + 26);
}

TEST_CASE("operators of tensors and numbers are their functions, from both sides") {
  Tensor x = tensor({-1., 0., 2.}), y = tensor({2., 0., -1.}), m = x > 0, n = y >= 0;
  CHECK(equal(x > 0, gt(x, 0)));
  CHECK(equal(0 > x, lt(x, 0)));
  CHECK(equal(x >= y, ge(x, y)));
  CHECK(equal(x < 1.5, lt(x, 1.5)));
  CHECK(equal(2 <= x, ge(x, 2)));
  CHECK(equal(x == y, eq(x, y)));
  CHECK(equal(x != 0, ne(x, 0)));
  CHECK(equal(m & n, logical_and(m, n)));
  CHECK(equal(m | n, logical_or(m, n)));
  CHECK(equal(m ^ n, logical_xor(m, n)));
  CHECK(equal(~m, logical_not(m)));
  CHECK(equal(!x, logical_not(x)));
  CHECK(message_of([&] { x& m; }).starts_with("[&] Needs bool tensors, got float32"));
  CHECK(message_of([&] { static_cast<void>(~x); }).starts_with("[~] Needs bool tensors, got float32"));
  Tensor z = x.clone(), same_memory = z.detach();
  z += y;
  z -= 1;
  z *= tensor(3.0);
  z /= 2;
  CHECK(equal(z, (x + y - 1) * 3 / 2));
  CHECK(equal(same_memory, z));
}

TEST_CASE("one element is a number and a truth") {
  CHECK(tensor(2.5).item() == 2.5);
  CHECK((tensor(1.0) ? true : false));
  CHECK_FALSE((tensor(0) ? true : false));
  CHECK((tensor({{-0.5}}) ? true : false));
  CHECK(message_of([] { static_cast<void>(static_cast<bool>(ones({2}))); }) ==
        "[bool] A tensor of shape [2] is neither true nor false. Hint: any(x) or all(x) is one truth");
}
