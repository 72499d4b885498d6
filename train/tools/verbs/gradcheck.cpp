// lexigrad gradcheck: the gradients of every op and layer against central differences.
#include <CLI/CLI.hpp>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/checks/gradcheck.h"
#include "lexigrad/autograd/ops/shared/example.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/nn/gradcheck.h"
#include "lexigrad/nn/nn.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"

namespace lexigrad::tools {
namespace {

using Json = nlohmann::ordered_json;
// Entries; larger EXAMPLEs test blocks and threads, not the rule.
constexpr int64_t kLargest = 10000, kLargestSecond = 1000;

struct Options {
  std::vector<std::string> names;
  bool json = false;
};

struct Checked {
  std::optional<GradcheckResult> first, second;  // of gradients, and of gradients of gradients
  int64_t cases = 0;
  bool differentiable = false;
  bool ok() const { return (!first || first->ok) && (!second || second->ok); }
};

bool worse(const GradEntry& a, const GradEntry& b) {
  double x = a.error() / a.allowed, y = b.error() / b.allowed;
  return std::isnan(x) || x > y;
}

void merge(std::optional<GradcheckResult>& sum, GradcheckResult one, const std::string& name) {
  one.worst.op = name;
  if (!sum) {
    sum = one;
    return;
  }
  GradcheckResult& all = *sum;
  if (all.checked == 0 || (one.checked > 0 && worse(one.worst, all.worst))) all.worst = one.worst;
  if (!one.left_out.empty()) all.left_out = one.left_out;
  if (all.why.empty()) all.why = one.why;
  all.left_out_count += one.left_out_count;
  all.wrong_count += one.wrong_count;
  all.ok = all.ok && one.ok;
  all.checked += one.checked;
}

enum class Order { first, second };

template <class M>
GradcheckResult check_layer(Order order, M&& module, const Tensor& input) {
  return order == Order::first ? gradcheck(module, input) : gradgradcheck(module, input);
}

GradcheckResult check_model(Order order, const std::string& encoder) {
  nn::NextTokenModelOptions options{.vocabulary = 6, .dim = 3, .max_length = 4};
  options.encoder = encoder;
  return check_layer(order, nn::NextTokenModel(options), tensor({{2, 0, 2, 5}, {1, 1, 4, 0}}));
}

struct LayerCase {
  std::string name;
  GradcheckResult (*check)(Order);
};

const LayerCase layer_cases[] = {
    {"Embedding",
     [](Order order) {
       return check_layer(order, nn::Embedding(5, 3), tensor({{2, 0}, {2, 4}}));
     }},
    {"Embedding",
     [](Order order) {
       return check_layer(order, nn::Embedding(5, 3, {.padding_idx = 1}), tensor({1, 3, 1}));
     }},
    {"LearnedPositions",
     [](Order order) {
       return check_layer(order, nn::LearnedPositions(4, 3), randn({2, 3, 3}, float64));
     }},
    {"Linear",
     [](Order order) {
       return check_layer(order, nn::Linear(3, 4), randn({2, 3}, float64));
     }},
    {"Linear",
     [](Order order) {
       return check_layer(order, nn::Linear(3, 4, {.bias = false}), randn({2, 2, 3}, float64));
     }},
    {"NextTokenModel", [](Order order) { return check_model(order, "none"); }},
    {"NextTokenModel", [](Order order) { return check_model(order, "mean"); }},
    {"Sequential",
     [](Order order) {
       return check_layer(order, nn::Sequential(nn::Linear(3, 4), nn::Tanh(), nn::Linear(4, 2)),
                          randn({2, 3}, float64));
     }},
};

// Ops in alphabetical order, then layers.
std::vector<std::string> known_names() {
  std::vector<std::string> names;
  auto add = [&](const std::string& name) {
    if (names.empty() || names.back() != name) names.push_back(name);
  };
  for (const Example& example : examples()) add(example.op);
  for (const LayerCase& layer : layer_cases) add(layer.name);
  return names;
}

int64_t entries_of(const std::vector<Tensor>& list) {
  int64_t entries = 0;
  for (const Tensor& x : list) entries += x.numel();
  return entries;
}

Checked check_name(const std::string& name) {
  Checked all;
  uint64_t seed = 1;
  for (const Example& example : examples()) {
    if (example.op != name || !example.differentiable) continue;
    all.differentiable = true;
    for (const auto& shapes : example.shapes) {
      std::vector<Tensor> inputs = example_inputs(example, shapes, seed++);
      int64_t entries = entries_of(inputs);
      if (entries == 0 || entries > kLargest || entries_of(example.apply(inputs)) == 0) continue;
      ++all.cases;
      merge(all.first, gradcheck(example.apply, inputs), name);
      if (entries <= kLargestSecond) merge(all.second, gradgradcheck(example.apply, inputs), name);
    }
  }
  for (const LayerCase& layer : layer_cases) {
    if (layer.name != name) continue;
    all.differentiable = true;
    ++all.cases;
    for (Order order : {Order::first, Order::second}) {
      manual_seed(seed);
      merge(order == Order::first ? all.first : all.second, layer.check(order), name);
    }
    ++seed;
  }
  return all;
}

Json as_json(const std::optional<GradcheckResult>& checked) {
  if (!checked) return {{"ok", true}, {"entries", 0}};
  const GradcheckResult& result = *checked;
  Json out = {{"ok", result.ok}, {"entries", result.checked}, {"left_out", result.left_out_count}};
  if (!result.why.empty()) out["why"] = result.why;
  if (result.checked == 0) return out;
  const GradEntry& w = result.worst;
  std::vector<int64_t> index(w.index.begin(), w.index.end());
  out["worst"] = {{"input", w.input},     {"index", index},     {"analytic", w.analytic},
                  {"numeric", w.numeric}, {"error", w.error()}, {"allowed", w.allowed}};
  return out;
}

Json as_json(const std::string& name, const Checked& checked) {
  return {{"name", name},
          {"ok", checked.ok()},
          {"differentiable", checked.differentiable},
          {"cases", checked.cases},
          {"first_order", as_json(checked.first)},
          {"second_order", as_json(checked.second)}};
}

std::string as_line(const std::string& name, const Checked& checked) {
  if (!checked.differentiable) return name + ": has no gradient\n";
  if (checked.cases == 0) return name + ": nothing checked, its EXAMPLEs are empty or too large\n";
  std::ostringstream line;
  line << *checked.first << "; ";
  if (!checked.second) return line.str() + "second order: nothing checked, its EXAMPLEs are too large\n";
  GradcheckResult second = *checked.second;
  second.worst.op = "second order";
  line << second << "\n";
  return line.str();
}

int check_gradients(const Options& options) {
  std::vector<std::string> names = options.names.empty() ? known_names() : options.names;
  Json list = Json::array();
  int64_t wrong = 0;
  for (const std::string& name : names) {
    Checked checked = check_name(name);
    wrong += !checked.ok();
    if (options.json)
      list.push_back(as_json(name, checked));
    else
      print(as_line(name, checked));
  }
  if (options.json) print(data::json_text(list, 1) + "\n");
  if (wrong > 0)
    print_error(
        text("[gradcheck] ", wrong, " of ", names.size(), " gradients disagree with central differences"));
  return wrong > 0 ? kFailed : 0;
}

}  // namespace

void add_gradcheck(CLI::App& verb, int& exit_code) {
  auto options = std::make_shared<Options>();
  verb.add_option("NAME", options->names, "Op or layer to check")
      ->default_str("all")
      ->check([](const std::string& name) -> std::string {
        std::vector<std::string> known = known_names();
        if (std::find(known.begin(), known.end(), name) != known.end()) return "";
        std::string near = did_you_mean(name, known);
        return text('"', name, "\" is no op or layer.",
                    near.empty() ? " Hint: without a NAME all are listed" : near);
      });
  add_switch(verb, "--json", options->json, "Print a JSON array");
  verb.callback([options, &exit_code] { exit_code = check_gradients(*options); });
}

}  // namespace lexigrad::tools
