// Fused attention against attention by ops, memory, threads, dropout, bad input. PyTorch's own numbers: see
// tests/nn/layers/attention_test.cpp.
#include <cmath>

#include "catch.h"
#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/checks/gradcheck.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/random.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

using Op = Tensor (*)(const Tensor&, const Tensor&, const Tensor&, const AttentionOptions&);

struct Sizes {
  int64_t batch, length, keys, heads, groups, dim, out_dim;
};
std::ostream& operator<<(std::ostream& out, const Sizes& s) {
  return out << "B " << s.batch << " T " << s.length << " S " << s.keys << " H " << s.heads << " G "
             << s.groups << " D " << s.dim << " E " << s.out_dim;
}

struct Problem {
  std::vector<Tensor> leaves;  // q, k, v and, where wanted, the distance bias
  AttentionOptions options = {};
  Tensor pull;

  Problem(const Sizes& s, Dtype dtype, bool distances = false) {
    leaves = {randn({s.batch, s.length, s.heads, s.dim}, dtype),
              randn({s.batch, s.keys, s.groups, s.dim}, dtype),
              randn({s.batch, s.keys, s.groups, s.out_dim}, dtype)};
    if (distances) leaves.push_back(randn({s.heads, s.length + s.keys - 1}, dtype));
    pull = randn({s.batch, s.length, s.heads, s.out_dim}, dtype);
  }

  // The output and the gradients of all leaves.
  std::vector<Tensor> run(Op op) const {
    std::vector<Tensor> x;
    for (const Tensor& leaf : leaves) x.push_back(leaf.clone().requires_grad_());
    AttentionOptions o = options;
    if (x.size() > 3) o.distance_bias = x[3];
    DrawStep step(3);
    Tensor y = op(x[0], x[1], x[2], o);
    y.backward(pull);
    std::vector<Tensor> out{y.detach()};
    for (const Tensor& leaf : x) out.push_back(leaf.grad());
    return out;
  }

  // Both ways agree, to the largest entry of each tensor times the tolerance.
  void check() const {
    double tolerance = pull.dtype() == float64 ? 1e-12 : 1e-5;
    std::vector<Tensor> fused = run(attention), composed = run(attention_composed);
    for (size_t i = 0; i < fused.size(); ++i) {
      INFO("tensor " << i << " of y, dq, dk, dv, distances");
      REQUIRE(fused[i].shape() == composed[i].shape());
      double scale = std::max(1.0, max(abs(composed[i])).item<double>());
      double error = max(abs(fused[i] - composed[i])).item<double>();
      CHECK(error <= tolerance * scale);
    }
  }
};

Tensor random_mask(const Shape& shape) { return lt(rand(shape), 0.6); }

}  // namespace

TEST_CASE("fused attention is attention by ops, at odd sizes") {
  manual_seed(31);
  for (int64_t length : {1, 31, 32, 33, 64, 65, 130})
    for (bool causal : {false, true})
      for (Dtype dtype : {float32, float64}) {
        Sizes sizes{1, length, length, 2, 2, 3, 5};
        INFO(sizes << " causal " << causal << " " << name(dtype));
        Problem problem(sizes, dtype);
        problem.options.causal = causal;
        problem.check();
      }
  for (const Sizes& sizes :
       {Sizes{2, 1, 65, 4, 2, 1, 1}, Sizes{2, 33, 70, 4, 1, 64, 3}, Sizes{1, 3, 130, 3, 3, 1, 64},
        Sizes{3, 40, 41, 6, 3, 3, 64}, Sizes{1, 2, 3, 8, 2, 64, 64}, Sizes{1, 5, 64, 1, 1, 17, 9}})
    for (bool causal : {false, true})
      for (Dtype dtype : {float32, float64}) {
        INFO(sizes << " causal " << causal << " " << name(dtype));
        Problem problem(sizes, dtype);
        problem.options.causal = causal;
        problem.options.scale = 0.7;
        problem.check();
      }
  Problem more_queries({2, 70, 33, 2, 1, 4, 4}, float64);
  more_queries.check();
}

TEST_CASE("fused attention is attention by ops, with masks, biases and dropout together") {
  manual_seed(32);
  for (const Sizes& sizes :
       {Sizes{2, 33, 65, 4, 2, 3, 5}, Sizes{1, 70, 70, 2, 1, 8, 8}, Sizes{2, 1, 9, 2, 2, 1, 2}})
    for (bool causal : {false, true})
      for (double dropout : {0.0, 0.3})
        for (Dtype dtype : {float32, float64}) {
          INFO(sizes << " causal " << causal << " dropout " << dropout << " " << name(dtype));
          Shape scores{sizes.batch, sizes.heads, sizes.length, sizes.keys};
          Problem problem(sizes, dtype, true);
          problem.options = {.causal = causal, .bias = randn(scores, dtype), .dropout = dropout};
          for (const Shape& mask :
               {scores, Shape{sizes.batch, 1, 1, sizes.keys}, Shape{sizes.length, sizes.keys}}) {
            problem.options.mask = random_mask(mask);
            problem.options.bias = randn({sizes.heads, 1, sizes.keys}, dtype);
            problem.check();
          }
        }
}

TEST_CASE("a query that sees no key gives 0, and no gradient") {
  manual_seed(33);
  Problem problem({1, 40, 70, 1, 1, 4, 4}, float64);
  problem.options.mask = expand(ne(unsqueeze(arange(40), 1), 35), {40, 70});
  std::vector<Tensor> found = problem.run(attention);
  for (size_t i : {0, 1}) CHECK(equal(select(found[i], 1, 35), zeros({1, 1, 4}, float64)));
  problem.options.mask = zeros({1}).to(boolean);
  for (const Tensor& x : problem.run(attention)) CHECK(equal(x, zeros(x.shape(), float64)));
}

TEST_CASE(
    "whole blocks of keys may be hidden, by masks or by biases of minus infinity, and scores may be large") {
  manual_seed(38);
  for (Dtype dtype : {float32, float64}) {
    INFO(name(dtype));
    Problem problem({2, 70, 200, 2, 1, 4, 4}, dtype);
    Tensor left = stack({ge(arange(200), 150), ge(arange(200), 3)});  // padding on the left
    problem.options.mask = left.reshape({2, 1, 1, 200});
    problem.check();
    std::vector<Tensor> masked = problem.run(attention);
    problem.options.bias = where(problem.options.mask, zeros({1}, dtype), -INFINITY);
    problem.options.mask = {};
    std::vector<Tensor> biased = problem.run(attention);
    for (size_t i = 0; i < masked.size(); ++i) CHECK(equal(masked[i], biased[i]));
    problem.options = {.causal = true, .scale = 300};  // softmax is all but one weight
    for (const Tensor& x : problem.run(attention)) CHECK(all(eq(x, x)).item<bool>());
    if (dtype == float64) problem.check();
  }
}

TEST_CASE("not-a-number reaches what sees it, and nothing else") {
  manual_seed(39);
  for (Dtype dtype : {float32, float64})
    for (size_t which : {0, 1, 2}) {
      INFO(name(dtype) << " input " << which);
      Problem problem({1, 70, 70, 1, 1, 4, 4}, dtype);
      problem.options.causal = true;
      select(problem.leaves[which], 1, 40).fill_(NAN);
      Tensor y = problem.run(attention)[0];
      auto nans = [&](int64_t from, int64_t count) {
        Tensor part = narrow(y, 1, from, count);
        return sum(ne(part, part).to(int64)).item<int64_t>();
      };
      if (which < 2) CHECK(nans(0, 40) == 0);  // 0 times a value that is NaN is NaN, as in PyTorch
      CHECK(nans(40, 1) == 4);
      CHECK(nans(41, 29) == (which == 0 ? 0 : 29 * 4));
    }
}

TEST_CASE("attention takes strided queries, keys and values") {
  manual_seed(34);
  Tensor all = randn({2, 33, 4, 3 * 5}, float64);
  std::vector<Tensor> views = chunk(all, 3, 3), dense;
  for (const Tensor& x : views) dense.push_back(x.contiguous());
  AttentionOptions options{.causal = true};
  CHECK(equal(attention(views[0], views[1], views[2], options),
              attention(dense[0], dense[1], dense[2], options)));
  Tensor wide = randn({2, 4, 33, 10}, float64), q = transpose(slice(wide, 3, 0, 10, 2), 1, 2);
  CHECK(
      equal(attention(q, q, q, options), attention(q.contiguous(), q.contiguous(), q.contiguous(), options)));
}

TEST_CASE("attention has the same bits for any number of threads") {
  manual_seed(35);
  Problem problem({2, 130, 130, 4, 2, 16, 16}, float32, true);
  problem.options = {.causal = true, .mask = random_mask({2, 1, 1, 130}), .dropout = 0.2};
  int before = num_threads();
  std::vector<Tensor> first;
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    std::vector<Tensor> found = problem.run(attention);
    if (first.empty()) first = found;
    for (size_t i = 0; i < found.size(); ++i) CHECK(equal(found[i], first[i]));
  }
  set_num_threads(before);
}

TEST_CASE("dropout of attention weights: how many, how large, and each query its own") {
  manual_seed(36);
  int64_t keys = 128, queries = 64, heads = 2;
  Tensor q = zeros({1, queries, heads, 1}, float64), k = zeros({1, keys, heads, 1}, float64);
  Tensor v =
      expand(unsqueeze(eye(keys, keys, float64), 1), {keys, heads, keys}).reshape({1, keys, heads, keys});
  Tensor y = attention(q, k, v, {.dropout = 0.25});  // the weights, (1, T, H, S)
  Tensor gone = eq(y, 0.0).to(float64), kept = y - (1 - gone) / (0.75 * static_cast<double>(keys));
  CHECK(max(abs(kept)).item<double>() < 1e-15);
  double count = static_cast<double>(y.numel());
  CHECK(std::abs(sum(gone).item<double>() - 0.25 * count) < 5 * std::sqrt(count * 0.25 * 0.75));
  Tensor rows = y.reshape({queries * heads, keys});
  CHECK_FALSE(equal(rows[0], rows[1]));  // heads
  CHECK_FALSE(equal(rows[0], rows[2]));  // queries
  CHECK_FALSE(equal(y, attention(q, k, v, {.dropout = 0.25})));
  auto at_step = [&](uint64_t step) {
    DrawStep now(step);
    return attention(q, k, v, {.dropout = 0.25});
  };
  CHECK(equal(at_step(4), at_step(4)));
  CHECK_FALSE(equal(at_step(4), at_step(5)));
}

TEST_CASE("attention's gradients with everything on, checked by differences, twice") {
  manual_seed(37);
  auto f = [](const std::vector<Tensor>& in) {
    DrawStep step(2);
    Tensor mask = tensor({{1, 1, 0, 1}, {0, 0, 0, 0}, {1, 0, 1, 1}}).to(boolean);
    AttentionOptions o{.mask = mask, .bias = in[4], .distance_bias = in[3], .dropout = 0.3};
    return attention(in[0], in[1], in[2], o);
  };
  auto without_bias = [&](const std::vector<Tensor>& in) {
    Tensor bias = full({4}, 0.3, float64);
    return f({in[0], in[1], in[2], in[3], bias});
  };
  std::vector<Tensor> in{randn({1, 3, 2, 2}, float64), randn({1, 4, 1, 2}, float64),
                         randn({1, 4, 1, 3}, float64), randn({2, 6}, float64)};
  CHECK(gradcheck(without_bias, in).report() == gradcheck(without_bias, in).report());
  for (const GradcheckResult& result : {gradcheck(without_bias, in), gradgradcheck(without_bias, in)}) {
    INFO(result.report());
    CHECK(result.ok);
  }
  in.push_back(randn({2, 1, 4}, float64));
  for (const GradcheckResult& result : {gradcheck(f, in), gradgradcheck(f, in)}) {
    INFO(result.report());
    CHECK(result.ok);
  }
}

TEST_CASE("attention notices what was changed in place since") {
  for (int which : {0, 1, 2}) {
    Tensor leaf = ones({2, 5}).requires_grad_(), table = leaf + 0.0, bias = ones({3, 3}),
           mask = ones({3, 3}).to(boolean), q = ones({1, 3, 2, 2});
    Tensor y = attention(q, q, q, {.mask = mask, .bias = bias, .distance_bias = table});
    (which == 0 ? table : which == 1 ? bias : mask).detach().fill_(0);
    CHECK_THROWS_WITH(sum(y).backward(), Catch::Matchers::Contains("was changed in place by fill_"));
  }
}

TEST_CASE("attention's memory is linear in its length") {
  auto peak_at = [](int64_t length, double dropout) {
    Tensor q = randn({1, length, 2, 16}).requires_grad_(), k = randn({1, length, 1, 16}).requires_grad_(),
           v = randn({1, length, 1, 16}).requires_grad_();
    Tensor mask = ones({1, 1, 1, length}).to(boolean);
    release_cached_memory();
    reset_peak_memory();
    int64_t before = memory_stats().live_bytes;
    Tensor y = attention(q, k, v, {.causal = true, .mask = mask, .dropout = dropout});
    sum(y).backward();
    return memory_stats().peak_bytes - before;
  };
  int64_t longest = peak_at(4096, 0);
  CHECK(longest < 4096 * 4096 * 4 / 10);  // a tenth of one head's scores
  CHECK(longest < 4 * peak_at(1024, 0) + 100'000);
  CHECK(peak_at(1024, 0.1) < 1024 * 1024 * 4 / 2);
}

TEST_CASE("attention of nothing") {
  CHECK(attention(ones({0, 3, 1, 2}), ones({0, 3, 1, 2}), ones({0, 3, 1, 2})).shape() == Shape{0, 3, 1, 2});
  CHECK(attention(ones({1, 0, 1, 2}), ones({1, 3, 1, 2}), ones({1, 3, 1, 2})).shape() == Shape{1, 0, 1, 2});
  CHECK(equal(attention(ones({1, 2, 1, 2}), ones({1, 0, 1, 2}), ones({1, 0, 1, 3})), zeros({1, 2, 1, 3})));
}

TEST_CASE("attention's errors name the sizes") {
  Tensor q = ones({2, 3, 4, 8}), k = ones({2, 5, 2, 8});
  auto error = [&](const AttentionOptions& o) { return message_of([&] { attention(q, k, k, o); }); };
  CHECK(error({.mask = ones({3, 5})}) ==
        "[attention] The mask must be bool and broadcast to (B, H, T, S) = [2, 4, 3, 5], got float32 [3, 5]. "
        "Hint: "
        "true is where a query may see a key");
  CHECK(error({.mask = ones({5, 3}).to(boolean)}) ==
        "[attention] The mask must be bool and broadcast to (B, H, T, S) = [2, 4, 3, 5], got bool [5, 3]. "
        "Hint: "
        "true is where a query may see a key");
  CHECK(error({.bias = ones({3, 5}, float64)}) ==
        "[attention] The bias must be float32 and broadcast to (B, H, T, S) = [2, 4, 3, 5], got float64 [3, "
        "5]");
  CHECK(error({.distance_bias = ones({4, 5})}) ==
        "[attention] The distance bias must be float32 (H, T + S - 1) = [4, 7], got float32 [4, 5]");
  CHECK(error({.dropout = 1}) == "[attention] The dropout probability is 1 (valid: 0 <= dropout < 1)");
  CHECK(error({.dropout = std::nan("")}) ==
        "[attention] The dropout probability is nan (valid: 0 <= dropout < 1)");
  CHECK(message_of([&] {
          attention(k, ones({2, 3, 2, 8}), ones({2, 3, 2, 8}), {.causal = true});
        }) ==
        "[attention] Causal attention has 5 queries for 3 keys. Hint: the queries are the last of the keys' "
        "positions");
  CHECK(message_of([&] {
          attention(q, ones({2, 5, 2, 4}), k);
        }) ==
        "[attention] Needs q (B, T, H, D) and k (B, S, G, D) of one dtype, got float32 [2, 3, 4, 8] and "
        "float32 [2, "
        "5, 2, 4]");
  CHECK(message_of([&] {
          attention(q, k, ones({2, 6, 2, 8}));
        }) ==
        "[attention] Needs k (B, S, G, D) and v (B, S, G, E) of one dtype, got float32 [2, 5, 2, 8] and "
        "float32 [2, "
        "6, 2, 8]");
  CHECK(message_of([&] { attention(q, k, k.to(float64)); }) ==
        "[attention] Needs k (B, S, G, D) and v (B, S, G, E) of one dtype, got float32 [2, 5, 2, 8] and "
        "float64 [2, "
        "5, 2, 8]");
  CHECK(message_of([&] {
          attention(ones({1, 2, 3, 4}), ones({1, 2, 2, 4}), ones({1, 2, 2, 4}));
        }) == "[attention] The 3 heads of q are no multiple of the 2 of k and v");
}
