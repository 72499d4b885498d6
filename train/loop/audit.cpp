#include "lexigrad/train/loop/audit.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/xxh64.h"
#include "lexigrad/autograd/tape/reader.h"
#include "lexigrad/autograd/tape/row_grad.h"

namespace lexigrad::train {
namespace {

uint64_t fingerprint(const Tensor& x) {
  Tensor dense = x.detach().contiguous();
  Xxh64 sum;
  sum.update(dense.address(), static_cast<size_t>(dense.numel() * item_size(dense.dtype())));
  return sum.digest();
}

bool is_zero(const Tensor& x) {
  const Tensor dense = x.detach().contiguous();
  const auto* bytes = static_cast<const unsigned char*>(dense.address());
  return std::all_of(bytes, bytes + dense.numel() * item_size(dense.dtype()),
                     [](unsigned char b) { return b == 0; });
}

bool has_zero_gradient(const nn::ParameterRef& p) {
  const RowGrad* rows = p.row_grad();
  return is_zero(rows ? rows->values() : p.grad());
}

// Shapes of the leaves under `root` that collect a gradient but belong to no parameter.
std::vector<std::string> strangers(const Tensor& root, const std::vector<nn::ParameterRef>& parameters,
                                   const std::vector<Tensor>& moved_elsewhere) {
  std::unordered_set<const void*> seen;
  for (const Tensor& p : parameters) seen.insert(TapeNode(p).id());
  for (const Tensor& x : moved_elsewhere) seen.insert(TapeNode(x).id());
  std::vector<std::string> out;
  std::vector<TapeNode> stack{TapeNode(root)};
  while (!stack.empty()) {
    TapeNode node = std::move(stack.back());
    stack.pop_back();
    if (!node || !seen.insert(node.id()).second) continue;
    if (node.is_leaf()) out.push_back(text("a tensor of shape ", node.shape()));
    for (TapeNode& input : node.inputs()) stack.push_back(std::move(input));
  }
  return out;
}

void list(std::string& out, const char* title, const std::vector<std::string>& names) {
  for (size_t i = 0; i < names.size(); ++i)
    out += text(i == 0 ? (out.empty() ? "" : "; ") : ", ", i == 0 ? title : "", names[i]);
}

}  // namespace

std::string to_string(const Audit& audit) {
  std::string out;
  list(out, "without gradient: ", audit.without_gradient);
  list(out, "unchanged by the first step: ", audit.unchanged);
  list(out, "trained by the loss but not given to the optimizer: ", audit.unregistered);
  return out.empty() ? out
                     : text("[audit] Not everything trains: ", out,
                            ". Hint: list every member in LEXIGRAD_MODULE and use it in the loss");
}

Auditor::Auditor(const optim::Optimizer& optimizer) : optimizer_(optimizer) {
  for (const Tensor& p : optimizer.parameters()) {
    before_.push_back(fingerprint(p));
    zero_.push_back(p.rank() > 1 && is_zero(p));
  }
}

void Auditor::see(const Tensor& loss, const std::vector<Tensor>& moved_elsewhere) {
  strangers_ = strangers(loss, optimizer_.parameters(), moved_elsewhere);
}

Audit Auditor::finish() const {
  Audit audit{.without_gradient = {}, .unchanged = {}, .unregistered = strangers_};
  std::vector<bool> moved;
  bool hides = false;  // whether a matrix was zero that is not any more
  for (size_t i = 0; i < before_.size(); ++i) {
    moved.push_back(fingerprint(optimizer_.parameters()[i]) != before_[i]);
    hides |= zero_[i] && moved[i];
  }
  for (size_t i = 0; i < before_.size(); ++i) {
    const nn::ParameterRef& p = optimizer_.parameters()[i];
    if (!p.requires_grad()) continue;  // frozen on purpose
    if (!p.has_grad())
      audit.without_gradient.push_back(optimizer_.name(i));
    else if (optimizer_.lr(i) > 0 && !moved[i] && !(hides && has_zero_gradient(p)))
      audit.unchanged.push_back(optimizer_.name(i));
  }
  return audit;
}

}  // namespace lexigrad::train
