#include "lexigrad/train/loop/trainer.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_set>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/xxh64.h"
#include "lexigrad/autograd/tape/reader.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/train/optim/clip.h"

namespace lexigrad::train {
namespace {

uint64_t fingerprint(const Tensor& x) {
  Tensor dense = x.detach().contiguous();
  const void* data =
      dense.dtype() == float32 ? static_cast<const void*>(dense.data<float>()) : dense.data<double>();
  Xxh64 sum;
  sum.update(data, static_cast<size_t>(dense.numel() * item_size(dense.dtype())));
  return sum.digest();
}

// Shapes of the leaves under `root` that collect a gradient but belong to no parameter.
std::vector<std::string> strangers(const Tensor& root, const std::vector<nn::ParameterRef>& parameters) {
  std::unordered_set<const void*> seen;
  for (const Tensor& p : parameters) seen.insert(TapeNode(p).id());
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

template <class T>
bool all_finite(const Tensor& x) {
  const T* data = x.data<T>();
  return std::all_of(data, data + x.numel(), [](T value) { return std::isfinite(value); });
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

std::string not_finite(const optim::Optimizer& optimizer) {
  std::string out;
  for (size_t i = 0; i < optimizer.parameters().size(); ++i) {
    Tensor x = optimizer.parameters()[i].detach().contiguous();
    if (x.dtype() == float64 ? all_finite<double>(x) : all_finite<float>(x)) continue;
    out += (out.empty() ? "" : ", ") + optimizer.name(i);
  }
  return out;
}

void fail_not_finite(const std::string& what, const optim::Optimizer& optimizer,
                     const CheckNumericsOptions& options, const std::function<void()>& pass) {
  std::string names = not_finite(optimizer);
  std::string before = text(what, names.empty() ? "; every parameter is finite. "
                                                : text("; parameters that are not finite: ", names, ". "));
  try {
    CheckNumerics check(options);
    pass();
  } catch (const NumericsError& error) { fail_numerics(before + error.message()); }
  fail_numerics(before + "Computed again, it is finite. Hint: the loss function is not the same twice");
}

Trainer::Trainer(LossFunction loss, optim::Optimizer& optimizer, data::DataLoader& loader,
                 TrainerOptions options)
    : loss_(std::move(loss)),
      optimizer_(optimizer),
      loader_(loader),
      options_(std::move(options)),
      full_lr_(optimizer.lr()) {}

CheckNumericsOptions Trainer::numerics() const {
  CheckNumericsOptions options = options_.numerics;
  options.step = position_.step + 1;
  return options;
}

std::optional<CheckNumerics> Trainer::checks() const {
  if (!options_.check_numerics) return {};
  return std::optional<CheckNumerics>(std::in_place, numerics());
}

void Trainer::restore(const Position& position, const Tally& since_log) {
  position_ = position;
  tally_ = since_log;
  batches_.reset();
}

nn::Loss Trainer::forward() {
  if (!batches_) {
    loader_.seek(position_.epoch, position_.batch);
    batches_.emplace(loader_.begin());
  }
  if (*batches_ == loader_.end()) {  // the epoch is over
    position_.batch = 0;
    loader_.seek(++position_.epoch, 0);
    batches_.emplace(loader_.begin());
  }
  auto [inputs, targets] = **batches_;
  optimizer_.zero_grad();
  DrawStep draws(draw_step());
  nn::Loss loss = loss_(inputs, targets);
  double sum = loss.sum.item<double>();
  if (!std::isfinite(sum))
    fail_not_finite(text("The loss is ", std::abs(sum), " at step ", position_.step + 1), optimizer_,
                    numerics(), [&, &x = inputs, &y = targets] {
                      DrawStep again(draw_step());
                      loss_(x, y);
                    });
  tally_.sum += sum;
  tally_.weight += loss.weight;
  position_.tokens += loss.count;
  return loss;
}

void Trainer::finish(const nn::Loss& loss) {
  loss.backward();
  if (options_.clip_norm > 0) optim::clip_grad_norm_(optimizer_.parameters(), options_.clip_norm);
  if (options_.schedule.changes()) optimizer_.set_lr(full_lr_ * options_.schedule(position_.step));
  optimizer_.step();
  ++position_.step;
  ++position_.batch;
  ++*batches_;
}

void Trainer::step() {
  std::optional<CheckNumerics> check = checks();
  finish(forward());
}

Audit Trainer::audited_step() {
  std::optional<CheckNumerics> check = checks();
  Audit audit;
  std::vector<uint64_t> before;
  for (const Tensor& p : optimizer_.parameters()) before.push_back(fingerprint(p));
  nn::Loss loss = forward();
  audit.unregistered = strangers(loss.sum, optimizer_.parameters());
  finish(loss);
  for (size_t i = 0; i < before.size(); ++i) {
    const nn::ParameterRef& p = optimizer_.parameters()[i];
    if (!p.requires_grad()) continue;  // frozen on purpose
    if (!p.has_grad())
      audit.without_gradient.push_back(optimizer_.name(i));
    else if (optimizer_.lr() > 0 && fingerprint(p) == before[i])
      audit.unchanged.push_back(optimizer_.name(i));
  }
  return audit;
}

double evaluate(const LossFunction& loss, data::DataLoader& loader) {
  NoGrad off;
  Tally tally;
  for (auto [inputs, targets] : loader) {
    nn::Loss l = loss(inputs, targets);
    tally.sum += l.sum.item<double>();
    tally.weight += l.weight;
  }
  return tally.mean();
}

}  // namespace lexigrad::train
