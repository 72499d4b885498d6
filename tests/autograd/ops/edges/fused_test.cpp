// Fused ops and rules beside what they stand for, at the values where numbers end.
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/ops/shared/example.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tensor/random.h"

using namespace lexigrad;

namespace {

using Tensors = std::vector<Tensor>;
using Computation = std::function<Tensors(const Tensors&)>;
constexpr double infinity = std::numeric_limits<double>::infinity();

const std::vector<double>& grid() {
  using Limits = std::numeric_limits<double>;
  static const std::vector<double> values{0.0,
                                          -0.0,
                                          infinity,
                                          -infinity,
                                          Limits::quiet_NaN(),
                                          Limits::denorm_min(),
                                          Limits::max(),
                                          Limits::lowest()};
  return values;
}

// Equal to rounding; what is infinite or NaN in one is so in the other, as inf - inf depends on the order.
bool same(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) return false;
  std::vector<double> u = a.to_vector<double>(), v = b.to_vector<double>();
  for (size_t i = 0; i < u.size(); ++i)
    if (!(u[i] == v[i] || (!std::isfinite(u[i]) && !std::isfinite(v[i])) ||
          std::abs(u[i] - v[i]) <= 1e-9 * std::max(std::abs(u[i]), std::abs(v[i])) + 1e-12))
      return false;
  return true;
}

bool same(const Tensors& a, const Tensors& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (!same(a[i], b[i])) return false;
  return true;
}

struct Run {
  Tensors values, gradients;  ///< a gradient for each input
};

Run run(const Computation& f, const Tensors& inputs, bool create_graph) {
  Tensors in, results, seeds;
  for (const Tensor& x : inputs) in.push_back(x.clone().requires_grad_());
  Run out{f(in), {}};
  for (const Tensor& y : out.values) {
    if (!y.requires_grad()) continue;
    results.push_back(y);
    seeds.push_back(full(y.shape(), 0.75, y.dtype()));
  }
  if (results.empty()) return out;
  for (Tensor& g :
       grad(results, in, {.grad_outputs = seeds, .create_graph = create_graph, .allow_unused = true}))
    out.gradients.push_back(g.defined() ? g : zeros({}));
  return out;
}

// The inputs with a value of the grid at the start of one of them, or all over it.
void over_grid(const Tensors& inputs,
               const std::function<void(const Tensors&, double, const std::string&)>& check) {
  for (size_t i = 0; i < inputs.size(); ++i)
    for (double value : grid())
      for (bool all : {false, true}) {
        if (inputs[i].numel() == 0) continue;
        Tensors changed = inputs;
        changed[i] = inputs[i].clone();
        for (int64_t k = 0; k < (all ? changed[i].numel() : 1); ++k) changed[i].data<double>()[k] = value;
        check(changed, value, text(value, all ? " all over input " : " in input ", i));
      }
}

bool all_finite(const Tensors& all) {
  for (const Tensor& x : all)
    if (!lexigrad::all(lt(abs(x), infinity)).item<bool>()) return false;
  return true;
}

// Ops whose gradients are sums: where these overflow, or meet infinities, their order says which are not
// finite.
bool adds(const std::string& op) {
  static const std::set<std::string> ops{"attention",   "causal attention",   "layer_norm",
                                         "rms_norm",    "logistic_pairs_sum", "linear_cross_entropy_sum",
                                         "logcumsumexp"};
  return ops.count(op) == 1;
}

bool same(const std::string& op, const Run& a, const Run& b, double value) {
  if (adds(op) && std::abs(value) > 1e300 && std::isfinite(value))
    return same(a.values, b.values) || !all_finite(b.values);
  if (!same(a.values, b.values)) return false;
  return (adds(op) && !all_finite(a.values)) || same(a.gradients, b.gradients);
}

Tensors one(const Tensor& y) { return {y}; }

}  // namespace

TEST_CASE("Every rule gives one gradient with create_graph and without, where numbers end", "[edges]") {
  int checks = 0;
  std::map<std::string, std::string> differ;
  for (const Example& example : examples()) {
    if (!example.differentiable) continue;
    over_grid(example_inputs(example, example.shapes[0], 7),
              [&](const Tensors& in, double value, const std::string& place) {
                Run off, on;
                try {
                  off = run(example.apply, in, false);
                  on = run(example.apply, in, true);
                } catch (const std::invalid_argument& e) {
                  differ[example.op] += std::string(" ") + e.what();
                }
                ++checks;
                if (!same(example.op, off, on, value)) differ[example.op] += " " + place + ";";
              });
  }
  for (const auto& [op, places] : differ) FAIL_CHECK(op << ":" << places);
  std::printf("gradients of one kind where numbers end: %d checks\n", checks);
  REQUIRE(checks >= 2000);
}

TEST_CASE("Fused ops agree with those that they fuse, where numbers end", "[edges]") {
  struct Pair {
    const char* name;
    Computation fused, composed;
    std::vector<Shape> shapes;
  };
  const AttentionOptions causal{.causal = true};
  const Tensor targets = tensor({1, 0, 3}), ids = tensor({{0, 1}, {2, 1}});
  const std::vector<Pair> pairs{
      {"attention",
       [=](const Tensors& x) { return one(attention(x[0], x[1], x[2])); },
       [=](const Tensors& x) { return one(attention_composed(x[0], x[1], x[2])); },
       {{1, 2, 1, 2}, {1, 3, 1, 2}, {1, 3, 1, 2}}},
      {"causal attention",
       [=](const Tensors& x) { return one(attention(x[0], x[1], x[2], causal)); },
       [=](const Tensors& x) { return one(attention_composed(x[0], x[1], x[2], causal)); },
       {{1, 3, 2, 2}, {1, 3, 1, 2}, {1, 3, 1, 2}}},
      {"layer_norm",
       [](const Tensors& x) { return one(layer_norm(x[0], x[1], x[2])); },
       [](const Tensors& x) { return one(layer_norm_composed(x[0], x[1], x[2])); },
       {{2, 5}, {5}, {5}}},
      {"rms_norm",
       [](const Tensors& x) { return one(rms_norm(x[0], x[1])); },
       [](const Tensors& x) { return one(rms_norm_composed(x[0], x[1])); },
       {{2, 5}, {5}}},
      {"lstm_cell",
       [](const Tensors& x) {
         LstmState s = lstm_cell(x[0], x[1], x[2]);
         return Tensors{s.h, s.c};
       },
       [](const Tensors& x) {
         LstmState s = lstm_cell_composed(x[0], x[1], x[2]);
         return Tensors{s.h, s.c};
       },
       {{2, 8}, {2, 8}, {2, 2}}},
      {"embedding_bag",
       [=](const Tensors& x) { return one(embedding_bag(x[0], ids)); },
       [=](const Tensors& x) { return one(embedding_bag_composed(x[0], ids)); },
       {{3, 2}}},
      {"embedding_bag max",
       [=](const Tensors& x) { return one(embedding_bag(x[0], ids, {}, {}, {.mode = Bag::max})); },
       [=](const Tensors& x) { return one(embedding_bag_composed(x[0], ids, {}, {}, {.mode = Bag::max})); },
       {{3, 2}}},
      {"linear_cross_entropy_sum",
       [=](const Tensors& x) { return one(linear_cross_entropy_sum(x[0], x[1], x[2], targets)); },
       [=](const Tensors& x) { return one(linear_cross_entropy_sum_composed(x[0], x[1], x[2], targets)); },
       {{3, 2}, {4, 2}, {4}}}};
  int checks = 0;
  for (const Pair& pair : pairs) {
    std::string differ;
    Example example{.shapes = {pair.shapes}};
    over_grid(example_inputs(example, pair.shapes, 11),
              [&](const Tensors& in, double value, const std::string& place) {
                Run want = run(pair.composed, in, false);
                for (bool create_graph : {false, true}) {
                  ++checks;
                  if (!same(pair.name, run(pair.fused, in, create_graph), want, value))
                    differ += " " + place + (create_graph ? " (graph);" : ";");
                }
              });
    INFO(pair.name << ":" << differ);
    CHECK(differ.empty());
  }
  std::printf("fused beside composed where numbers end: %d checks\n", checks);
  REQUIRE(checks >= 600);
}

TEST_CASE("A query whose keys are all masked out gives 0 and gradients of 0", "[edges]") {
  Tensor bias = tensor({{-INFINITY, -INFINITY, -INFINITY}, {0.5, -INFINITY, -0.25}}),
         see = tensor({{false, false, false}, {true, false, true}});
  for (bool by_mask : {false, true})
    for (bool trains : {false, true})
      for (bool composed : {false, true})
        for (bool create_graph : {false, true}) {
          INFO((by_mask ? "mask" : "bias") << (trains ? ", trained" : "") << (composed ? ", composed" : "")
                                           << (create_graph ? ", create_graph" : ""));
          AttentionOptions options;
          if (by_mask) options.mask = see;
          Tensor b = (by_mask ? masked_fill(bias, logical_not(see), 0) : bias).clone().requires_grad_(trains);
          options.bias = b;
          Tensors in;
          for (int64_t rows : {2, 3, 3})
            in.push_back((rand({1, rows, 1, 4}) - 0.5).detach().requires_grad_());
          Tensor y = (composed ? attention_composed : attention)(in[0], in[1], in[2], options);
          Tensors wanted = in;
          if (trains) wanted.push_back(b);
          Tensors g = grad(sum(y * y), wanted, {.create_graph = create_graph});
          CHECK(equal(y[0][0].detach(), zeros({1, 4})));
          CHECK(all(gt(abs(y[0][1]), 0)).item<bool>());
          CHECK(equal(g[0][0][0].detach(), zeros({1, 4})));
          for (const Tensor& each : g) CHECK(all(eq(each, each)).item<bool>());
          if (trains) CHECK(equal(g[3][0].detach(), zeros({3})));
          Tensor w = attention_weights(in[0], in[1], options);
          CHECK(equal(w[0][0][0].detach(), zeros({3})));
          CHECK(allclose(sum(w[0][0][1]), tensor(1.0)));
        }
}

TEST_CASE("relu lets a gradient through at NaN, as PyTorch's does, in both modes", "[edges]") {
  for (bool create_graph : {false, true}) {
    Tensor x = tensor({NAN, 0.0, -0.0, -1.0, 2.0, INFINITY, -INFINITY}).requires_grad_();
    Tensor dy = tensor({3.0, 3.0, 3.0, INFINITY, 3.0, 3.0, 3.0});
    Tensor g = grad(relu(x), {x}, {.grad_outputs = {dy}, .create_graph = create_graph})[0];
    CHECK(g.to_vector<double>() == std::vector<double>{3, 0, 0, 0, 3, 3, 0});
  }
}
