#include "lexigrad/autograd/tape/function.h"

#include <algorithm>
#include <cstdlib>

#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad {

// What only a running backward has, for as long as it runs: the outputs' places on the tape
// lead back to the context.
struct FunctionContext::Running {
  FunctionContext& context;
  Running(FunctionContext& c, const OutputGrads& dy, const std::vector<Tensor>& y, const Grads& dx)
      : context(c) {
    c.dy_ = dy.present();
    c.y_ = y;
    c.dx_ = &dx;
  }
  ~Running() {
    context.dx_ = nullptr;
    context.dy_.clear();
    context.y_.clear();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
};

Tensor FunctionContext::saved(size_t i) const {
  check(dx_ != nullptr, "saved", "saved(", i,
        ") was read outside backward. Hint: forward has the tensor itself");
  check(i < kept_.size(), "saved", "saved(", i, ") was read, forward saved ", kept_.size(), " tensors");
  const Kept& kept = kept_[i];
  const Tensor& x = kept.source == Source::output ? y_[kept.output] : *kept.x;
  if (kept.source != Source::between || !grad_enabled()) return x;
  return dx_->once(
      x, dy_,
      text("saved(", i, ") is neither an input nor the output, and forward ran off the tape. Hint: ",
           "save the inputs and compute it from them in backward; a constant goes into a field of "
           "your own Context"));
}

bool FunctionContext::needs(size_t input) const {
  check(input < needs_.size(), "needs", "needs(", input, ") was asked of an op of ", needs_.size(),
        " tensors");
  return dx_ ? dx_->needs(static_cast<int>(input)) : needs_[input];
}

// Returns true if an output is among the saved.
bool FunctionContext::keep(const std::vector<Tensor>& inputs, const std::vector<Tensor>& outputs) {
  auto place = [](const std::vector<Tensor>& list, const Tensor& x) {
    auto at = std::find_if(list.begin(), list.end(), [&](const Tensor& each) { return each.id() == x.id(); });
    return static_cast<size_t>(at - list.begin());
  };
  bool with_output = false;
  for (const Tensor& x : fresh_) {
    bool constant = !x.defined() || !is_floating(x.dtype());
    bool input = constant || place(inputs, x) < inputs.size();
    size_t output = input ? outputs.size() : place(outputs, x);
    Source source = input ? Source::input : output < outputs.size() ? Source::output : Source::between;
    kept_.push_back({Saved(source == Source::output ? Tensor() : x), source, output});
    with_output = with_output || source == Source::output;
  }
  fresh_.clear();
  return with_output;
}

void FunctionContext::backward(const detail::FunctionForm& form, const OutputGrads& dy,
                               const std::vector<Tensor>& y, Grads& dx) {
  // A gradient is linear in dy: one that is off the tape though dy is on it
  // was made of raw data.
  bool again = grad_enabled() && !form.once_differentiable;
  OutputGrads placed = again ? dy.on_tape() : dy;
  Running running(*this, placed, y, dx);
  std::vector<Tensor> found;
  {
    detail::Recording mode(again);
    found = form.backward(*this, placed);
  }
  check(found.size() == needs_.size(), form.name, "backward returned ", found.size(), " gradients for ",
        needs_.size(), " tensors. Hint: one for each, in their order; Tensor() where there is none");
  for (int i = 0; i < dx.count(); ++i) {
    Tensor& g = found[static_cast<size_t>(i)];
    if (!g.defined()) continue;
    if (!g.requires_grad())
      g = dx.once(g, dy.present(),
                  form.once_differentiable
                      ? "it is marked once_differentiable"
                      : text("backward made the gradient of input ", i, " off the tape, as from data<T>(). ",
                             "Hint: write it with ops on dy and saved(i); Tensor() is a gradient of zeros"));
    dx[i] += std::move(g);
  }
}

namespace detail {

std::string function_name(const std::type_info& type) {
  std::string name = text(type);
  name = name.substr(0, name.find('<'));
  size_t scope = name.rfind("::");
  return scope == std::string::npos ? name : name.substr(scope + 2);
}

std::vector<Tensor> run_function(const FunctionForm& form, const std::shared_ptr<FunctionContext>& context,
                                 const std::vector<Tensor>& inputs,
                                 const std::function<std::vector<Tensor>()>& forward) {
  std::vector<Tensor> places;
  std::vector<uint32_t> versions;
  for (const Tensor& x : inputs) {
    places.push_back(x.defined() ? x : empty({0}));
    versions.push_back(body_of(places.back())->storage->version);
    context->needs_.push_back(grad_enabled() && places.back().requires_grad());
  }
  std::vector<Tensor> outputs;
  {
    NoGrad off;
    outputs = forward();
  }
  check(!outputs.empty(), form.name, "forward returned no Tensor at all");
  for (const Tensor& y : outputs) check(y.defined(), form.name, "forward returned an undefined Tensor");
  for (size_t i = 0; i < places.size(); ++i)
    check(body_of(places[i])->storage->version == versions[i], form.name, "forward changed input ", i,
          " in place by ", body_of(places[i])->storage->changed_by, ". Hint: change a clone()");
  bool with_output = context->keep(inputs, outputs);
  auto rule = [form, context](const OutputGrads& dy, const std::vector<Tensor>& y, Grads& dx) {
    context->backward(form, dy, y, dx);
  };
  if (form.several && with_output) return record(form.name, std::move(outputs), places, rule);
  if (form.several)
    return record(form.name, std::move(outputs), places,
                  [rule](const OutputGrads& dy, Grads& dx) { rule(dy, {}, dx); });
  if (with_output)
    return {record(form.name, std::move(outputs[0]), places,
                   [rule](const Tensor& dy, const Tensor& y, Grads& dx) { rule(OutputGrads(dy), {y}, dx); })};
  return {record(form.name, std::move(outputs[0]), places,
                 [rule](const Tensor& dy, Grads& dx) { rule(OutputGrads(dy), {}, dx); })};
}

}  // namespace detail
}  // namespace lexigrad
