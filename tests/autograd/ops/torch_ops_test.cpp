// Every op against PyTorch's numbers: tests/fixtures/make_op_fixtures.py says what a case is.
#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <set>

#include "autograd/ops/torch/calls.h"
#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "support/paths.h"

using namespace lexigrad;
using nlohmann::json;
using torch_calls::ids, torch_calls::list, torch_calls::shape_of;

namespace {

using Inputs = std::vector<Tensor>;
using Op = std::function<Tensor(const Inputs&, const json&)>;

// The generator's number(), in its own words: a hash of (case, input, element) in [-2, 2).
double number(uint32_t c, uint32_t k, uint32_t i) {
  uint32_t h = (i + 1) * 2654435761u + (k + 1) * 40503u + (c + 1) * 2246822519u;
  h ^= h >> 15;
  h *= 2246822519u;
  h ^= h >> 13;
  h *= 3266489917u;
  h ^= h >> 16;
  return h / 4294967296.0 * 4 - 2;
}

double in_domain(const std::string& name, double v) {
  if (name == "positive") return std::abs(v) + 0.2;
  if (name == "nonzero") return v + (v >= 0 ? 0.2 : -0.2);
  if (name == "unit") return v * 0.45;
  return v;
}

Tensor made(uint32_t c, uint32_t k, const Shape& shape, const std::string& domain = "any") {
  std::vector<double> values;
  for (int64_t i = 0; i < shape.numel(); ++i)
    values.push_back(in_domain(domain, number(c, k, static_cast<uint32_t>(i))));
  return from_values<double>(values, shape);
}

Shape base_shape(Shape shape, const std::string& layout) {
  if (layout == "t") std::reverse(shape.begin(), shape.end());
  if (layout == "s") shape[shape.rank() - 1] *= 2;
  if (layout == "e") shape[0] = 1;
  return shape;
}

Tensor seen(const Tensor& leaf, const Shape& shape, const std::string& layout) {
  if (layout == "t") {
    std::vector<int64_t> back;
    for (int64_t d = shape.rank() - 1; d >= 0; --d) back.push_back(d);
    return permute(leaf, back);
  }
  if (layout == "s") return slice(leaf, -1, 0, std::numeric_limits<int64_t>::max(), 2);
  return layout == "e" ? expand(leaf, shape) : leaf;
}

// Checks one tensor's projections; the tolerance is relative to the sum of the terms' sizes, or to 1, the
// size of what rules sum up, where that has cancelled.
void compare(uint32_t c, const Tensor& found, const json& expected, double tolerance) {
  std::vector<double> values = found.to_vector<double>();
  double scale = std::max(1.0, expected[2].get<double>());
  for (uint32_t k = 0; k < 2; ++k) {
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i)
      sum += number(c, 100 + k, static_cast<uint32_t>(i)) * values[i];
    INFO("projection " << k << ": " << sum << ", PyTorch " << expected[k] << ", scale " << scale);
    REQUIRE(std::abs(sum - expected[k].get<double>()) <= tolerance * scale);
  }
}

Op one(Tensor (*f)(const Tensor&)) {
  return [f](const Inputs& x, const json&) { return f(x[0]); };
}
Op two(Tensor (*f)(const Tensor&, const Tensor&)) {
  return [f](const Inputs& x, const json&) { return f(x[0], x[1]); };
}
Op over(Tensor (*f)(const Tensor&, const Dims&, bool)) {
  return [f](const Inputs& x, const json& a) { return f(x[0], list(a[0]), a[1]); };
}
Op along(Tensor (*f)(const Tensor&, int64_t, bool)) {
  return [f](const Inputs& x, const json& a) { return f(x[0], a[0], a[1]); };
}

const std::map<std::string, Op>& table() {
  static const std::map<std::string, Op> ops{
      {"neg", one(neg)},
      {"abs", one(abs)},
      {"sign", one(sign)},
      {"square", one(square)},
      {"exp", one(exp)},
      {"log", one(log)},
      {"tanh", one(tanh)},
      {"relu", one(relu)},
      {"sigmoid", one(sigmoid)},
      {"erf", one(erf)},
      {"sqrt", one(sqrt)},
      {"rsqrt", one(rsqrt)},
      {"sin", one(sin)},
      {"cos", one(cos)},
      {"log1p", one(log1p)},
      {"expm1", one(expm1)},
      {"silu", one(silu)},
      {"reciprocal", one(reciprocal)},
      {"logical_not", one(logical_not)},
      {"clone", one(clone)},
      {"gelu", [](const Inputs& x,
                  const json& a) { return gelu(x[0], a[0] == "none" ? GeluForm::exact : GeluForm::tanh); }},
      {"softplus", [](const Inputs& x, const json& a) { return softplus(x[0], a[0], a[1]); }},
      {"leaky_relu", [](const Inputs& x, const json& a) { return leaky_relu(x[0], a[0]); }},
      {"clamp",
       [](const Inputs& x, const json& a) { return clamp(x[0], a[0].get<double>(), a[1].get<double>()); }},
      {"pow_number", [](const Inputs& x, const json& a) { return pow(x[0], a[0].get<double>()); }},
      {"add", two(add)},
      {"sub", two(sub)},
      {"mul", two(mul)},
      {"div", two(div)},
      {"pow", two(pow)},
      {"maximum", two(maximum)},
      {"minimum", two(minimum)},
      {"eq", two(eq)},
      {"ne", two(ne)},
      {"lt", two(lt)},
      {"le", two(le)},
      {"gt", two(gt)},
      {"ge", two(ge)},
      {"logical_and", two(logical_and)},
      {"logical_or", two(logical_or)},
      {"logical_xor", two(logical_xor)},
      {"where", [](const Inputs& x, const json&) { return where(gt(x[0], 0), x[1], x[2]); }},
      {"masked_fill",
       [](const Inputs& x, const json& a) { return masked_fill(x[0], gt(x[1], 0), a[0].get<double>()); }},
      {"sum", over(sum)},
      {"mean", over(mean)},
      {"logsumexp", over(logsumexp)},
      {"var", [](const Inputs& x, const json& a) { return var(x[0], list(a[0]), a[1], a[2]); }},
      {"std", [](const Inputs& x, const json& a) { return lexigrad::std(x[0], list(a[0]), a[1], a[2]); }},
      {"norm", [](const Inputs& x, const json& a) { return norm(x[0], a[0], list(a[1]), a[2]); }},
      {"prod", [](const Inputs& x, const json& a) { return prod(x[0], {a[0].get<int64_t>()}, a[1]); }},
      {"cumsum", [](const Inputs& x, const json& a) { return cumsum(x[0], a[0]); }},
      {"max_dim", [](const Inputs& x, const json& a) { return max(x[0], a[0].get<int64_t>(), a[1]).values; }},
      {"min_dim", [](const Inputs& x, const json& a) { return min(x[0], a[0].get<int64_t>(), a[1]).values; }},
      {"argmax", along(argmax)},
      {"argmin", along(argmin)},
      {"any", [](const Inputs& x, const json& a) { return any(gt(x[0], 1), {a[0].get<int64_t>()}, a[1]); }},
      {"all", [](const Inputs& x, const json& a) { return all(gt(x[0], -1), {a[0].get<int64_t>()}, a[1]); }},
      {"softmax", [](const Inputs& x, const json& a) { return softmax(x[0], a[0]); }},
      {"log_softmax", [](const Inputs& x, const json& a) { return log_softmax(x[0], a[0]); }},
      {"layer_norm", [](const Inputs& x, const json& a) { return layer_norm(x[0], x[1], x[2], a[0]); }},
      {"rms_norm", [](const Inputs& x, const json& a) { return rms_norm(x[0], x[1], a[0].get<double>()); }},
      {"sort", [](const Inputs& x, const json& a) { return sort(x[0], a[0], a[1]).values; }},
      {"argsort", along(argsort)},
      {"topk", [](const Inputs& x, const json& a) { return topk(x[0], a[0], a[1], a[2]).values; }},
      {"reshape", [](const Inputs& x, const json& a) { return reshape(x[0], shape_of(a[0])); }},
      {"permute", [](const Inputs& x, const json& a) { return permute(x[0], list(a[0])); }},
      {"transpose", [](const Inputs& x, const json& a) { return transpose(x[0], a[0], a[1]); }},
      {"expand", [](const Inputs& x, const json& a) { return expand(x[0], shape_of(a[0])); }},
      {"squeeze", [](const Inputs& x, const json& a) { return squeeze(x[0], a[0].get<int64_t>()); }},
      {"unsqueeze", [](const Inputs& x, const json& a) { return unsqueeze(x[0], a[0]); }},
      {"flatten", [](const Inputs& x, const json& a) { return flatten(x[0], a[0], a[1]); }},
      {"slice", [](const Inputs& x, const json& a) { return slice(x[0], a[0], a[1], a[2], a[3]); }},
      {"select", [](const Inputs& x, const json& a) { return select(x[0], a[0], a[1]); }},
      {"cat", [](const Inputs& x, const json& a) { return cat(x, a[0]); }},
      {"stack", [](const Inputs& x, const json& a) { return stack(x, a[0]); }},
      {"split", [](const Inputs& x, const json& a) { return split(x[0], a[0].get<int64_t>(), a[1])[a[2]]; }},
      {"chunk", [](const Inputs& x, const json& a) { return chunk(x[0], a[0], a[1])[a[2]]; }},
      {"tril", [](const Inputs& x, const json& a) { return tril(x[0], a[0]); }},
      {"triu", [](const Inputs& x, const json& a) { return triu(x[0], a[0]); }},
      {"roll", [](const Inputs& x, const json& a) { return roll(x[0], list(a[0]), list(a[1])); }},
      {"flip", [](const Inputs& x, const json& a) { return flip(x[0], list(a[0])); }},
      {"repeat", [](const Inputs& x, const json& a) { return repeat(x[0], list(a[0])); }},
      {"pad", [](const Inputs& x, const json& a) { return pad(x[0], list(a[0]), a[1].get<double>()); }},
      {"unfold", [](const Inputs& x, const json& a) { return unfold(x[0], a[0], a[1], a[2]); }},
      {"index_select", [](const Inputs& x, const json& a) { return index_select(x[0], a[0], ids(a[1])); }},
      {"gather", [](const Inputs& x, const json& a) { return gather(x[0], a[0], ids(a[1])); }},
      {"scatter_add",
       [](const Inputs& x, const json& a) { return scatter_add(x[0], a[0], ids(a[1]), x[1]); }},
      {"index_add", [](const Inputs& x, const json& a) { return index_add(x[0], a[0], ids(a[1]), x[1]); }},
      {"index_put",
       [](const Inputs& x, const json& a) {
         return index_put(x[0], {ids(a[0]), ids(a[1])}, x[1], a[2]);
       }},
      {"embedding", [](const Inputs& x, const json& a) { return embedding(x[0], ids(a[0])); }},
      {"matmul", two(matmul)},
      {"bmm", two(bmm)},
      {"outer", two(outer)},
      {"dot", two(dot)},
      {"einsum", [](const Inputs& x, const json& a) { return einsum(a[0].get<std::string>(), x); }},
      {"einsum3", [](const Inputs& x, const json& a) { return einsum(a[0].get<std::string>(), x); }},
      {"linear", [](const Inputs& x, const json&) { return linear(x[0], x[1], x[2]); }},
      {"cross_entropy", [](const Inputs& x, const json& a) { return cross_entropy_sum(x[0], ids(a[0])); }},
  };
  return ops;
}

}  // namespace

TEST_CASE("every op has PyTorch's values and gradients, whatever its inputs' strides") {
  std::ifstream file(lexigrad::test::in_source("tests/fixtures/ops.json"));
  json cases = json::parse(file);
  std::set<std::string> ops;
  for (uint32_t c = 0; c < cases.size(); ++c) {
    const json& e = cases[c];
    std::string name = e["op"], layout = e["layout"];
    INFO("case " << c << ": " << e.dump());
    Dtype dtype = e["dtype"] == "float32" ? float32 : float64;
    double tolerance = dtype == float32 ? 1e-5 : 1e-12;
    Inputs leaves, inputs;
    for (uint32_t k = 0; k < e["in"].size(); ++k) {
      Shape shape = shape_of(e["in"][k]);
      leaves.push_back(made(c, k, base_shape(shape, layout), e["dom"][k]).to(dtype).requires_grad_());
      inputs.push_back(seen(leaves.back(), shape, layout));
    }
    bool here = table().contains(name);
    Tensor y =
        here ? table().at(name)(inputs, e["args"]) : torch_calls::calls().at(name)(inputs, e["args"])[0];
    REQUIRE(y.shape() == shape_of(e["shape"]));
    compare(c, y, e["y"], tolerance);
    if (!y.requires_grad()) {  // what is flat everywhere is off our tape: PyTorch's gradient is none or zeros
      for (const json& dx : e.value("dx", json::array())) REQUIRE(dx[2] == 0.0);
      continue;
    }
    REQUIRE(e.contains("dx"));
    y.backward(made(c, 50, y.shape()).to(dtype));
    for (uint32_t k = 0; k < leaves.size(); ++k)
      compare(c, leaves[k].has_grad() ? leaves[k].grad() : zeros(leaves[k].shape(), dtype), e["dx"][k],
              tolerance);
    ops.insert(name);
  }
  REQUIRE(cases.size() >= 1000);
  REQUIRE(ops.size() >= 70);
}
