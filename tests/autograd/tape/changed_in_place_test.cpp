// Whatever an op has taken or given, changed in place between forward and backward: the gradient is that of
// the values at forward, or an error names the op and the change.
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/ops/shared/example.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/random.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

using List = std::vector<Tensor>;

// An op as a function of all the tensors that it takes: floating ones first want gradients, `other` are ids,
// targets, masks, offsets and weights without.
struct Case {
  std::string op;
  List floating, other;
  std::function<List(const List& floating, const List& other)> apply;
};

template <class F>
Case make(std::string op, List floating, List other, F f) {
  return {std::move(op), std::move(floating), std::move(other), [f](const List& x, const List& o) {
            if constexpr (std::is_convertible_v<decltype(f(x, o)), Tensor>)
              return List{f(x, o)};
            else
              return f(x, o);
          }};
}

Tensor randoms(const Shape& shape) { return randn(shape, float64); }

// Ops with tensors that want no gradient: EXAMPLEs make those inside.
std::vector<Case> cases_with_others() {
  manual_seed(7);
  Tensor ids = tensor({{2, 0, 2}, {4, 2, 1}}), list = tensor({1, 0, 1}), mask = gt(randoms({3, 4}), 0);
  auto matrix = [] { return randoms({3, 4}); };
  std::vector<Case> all;
  all.push_back(make("where", {matrix(), matrix()}, {mask},
                     [](const List& x, const List& o) { return where(o[0], x[0], x[1]); }));
  all.push_back(make("masked_fill", {matrix()}, {mask},
                     [](const List& x, const List& o) { return masked_fill(x[0], o[0], 2.0); }));
  all.push_back(make("embedding", {randoms({5, 3})}, {ids},
                     [](const List& x, const List& o) { return embedding(x[0], o[0]); }));
  for (Bag mode : {Bag::sum, Bag::mean, Bag::max}) {
    all.push_back(make("embedding_bag", {randoms({5, 3})}, {ids}, [mode](const List& x, const List& o) {
      return embedding_bag(x[0], o[0], {}, {}, {.mode = mode, .padding_idx = 1});
    }));
    all.push_back(make("embedding_bag", {randoms({5, 3})}, {tensor({2, 0, 2, 4, 1}), tensor({0, 3, 3})},
                       [mode](const List& x, const List& o) {
                         return embedding_bag(x[0], o[0], o[1], {}, {.mode = mode});
                       }));
  }
  all.push_back(make(
      "embedding_bag", {randoms({5, 3}), randoms({2, 3})}, {ids},
      [](const List& x, const List& o) { return embedding_bag(x[0], o[0], {}, x[1], {.mode = Bag::sum}); }));
  all.push_back(make(
      "embedding_bag", {randoms({5, 3})}, {ids, randoms({2, 3})},
      [](const List& x, const List& o) { return embedding_bag(x[0], o[0], {}, o[1], {.mode = Bag::sum}); }));
  all.push_back(make("linear_rows", {randoms({2, 3}), randoms({5, 3}), randoms({5})},
                     {tensor({{4, 0}, {2, 2}})},
                     [](const List& x, const List& o) { return linear_rows(x[0], x[1], x[2], o[0]); }));
  all.push_back(make("linear_rows", {randoms({2, 3}), randoms({5, 3}), randoms({5})}, {tensor({4, 0, 4})},
                     [](const List& x, const List& o) { return linear_rows(x[0], x[1], x[2], o[0]); }));
  for (int64_t dim : {0, 1}) {
    all.push_back(make("index_select", {matrix()}, {list},
                       [dim](const List& x, const List& o) { return index_select(x[0], dim, o[0]); }));
    all.push_back(make("index_add", {matrix(), dim == 0 ? randoms({3, 4}) : randoms({3, 3})}, {list},
                       [dim](const List& x, const List& o) { return index_add(x[0], dim, o[0], x[1]); }));
  }
  all.push_back(make("gather", {matrix()}, {tensor({{0, 2, 1}, {1, 1, 0}})},
                     [](const List& x, const List& o) { return gather(x[0], 1, o[0]); }));
  all.push_back(make("scatter_add", {matrix(), randoms({2, 3})}, {tensor({{0, 2, 1}, {1, 1, 0}})},
                     [](const List& x, const List& o) { return scatter_add(x[0], 1, o[0], x[1]); }));
  all.push_back(make("index", {matrix()}, {tensor({0, 2, 2}), tensor({1, 0, 0})},
                     [](const List& x, const List& o) { return index(x[0], o); }));
  for (bool accumulate : {false, true})
    all.push_back(
        make("index_put", {matrix(), randoms({3})}, {tensor({0, 2, 2}), tensor({1, 0, 3})},
             [accumulate](const List& x, const List& o) { return index_put(x[0], o, x[1], accumulate); }));
  Tensor targets = tensor({1, 0, 3}), weight = tensor({1.0, 2.0, 0.5, 3.0}, float64);
  all.push_back(make("cross_entropy_sum", {matrix()}, {targets, weight}, [](const List& x, const List& o) {
    return cross_entropy_sum(x[0], o[0], {.label_smoothing = 0.1, .class_weight = o[1], .z_loss = 0.1});
  }));
  for (const char* op : {"linear_cross_entropy_sum", "linear_cross_entropy_sum_composed"})
    all.push_back(make(op, {randoms({3, 2}), randoms({4, 2}), randoms({4})}, {targets, weight},
                       [composed = std::string(op).ends_with("composed")](const List& x, const List& o) {
                         CrossEntropyOptions options{
                             .label_smoothing = 0.1, .class_weight = o[1], .z_loss = 0.1};
                         return (composed ? linear_cross_entropy_sum_composed : linear_cross_entropy_sum)(
                             x[0], x[1], x[2], o[0], options);
                       }));
  auto attend = [](bool weights, bool bias_wants) {
    return [=](const List& x, const List& o) {
      AttentionOptions options{.mask = o[0], .bias = bias_wants ? x[3] : o[1], .distance_bias = o[2]};
      return weights ? attention_weights(x[0], x[1], options) : attention(x[0], x[1], x[2], options);
    };
  };
  List qkv{randoms({1, 3, 2, 4}), randoms({1, 3, 2, 4}), randoms({1, 3, 2, 4})},
      others{tensor({{true, false, true}, {true, true, false}, {true, true, true}}), randoms({2, 3, 3}),
             randoms({2, 5})};
  all.push_back(make("attention", qkv, others, attend(false, false)));
  all.push_back(make("attention_weights", {qkv[0], qkv[1]}, others, attend(true, false)));
  List with_bias = qkv;
  with_bias.push_back(randoms({2, 3, 3}));
  all.push_back(make("attention", with_bias, others, attend(false, true)));
  all.push_back(make("layer_norm", {matrix()}, {randoms({4}), randoms({4})},
                     [](const List& x, const List& o) { return layer_norm(x[0], o[0], o[1]); }));
  all.push_back(make("rms_norm", {matrix()}, {randoms({4})},
                     [](const List& x, const List& o) { return rms_norm(x[0], o[0]); }));
  all.push_back(make("linear", {matrix()}, {randoms({2, 4}), randoms({2})},
                     [](const List& x, const List& o) { return linear(x[0], o[0], o[1]); }));
  all.push_back(make("matmul", {matrix()}, {randoms({4, 2})},
                     [](const List& x, const List& o) { return matmul(x[0], o[0]); }));
  all.push_back(
      make("mul", {matrix()}, {randoms({4})}, [](const List& x, const List& o) { return x[0] * o[0]; }));
  all.push_back(make("div", {matrix()}, {randoms({4}) + 3.0},
                     [](const List& x, const List& o) { return x[0] / o[0]; }));
  all.push_back(make("einsum", {matrix()}, {randoms({4, 2}), randoms({2})}, [](const List& x, const List& o) {
    return einsum("ij,jk,k->ik", {x[0], o[0], o[1]});
  }));
  return all;
}

std::vector<Case> all_cases() {
  std::vector<Case> all = cases_with_others();
  uint64_t seed = 1;
  for (const Example& example : examples()) {
    if (!example.differentiable) continue;
    List inputs = example_inputs(example, example.shapes[0], seed++);
    int64_t entries = 0;
    for (const Tensor& x : inputs) entries += x.numel();
    if (entries == 0 || entries > 10000) continue;
    all.push_back({example.op, inputs, {}, [&](const List& x, const List&) { return example.apply(x); }});
  }
  return all;
}

// What is changed: nothing, a tensor that the op took, or one that it gave.
struct Change {
  enum { nothing, floating, other, output } of = nothing;
  size_t which = 0;
  int form = 0;  // of ids: other valid ones, or ones far outside
};

// All elements by others: ids by ids that are as valid where form is 0.
void overwrite(const Tensor& x, int form) {
  NoGrad off;
  if (x.dtype() == boolean)
    x.detach().copy_(logical_not(x));
  else if (x.dtype() == int64)
    x.detach().copy_(form == 0 ? zeros(x.shape(), int64) : full(x.shape(), 1e9, int64));
  else
    x.detach().copy_(x.detach() * 3.0 + 1.7);
}

struct Outcome {
  List gradients;
  std::string error;
};

// When the change comes: after forward, or, with second-order gradients, between the first and the second.
enum class Order { first, recorded, second };

Outcome run(const Case& c, const Change& change, Order order) {
  DrawStep draws(3);
  List leaves, used, other;
  for (const Tensor& x : c.floating) {
    leaves.push_back(x.detach().clone().requires_grad_());
    used.push_back(leaves.back() + 0.0);
  }
  for (const Tensor& x : c.other) other.push_back(x.clone());
  List y;
  for (const Tensor& each : c.apply(used, other))
    if (each.requires_grad()) y.push_back(each);
  auto apply_change = [&] {
    if (change.of == Change::floating) overwrite(used[change.which], 0);
    if (change.of == Change::other) overwrite(other[change.which], change.form);
    if (change.of == Change::output && change.which < y.size()) overwrite(y[change.which], 0);
  };
  List dy;
  for (size_t k = 0; k < y.size(); ++k) {
    Tensor each = full(y[k].shape(), 0.3 + 0.4 * static_cast<double>(k), y[k].dtype());
    dy.push_back(order == Order::first ? each : each.requires_grad_());
  }
  Outcome out;
  try {
    if (order != Order::second) apply_change();
    if (order == Order::first) {
      backward(y, dy);
      for (const Tensor& x : leaves)
        out.gradients.push_back(x.has_grad() ? x.grad() : zeros(x.shape(), x.dtype()));
      return out;
    }
    List first = grad(y, leaves, {.grad_outputs = dy, .create_graph = true, .allow_unused = true}), roots,
         seeds, asked = leaves;
    asked.insert(asked.end(), dy.begin(), dy.end());
    for (const Tensor& g : first) {
      out.gradients.push_back(g.defined() ? g.detach() : Tensor());
      if (!g.defined() || !g.requires_grad()) continue;
      roots.push_back(g);
      seeds.push_back(full(g.shape(), 0.6, g.dtype()));
    }
    if (order == Order::second) apply_change();
    if (roots.empty()) return out;
    for (const Tensor& g : grad(roots, asked, {.grad_outputs = seeds, .allow_unused = true}))
      out.gradients.push_back(g);
  } catch (const std::exception& e) { out.error = e.what(); }
  return out;
}

bool same(const List& a, const List& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].defined() != b[i].defined()) return false;
    if (a[i].defined() && !equal(a[i].detach(), b[i].detach())) return false;
  }
  return true;
}

struct Counts {
  int64_t exact = 0, refused = 0;
};

void check_change(const Case& c, const Change& change, Order order, const Outcome& right, Counts& counts) {
  Outcome found = run(c, change, order);
  INFO(c.op << ": order " << static_cast<int>(order) << ", change of kind " << change.of << " number "
            << change.which << " form " << change.form << ": " << found.error);
  if (found.error.empty()) {
    CHECK(same(found.gradients, right.gradients));
    ++counts.exact;
    return;
  }
  if (found.error.starts_with("[copy_] Elements of this tensor share memory")) return;  // nothing changed
  CHECK(found.error.find("in place") != std::string::npos);
  CHECK(found.error.find("copy_") != std::string::npos);
  CHECK(found.error.starts_with("["));
  CHECK_FALSE(found.error.starts_with("[backward]"));
  ++counts.refused;
}

}  // namespace

TEST_CASE("every op notices, tensor by tensor, what was changed in place, or does not need it") {
  Counts counts;
  for (const Case& c : all_cases())
    for (Order order : {Order::first, Order::recorded, Order::second}) {
      Outcome right = run(c, {}, order);
      INFO(c.op << ": " << right.error);
      if (right.error.find("cannot be differentiated again") != std::string::npos) continue;
      REQUIRE(right.error.empty());
      for (size_t i = 0; i < c.floating.size(); ++i)
        check_change(c, {Change::floating, i}, order, right, counts);
      for (size_t i = 0; i < c.other.size(); ++i)
        for (int form : {0, 1}) check_change(c, {Change::other, i, form}, order, right, counts);
      for (size_t i = 0; i < 3; ++i) check_change(c, {Change::output, i}, order, right, counts);
    }
  CHECK(counts.exact >= 2000);
  CHECK(counts.refused >= 700);
}

namespace {

// Sums of the same terms, in another order perhaps.
bool near(const List& a, const List& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].defined() != b[i].defined()) return false;
    if (a[i].defined() && !allclose(a[i].detach(), b[i].detach(), 1e-13, 1e-12)) return false;
  }
  return true;
}

// A form that changes its tensor in place, and the same as an expression.
struct Form {
  const char* name;
  void (*in_place)(const Tensor& x, const Tensor& other);
  Tensor (*expression)(const Tensor& x, const Tensor& other);
};
const Form forms[] = {
    {"add_", [](const Tensor& x, const Tensor& b) { x.add_(b); },
     [](const Tensor& x, const Tensor& b) { return x + b; }},
    {"sub_", [](const Tensor& x, const Tensor& b) { x.sub_(b); },
     [](const Tensor& x, const Tensor& b) { return x - b; }},
    {"mul_", [](const Tensor& x, const Tensor& b) { x.mul_(b); },
     [](const Tensor& x, const Tensor& b) { return x * b; }},
    {"div_", [](const Tensor& x, const Tensor& b) { x.div_(b); },
     [](const Tensor& x, const Tensor& b) { return x / b; }},
    {"copy_", [](const Tensor& x, const Tensor& b) { x.copy_(b); },
     [](const Tensor& x, const Tensor& b) { return expand(b, x.shape()); }},
    {"add_ of a number", [](const Tensor& x, const Tensor&) { x.add_(2.5); },
     [](const Tensor& x, const Tensor&) { return x + 2.5; }},
    {"sub_ of a number", [](const Tensor& x, const Tensor&) { x.sub_(2.5); },
     [](const Tensor& x, const Tensor&) { return x - 2.5; }},
    {"mul_ by a number", [](const Tensor& x, const Tensor&) { x.mul_(2.5); },
     [](const Tensor& x, const Tensor&) { return x * 2.5; }},
    {"div_ by a number", [](const Tensor& x, const Tensor&) { x.div_(2.5); },
     [](const Tensor& x, const Tensor&) { return x / 2.5; }},
    {"fill_", [](const Tensor& x, const Tensor&) { x.fill_(2.5); },
     [](const Tensor& x, const Tensor&) { return full(x.shape(), 2.5, x.dtype()); }},
    {"zero_", [](const Tensor& x, const Tensor&) { x.zero_(); },
     [](const Tensor& x, const Tensor&) { return zeros(x.shape(), x.dtype()); }},
};

// What the second operand is, beside x: of its own, of fewer dimensions, x itself, or made from x.
enum class Operand { own, broadcast, itself, made_of_it };

struct Both {
  Tensor value;
  List gradients, second;
};

Both both(const Form& form, bool in_place, Operand operand, bool first_wants, bool second_wants) {
  manual_seed(11);
  Tensor a = randoms({2, 3}), b = randoms(operand == Operand::broadcast ? Shape{3} : Shape{2, 3}) + 3.0;
  if (first_wants) a.requires_grad_();
  if (second_wants) b.requires_grad_();
  Tensor x = a * 1.0, kept = x * x;
  Tensor other = operand == Operand::itself ? x : operand == Operand::made_of_it ? x + b : b;
  Tensor y = x;
  if (in_place)
    form.in_place(x, other);
  else
    y = form.expression(x, other);
  Tensor loss = sum(y * y * y * 0.5) + sum(kept.detach() * y);
  Both out{y.detach().clone(), {}, {}};
  List asked;
  if (first_wants) asked.push_back(a);
  if (second_wants) asked.push_back(b);
  if (!loss.requires_grad()) return out;
  for (const Tensor& g : grad({loss}, asked, {.create_graph = true, .allow_unused = true})) {
    out.gradients.push_back(g.defined() ? g.detach() : g);
    if (g.defined() && g.requires_grad())
      for (const Tensor& gg : grad({sum(g * g)}, asked, {.retain_graph = true, .allow_unused = true}))
        out.second.push_back(gg);
  }
  return out;
}

}  // namespace

TEST_CASE("every change in place has the values and gradients of its expression") {
  int64_t compared = 0;
  for (const Form& form : forms)
    for (Operand operand : {Operand::own, Operand::broadcast, Operand::itself, Operand::made_of_it})
      for (int wants = 0; wants < 4; ++wants) {
        INFO(form.name << ", operand " << static_cast<int>(operand) << ", wants " << wants);
        Both expected = both(form, false, operand, wants & 1, wants & 2),
             found = both(form, true, operand, wants & 1, wants & 2);
        CHECK(equal(found.value, expected.value));
        CHECK(same(found.gradients, expected.gradients));
        CHECK(near(found.second, expected.second));
        compared += static_cast<int64_t>(expected.gradients.size() + expected.second.size());
      }
  CHECK(compared >= 250);
}

TEST_CASE("no writer changes a tensor whose elements share memory") {
  auto square_of = [](const Tensor& x) { return expand(x.reshape({1, -1}), {3, x.numel()}); };
  struct Overlap {
    std::string name;
    Tensor x;
  };
  Tensor base = zeros({12}), cube = zeros({2, 3, 4});
  std::vector<Overlap> overlaps = {{"expanded", expand(zeros({1}), {3})},
                                   {"expanded in front", square_of(zeros({4}))},
                                   {"unfolded", unfold(base, 0, 4, 1)},
                                   {"unfolded by two", unfold(base, 0, 4, 2)},
                                   {"unfolded within", unfold(cube, 1, 2, 1)},
                                   {"transposed", transpose(unfold(base, 0, 4, 3), 0, 1)},
                                   {"cut from an unfolded one", slice(unfold(base, 0, 6, 1), 1, 1, 6, 2)},
                                   {"twice unfolded", unfold(unfold(base, 0, 6, 6), 1, 3, 1)}};
  std::vector<Overlap> plain = {
      {"unfolded without overlap", unfold(base, 0, 4, 4)},   {"every other", slice(base, 0, 0, 12, 2)},
      {"unfolded past its size", unfold(base, 0, 2, 3)},     {"permuted", permute(cube, {2, 0, 1})},
      {"expanded to one", expand(zeros({1, 3}), {1, 3})},    {"empty", expand(zeros({1, 0}), {3, 0})},
      {"one of an expanded one", expand(zeros({1}), {3})[1]}};
  std::map<std::string, void (*)(const Tensor&)> writers;
  for (const char* name : {"uniform_", "normal_"})
    writers[name] = name[0] == 'u' ? [](const Tensor& x) { uniform_(x, 0, 1); }
                                   : [](const Tensor& x) { normal_(x, 0, 1); };
  writers["add_"] = [](const Tensor& x) { x.add_(1.0); };
  writers["sub_"] = [](const Tensor& x) { x.sub_(tensor(1.0)); };
  writers["mul_"] = [](const Tensor& x) { x.mul_(2.0); };
  writers["div_"] = [](const Tensor& x) { x.div_(2.0); };
  writers["copy_"] = [](const Tensor& x) { x.copy_(ones(x.shape())); };
  writers["fill_"] = [](const Tensor& x) { x.fill_(1); };
  writers["zero_"] = [](const Tensor& x) { x.zero_(); };
  for (const auto& [name, write] : writers) {
    for (const Overlap& o : overlaps) {
      INFO(name << " of a tensor " << o.name);
      std::string error = message_of([&, &write = write] { write(o.x); });
      CHECK(error.find("share memory along dimension") != std::string::npos);
      CHECK(error.find(name == "zero_" ? "fill_" : name) == 1);
      CHECK(sum(abs(o.x)).item<double>() == 0);
    }
    for (const Overlap& p : plain) {
      INFO(name << " of a tensor " << p.name);
      CHECK_NOTHROW(write(p.x));
      p.x.fill_(0);
    }
  }
  CHECK(writers.size() == 9);
}
