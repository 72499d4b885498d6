#include "lexigrad/autograd/checks/heard.h"

#include <algorithm>
#include <span>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tape/grad_mode.h"
#include "lexigrad/autograd/tape/module_path.h"
#include "lexigrad/autograd/tape/reader.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/generator.h"

namespace lexigrad::detail {
namespace {

constexpr size_t kMaxNames = 4;  // of a function's path

bool is_narrow(Dtype dtype) { return dtype == float32 || dtype == bfloat16; }

// "linear in Gate.value".
std::string place_of(const char* op) {
  std::string scope = scope_path(current_scope);
  return scope.empty() ? op : text(op, " in ", scope);
}

void hear(Heard& heard, const char* op, std::span<const Tensor> outputs,
          std::span<const Tensor* const> inputs) {
  bool reads_float64 = false;
  for (const Tensor* x : inputs) {
    if (!x->defined()) continue;
    reads_float64 = reads_float64 || x->dtype() == float64;
    auto is_x = [&](const GradcheckInput& leaf) { return leaf.tensor.id() == x->id(); };
    if (grad_enabled() && x->requires_grad() && x->is_leaf() &&
        std::none_of(heard.leaves.begin(), heard.leaves.end(), is_x))
      heard.leaves.push_back({text("leaf ", x->shape(), " read by ", place_of(op)), *x});
  }
  for (const Tensor& y : outputs)
    if (heard.narrow.empty() && is_narrow(y.dtype()) && (reads_float64 || y.requires_grad()))
      heard.narrow = text(place_of(op), " computes in ", name(y.dtype()),
                          "; differences need float64. Hint: leave out to(float32), module.to(float64)");
}

// The outermost module of a node, or its op.
std::string name_of(const TapeNode& node) {
  std::string path = node.module_path();
  return path.empty() ? node.name() : path.substr(0, path.find('.'));
}

}  // namespace

Outputs listen(const std::function<Outputs()>& f, Heard& heard) {
  OpListener listener([&](const char* op, std::span<const Tensor> outputs,
                          std::span<const Tensor* const> inputs) { hear(heard, op, outputs, inputs); });
  return f();
}

std::string path_of(const Outputs& y) {
  std::vector<std::string> names;
  for (const Tensor& x : y)
    for (const TapeNode& node : tape_of(x))
      if (!node.is_leaf() && std::find(names.begin(), names.end(), name_of(node)) == names.end())
        names.push_back(name_of(node));
  if (names.size() == 1) return names[0];
  std::string path = "function";
  for (size_t i = 0; i < std::min(names.size(), kMaxNames); ++i) path += (i ? ", " : " of ") + names[i];
  return names.size() > kMaxNames ? path + ", ..." : path;
}

RandomState random_state() { return {default_generator().get_state(), draw_place()}; }

}  // namespace lexigrad::detail
