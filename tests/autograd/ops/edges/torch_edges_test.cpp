// Every op against PyTorch's answers where numbers, sizes and shapes end (tests/fixtures/make_edge_fixtures.py):
// what differs is what docs/differences.md lists under "At the edges", no more and no less.
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <set>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "support/paths.h"

using namespace lexigrad;
using nlohmann::json;

namespace {

using Unary = std::function<Tensor(const Tensor&)>;
using Binary = std::function<Tensor(const Tensor&, const Tensor&)>;

#define LEXIGRAD_UNARY(op)                               \
  {                                                      \
#op, [](const Tensor& x) { return lexigrad::op(x); } \
  }
#define LEXIGRAD_BINARY(op)                                                  \
  {                                                                          \
#op, [](const Tensor& a, const Tensor& b) { return lexigrad::op(a, b); } \
  }

const std::map<std::string, Unary>& unary_ops() {
  static const std::map<std::string, Unary> ops{
      LEXIGRAD_UNARY(abs),
      LEXIGRAD_UNARY(neg),
      LEXIGRAD_UNARY(sign),
      LEXIGRAD_UNARY(square),
      LEXIGRAD_UNARY(exp),
      LEXIGRAD_UNARY(log),
      LEXIGRAD_UNARY(expm1),
      LEXIGRAD_UNARY(log1p),
      LEXIGRAD_UNARY(sqrt),
      LEXIGRAD_UNARY(rsqrt),
      LEXIGRAD_UNARY(reciprocal),
      LEXIGRAD_UNARY(sin),
      LEXIGRAD_UNARY(cos),
      LEXIGRAD_UNARY(erf),
      LEXIGRAD_UNARY(tanh),
      LEXIGRAD_UNARY(relu),
      LEXIGRAD_UNARY(sigmoid),
      LEXIGRAD_UNARY(silu),
      LEXIGRAD_UNARY(leaky_relu),
      LEXIGRAD_UNARY(softplus),
      LEXIGRAD_UNARY(gelu),
      LEXIGRAD_UNARY(logical_not),
      LEXIGRAD_UNARY(sum),
      LEXIGRAD_UNARY(mean),
      LEXIGRAD_UNARY(prod),
      LEXIGRAD_UNARY(var),
      LEXIGRAD_UNARY(std),
      LEXIGRAD_UNARY(norm),
      LEXIGRAD_UNARY(any),
      LEXIGRAD_UNARY(all),
      LEXIGRAD_UNARY(max),
      LEXIGRAD_UNARY(min),
      LEXIGRAD_UNARY(argmax),
      LEXIGRAD_UNARY(argmin),
      LEXIGRAD_UNARY(flatten),
      LEXIGRAD_UNARY(squeeze),
      LEXIGRAD_UNARY(tril),
      {"gelu tanh", [](const Tensor& x) { return gelu(x, GeluForm::tanh); }},
      {"pow 0", [](const Tensor& x) { return pow(x, 0); }},
      {"pow 2", [](const Tensor& x) { return pow(x, 2); }},
      {"pow 3", [](const Tensor& x) { return pow(x, 3); }},
      {"pow 0.5", [](const Tensor& x) { return pow(x, 0.5); }},
      {"pow -1", [](const Tensor& x) { return pow(x, -1); }},
      {"pow 1.5", [](const Tensor& x) { return pow(x, 1.5); }},
      {"clamp", [](const Tensor& x) { return clamp(x, -1, 1); }},
      {"norm 0", [](const Tensor& x) { return norm(x, 0); }},
      {"norm 1", [](const Tensor& x) { return norm(x, 1); }},
      {"norm 3", [](const Tensor& x) { return norm(x, 3); }},
      {"norm inf", [](const Tensor& x) { return norm(x, INFINITY); }},
      {"logsumexp", [](const Tensor& x) { return logsumexp(x, {0}); }},
      {"max 0", [](const Tensor& x) { return max(x, 0).values; }},
      {"min 0", [](const Tensor& x) { return min(x, 0).values; }},
      {"amax", [](const Tensor& x) { return amax(x, {0}); }},
      {"amin", [](const Tensor& x) { return amin(x, {0}); }},
      {"cumsum", [](const Tensor& x) { return cumsum(x, 0); }},
      {"softmax", [](const Tensor& x) { return softmax(x, 0); }},
      {"log_softmax", [](const Tensor& x) { return log_softmax(x, 0); }},
      {"sort", [](const Tensor& x) { return sort(x, 0).values; }},
      {"topk", [](const Tensor& x) { return topk(x, 1, 0).values; }},
      {"flip", [](const Tensor& x) { return flip(x, {0}); }},
      {"roll", [](const Tensor& x) { return roll(x, {1}); }},
      {"repeat", [](const Tensor& x) { return repeat(x, {2}); }},
      {"pad",
       [](const Tensor& x) {
         return pad(x, {1, 1});
       }},
      {"cat",
       [](const Tensor& x) {
         return cat({x, x});
       }},
      {"stack",
       [](const Tensor& x) {
         return stack({x, x});
       }},
      {"unfold", [](const Tensor& x) { return unfold(x, 0, 1, 1); }},
      {"dot", [](const Tensor& x) { return dot(x, x); }},
      {"outer", [](const Tensor& x) { return outer(x, x); }}};
  return ops;
}

const std::map<std::string, Binary>& binary_ops() {
  static const std::map<std::string, Binary> ops{
      LEXIGRAD_BINARY(add),
      LEXIGRAD_BINARY(sub),
      LEXIGRAD_BINARY(mul),
      LEXIGRAD_BINARY(div),
      LEXIGRAD_BINARY(pow),
      LEXIGRAD_BINARY(maximum),
      LEXIGRAD_BINARY(minimum),
      LEXIGRAD_BINARY(eq),
      LEXIGRAD_BINARY(ne),
      LEXIGRAD_BINARY(lt),
      LEXIGRAD_BINARY(le),
      LEXIGRAD_BINARY(gt),
      LEXIGRAD_BINARY(ge),
      LEXIGRAD_BINARY(logical_and),
      {"where", [](const Tensor& a, const Tensor& b) { return where(gt(a, 0), a, b); }}};
  return ops;
}

double number(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

std::vector<double> numbers(const json& list) {
  std::vector<double> out;
  for (const json& text : list) out.push_back(number(text));
  return out;
}

bool same(double a, double b) {
  if (std::isnan(b)) return std::isnan(a);
  return (a == b && std::signbit(a) == std::signbit(b)) || (b != 0 && std::abs(a - b) <= 1e-12 * std::abs(b));
}

// "" or what differs from PyTorch's list; the sign of a gradient's 0 may.
std::string difference(const Tensor& found, const json& expected, bool gradient) {
  std::vector<double> want = numbers(expected), have = found.to_vector<double>();
  if (want.size() != have.size()) return "another size";
  for (size_t i = 0; i < want.size(); ++i)
    if (!same(have[i], want[i]) && !(gradient && std::abs(have[i] - want[i]) <= 1e-15))
      return text(gradient ? "gradient" : "value", " ", i, " is ", have[i], ", in PyTorch ", want[i]);
  return "";
}

std::string difference(const json& answer, const std::vector<Tensor>& leaves,
                       const std::function<Tensor()>& op) {
  Tensor y;
  try {
    y = op();
  } catch (const std::invalid_argument& e) { return answer == "error" ? "" : e.what(); }
  if (answer == "error") return text("is ", to_string(y.detach()), ", in PyTorch an error");
  if (y.shape() != Shape(answer["shape"].get<std::vector<int64_t>>()))
    return text("has shape ", to_string(y.shape()));
  std::string out = difference(y, answer["values"], false);
  if (!out.empty() || !answer.contains("gradients") || !y.requires_grad()) return out;
  for (bool create_graph : {false, true}) {
    std::vector<Tensor> dx = grad(sum(op()), leaves, {.create_graph = create_graph, .allow_unused = true});
    for (size_t i = 0; i < dx.size() && out.empty(); ++i)
      out = difference(dx[i].defined() ? dx[i] : zeros(leaves[i].shape()), answer["gradients"][i], true);
  }
  return out;
}

std::string difference(const json& row, const json& lists) {
  std::string op = row["op"], input = row["input"];
  auto leaf = [&](const char* name) { return tensor(numbers(lists[name])).requires_grad_(); };
  if (input == "pairs") {
    Tensor a = leaf("left"), b = leaf("right");
    return difference(row["answer"], {a, b}, [&] { return binary_ops().at(op)(a, b); });
  }
  Tensor x = input == "scalar"        ? tensor(2.0, float64)
             : input == "overlapping" ? tensor(std::vector<double>{1.5})
                                      : tensor(numbers(lists[input]));
  x.requires_grad_();
  return difference(row["answer"], {x},
                    [&] { return unary_ops().at(op)(input == "overlapping" ? expand(x, {3}) : x); });
}

// "op input" of the rows of the page's table.
std::set<std::string> listed_differences() {
  std::ifstream page(lexigrad::test::in_source("docs/differences.md"));
  std::set<std::string> out;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("## ", 0) == 0) inside = line == "## At the edges";
    if (!inside || line.rfind("| `", 0) != 0) continue;
    size_t op = 3, end = line.find('`', op), input = line.find('`', end + 1) + 1;
    out.insert(line.substr(op, end - op) + " of " + line.substr(input, line.find('`', input) - input));
  }
  return out;
}

}  // namespace

TEST_CASE("Where numbers and sizes end, ops differ from PyTorch only as differences.md says", "[edges]") {
  json fixture = json::parse(std::ifstream(lexigrad::test::in_source("tests/fixtures/edges.json")));
  std::set<std::string> listed = listed_differences(), met, ops;
  for (const json& row : fixture["table"]) {
    std::string place = row["op"].get<std::string>() + " of " + row["input"].get<std::string>();
    std::string found = difference(row, fixture["lists"]);
    ops.insert(row["op"]);
    INFO(place << ": " << found);
    CHECK(found.empty() == (listed.count(place) == 0));
    if (!found.empty()) met.insert(place);
  }
  for (const std::string& place : listed) {
    INFO(place);
    CHECK(met.count(place) == 1);
  }
  CHECK(ops.size() == unary_ops().size() + binary_ops().size());
  CHECK(fixture["table"].size() >= 400);
}
