#include "lexigrad/autograd/tape/recompute.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "lexigrad/autograd/tape/walk.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/autograd/tensor/generator.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {
namespace {

constexpr const char* kName = "recomputed";

constinit thread_local bool again = false;

class ComputingAgain {
 public:
  ComputingAgain() : before_(std::exchange(again, true)) {}
  ~ComputingAgain() { again = before_; }
  ComputingAgain(const ComputingAgain&) = delete;
  ComputingAgain& operator=(const ComputingAgain&) = delete;

 private:
  bool before_;
};

// The default generator as it was once, while it lives; an empty state is as it is now.
class GeneratorAgain {
 public:
  explicit GeneratorAgain(const std::string& state) {
    if (state.empty()) return;
    now_ = default_generator().get_state();
    default_generator().set_state(state);
  }
  ~GeneratorAgain() {
    if (!now_.empty()) default_generator().set_state(now_);
  }
  GeneratorAgain(const GeneratorAgain&) = delete;
  GeneratorAgain& operator=(const GeneratorAgain&) = delete;

 private:
  std::string now_;
};

// The tensors on the tape that ops of this thread read, or f returns, and did not make, while it lives.
class Sources final : public TapeObserver {
 public:
  void add(const Tensor& x) {
    Node* node = node_of(x);
    if (!node || made_.contains(node) || !met_.insert(node).second) return;
    all_.push_back(x.is_leaf() ? x : alias(x));  // x may get another place
    versions_.push_back(body_of(x)->storage->version);
  }
  const std::vector<Tensor>& all() const { return all_; }
  void check_unchanged() const {
    for (size_t i = 0; i < all_.size(); ++i)
      check(body_of(all_[i])->storage->version == versions_[i], kName, "f changed a tensor ",
            name(all_[i].dtype()), ' ', all_[i].shape(), " from outside in place by ",
            body_of(all_[i])->storage->changed_by, ". Hint: change a clone()");
  }

 private:
  void made(const char*, std::span<const Tensor> outputs, const Tensor* const* inputs, int count) override {
    if (std::none_of(outputs.begin(), outputs.end(), [](const Tensor& y) { return y.requires_grad(); }))
      return;
    for (int i = 0; i < count; ++i)
      if (inputs[i]->defined()) add(*inputs[i]);
    for (const Tensor& y : outputs) made_.insert(node_of(y));
  }

  std::vector<Tensor> all_;
  std::vector<uint32_t> versions_;
  std::unordered_set<const Node*> met_, made_;
};

// What is kept of a part: how to compute it again, and what must come out.
class Kept {
 public:
  Kept(Part f, const std::vector<Tensor>& inputs) : f_(std::move(f)), inputs_(inputs.begin(), inputs.end()) {}

  /// f's outputs, the first time.
  std::vector<Tensor> run() {
    std::string generator = default_generator().get_state();
    std::vector<Tensor> in(inputs_.begin(), inputs_.end()), out;
    {
      Sources sources;
      out = f_(in);
      for (const Tensor& y : out) sources.add(y);
      sources.check_unchanged();
      for (const Tensor& x : sources.all()) sources_.emplace_back(x);
    }
    drawn_ = draw_place();
    if (default_generator().get_state() != generator) generator_ = std::move(generator);
    for (const Tensor& y : out) outputs_.emplace_back(y.shape(), y.dtype(), y.requires_grad());
    return out;
  }

  std::vector<Tensor> sources() const { return {sources_.begin(), sources_.end()}; }

  /// The rule: the walk goes on through what f makes now.
  void go_back(const OutputGrads& dy) const {
    std::vector<Tensor> all = run_again(), reached;
    size_t on_tape = 0;
    for (size_t i = 0; i < all.size(); ++i)
      if (outputs_[i].on_tape && dy.has(on_tape++)) reached.push_back(all[i]);
    go_on_through(reached, dy.present());
  }

 private:
  struct Output {
    Shape shape;
    Dtype dtype;
    bool on_tape;
    Output(const Shape& s, Dtype d, bool on) : shape(s), dtype(d), on_tape(on) {}
    bool operator==(const Output&) const = default;
  };

  std::vector<Tensor> run_again() const {
    Recording on(true);
    ComputingAgain now;
    DrawsAgain draws(seed_, begun_);
    GeneratorAgain generator(generator_);
    std::vector<Tensor> in, out;
    for (const Saved& x : inputs_) in.push_back(*x);
    for (const Saved& x : sources_) static_cast<void>(*x);  // which throws where it was changed
    Sources sources;
    out = f_(in);
    for (const Tensor& y : out) sources.add(y);
    check_same(sources.all(), out);
    return out;
  }

  void check_same(const std::vector<Tensor>& sources, const std::vector<Tensor>& out) const {
    constexpr const char* hint =
        ". Hint: f must do the same twice: the modules it runs in the same train() or eval(), what it captures unchanged";
    check(draw_place() == drawn_, kName, "Computed again, f drew ", draw_place().second - begun_.second,
          " times, the first time ", drawn_.second - begun_.second, hint);
    check(out.size() == outputs_.size(), kName, "Computed again, f returned ", out.size(),
          " tensors, the first time ", outputs_.size(), hint);
    for (size_t i = 0; i < out.size(); ++i)
      check(Output(out[i].shape(), out[i].dtype(), out[i].requires_grad()) == outputs_[i], kName,
            "Computed again, output ", i, " is ",
            form_of(out[i].dtype(), out[i].shape(), out[i].requires_grad()), ", it was ",
            form_of(outputs_[i].dtype, outputs_[i].shape, outputs_[i].on_tape), hint);
    for (const Tensor& x : sources)
      check(x.is_leaf() || std::any_of(sources_.begin(), sources_.end(),
                                       [&](const Saved& s) { return node_of(*s) == node_of(x); }),
            kName, "Computed again, f read a tensor ", name(x.dtype()), ' ', x.shape(),
            " that it did not read the first time", hint);
  }

  static std::string form_of(Dtype dtype, const Shape& shape, bool on_tape) {
    return text(name(dtype), ' ', shape, on_tape ? "" : " off the tape");
  }

  Part f_;
  std::vector<Saved> inputs_, sources_;
  std::vector<Output> outputs_;
  uint64_t seed_ = default_generator().seed();
  std::pair<uint64_t, uint64_t> begun_ = draw_place(), drawn_;
  std::string generator_;  // its state before f, where f drew from it
};

std::vector<Tensor> recorded(Kept kept, std::vector<Tensor> on_tape) {
  std::vector<Tensor> sources = kept.sources();
  if (on_tape.size() > 1)
    return record(kName, std::move(on_tape), sources,
                  [kept = std::move(kept)](const OutputGrads& dy, Grads&) { kept.go_back(dy); });
  return {record(kName, std::move(on_tape[0]), sources,
                 [kept = std::move(kept)](const Tensor& dy, Grads&) { kept.go_back(OutputGrads(dy)); })};
}

}  // namespace

bool computing_again() { return again; }

std::vector<Tensor> recomputed(Part f, const std::vector<Tensor>& inputs) {
  if (!grad_enabled()) return f(inputs);
  Kept kept(std::move(f), inputs);
  std::vector<Tensor> out = kept.run(), on_tape;
  for (Tensor& y : out)
    if (y.requires_grad()) on_tape.push_back(y.detach());
  if (on_tape.empty()) return out;
  on_tape = recorded(std::move(kept), std::move(on_tape));
  for (size_t i = 0, next = 0; i < out.size(); ++i)
    if (out[i].requires_grad()) out[i] = std::move(on_tape[next++]);
  return out;
}

}  // namespace lexigrad::detail
