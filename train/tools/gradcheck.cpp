// lexigrad gradcheck: every op's gradient against central differences.
#include <CLI/CLI.hpp>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/example.h"
#include "lexigrad/autograd/gradcheck.h"
#include "lexigrad/train/tools/command.h"

namespace lexigrad::tools {
namespace {

using Json = nlohmann::ordered_json;
constexpr int64_t kLargest = 10000;  // entries; larger EXAMPLEs test blocks and threads, not the rule

struct Settings {
  std::vector<std::string> names;
  bool json = false;
};

struct Checked {
  GradcheckResult result;
  int64_t cases = 0;
  bool differentiable = false;
};

bool worse(const GradEntry& a, const GradEntry& b) {
  double x = a.error() / a.allowed, y = b.error() / b.allowed;
  return std::isnan(x) || x > y;
}

void merge(Checked& all, const GradcheckResult& one, const std::string& op) {
  if (one.checked > 0 && (all.result.checked == 0 || worse(one.worst, all.result.worst))) {
    all.result.worst = one.worst;
    all.result.worst.op = op;
  }
  all.result.ok = all.result.ok && one.ok;
  all.result.checked += one.checked;
  ++all.cases;
}

std::vector<std::string> op_names() {
  std::vector<std::string> names;
  for (const Example& example : examples())
    if (names.empty() || names.back() != example.op) names.push_back(example.op);
  return names;
}

Checked check_op(const std::string& op) {
  Checked all;
  uint64_t seed = 1;
  for (const Example& example : examples()) {
    if (example.op != op || !example.differentiable) continue;
    all.differentiable = true;
    for (const auto& shapes : example.shapes) {
      std::vector<Tensor> inputs = example_inputs(example, shapes, seed++);
      int64_t entries = 0;
      for (const Tensor& input : inputs) entries += input.numel();
      if (entries <= kLargest) merge(all, gradcheck(example.apply, inputs), op);
    }
  }
  return all;
}

Json as_json(const std::string& op, const Checked& checked) {
  const GradEntry& w = checked.result.worst;
  Json out = {{"name", op},
              {"ok", checked.result.ok},
              {"differentiable", checked.differentiable},
              {"cases", checked.cases},
              {"entries", checked.result.checked}};
  if (checked.result.checked == 0) return out;
  std::vector<int64_t> index;
  for (int64_t d = 0; d < w.index.rank(); ++d) index.push_back(w.index[d]);
  out["worst"] = {{"input", w.input},     {"index", index},     {"analytic", w.analytic},
                  {"numeric", w.numeric}, {"error", w.error()}, {"allowed", w.allowed}};
  return out;
}

std::string as_line(const std::string& op, const Checked& checked) {
  if (!checked.differentiable) return op + ": has no gradient\n";
  std::ostringstream line;
  line << checked.result << "\n";
  return line.str();
}

int check_gradients(const Settings& settings) {
  std::vector<std::string> names = settings.names.empty() ? op_names() : settings.names;
  Json list = Json::array();
  int64_t wrong = 0;
  for (const std::string& name : names) {
    Checked checked = check_op(name);
    wrong += !checked.result.ok;
    if (settings.json)
      list.push_back(as_json(name, checked));
    else
      print(as_line(name, checked));
  }
  if (settings.json) print(list.dump(1) + "\n");
  if (wrong > 0)
    print_error(
        text("[gradcheck] ", wrong, " of ", names.size(), " gradients disagree with central differences"));
  return wrong > 0 ? kFailed : 0;
}

}  // namespace

void add_gradcheck(CLI::App& app, int& exit_code) {
  auto settings = std::make_shared<Settings>();
  CLI::App& verb = *app.add_subcommand("gradcheck", "Check the gradients of ops against central differences");
  verb.add_option("NAME", settings->names, "Op to check")
      ->default_str("all")
      ->check([](const std::string& name) -> std::string {
        std::vector<std::string> known = op_names();
        if (std::find(known.begin(), known.end(), name) != known.end()) return "";
        std::string near = did_you_mean(name, known);
        return text('"', name, "\" is no op.", near.empty() ? " Hint: without a NAME all are listed" : near);
      });
  add_switch(verb, "--json", settings->json, "Print a JSON array");
  verb.callback([settings, &exit_code] { exit_code = check_gradients(*settings); });
}

}  // namespace lexigrad::tools
