#include "lexigrad/train/runs/diagnosis/bisect.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/loop/callbacks/waiting.h"
#include "lexigrad/train/loop/run_log.h"
#include "lexigrad/train/runs/diagnosis/steps_again.h"
#include "lexigrad/train/runs/run.h"
#include "lexigrad/train/runs/run_folder.h"

namespace lexigrad::train {
namespace {

// The weights, the optimizer's state and the average that a checkpoint file holds.
nn::NamedTensors state_in(const std::string& path) {
  nn::NamedTensors out;
  for (auto& [name, tensor] : load_safetensors(path).tensors)
    if (name.starts_with("model.") || name.starts_with("optimizer.") || name.starts_with("average."))
      out.emplace_back(name, std::move(tensor));
  return out;
}

bool equal(const nn::NamedTensors& a, const nn::NamedTensors& b) {
  return a.size() == b.size() && !first_difference(a, b) &&
         std::equal(a.begin(), a.end(), b.begin(),
                    [](const auto& x, const auto& y) { return x.first == y.first; });
}

// One of the two runs. Each has its own threads while it steps; two of other seeds differ before the first step.
class Side {
 public:
  /// `threads` where the run's options name no number.
  Side(std::string folder, int threads)
      : folder_(std::move(folder)),
        config_(read_config(folder_)),
        threads_(config_.threads > 0 ? static_cast<int>(config_.threads) : threads),
        kept_(kept_checkpoints(folder_)) {
    check_same_options(config_, folder_);
  }

  const std::string& folder() const { return folder_; }
  const TrainConfig& config() const { return config_; }
  const std::vector<KeptCheckpoint>& kept() const { return kept_; }
  /// The last step that the folder shows.
  int64_t made() const {
    auto log = read_log(path_in(folder_, kRunLog));
    int64_t logged = log.empty() ? 0 : log.back().step;
    return kept_.empty() ? logged : std::max(logged, kept_.front().checkpoint.position.step);
  }
  const KeptCheckpoint* kept_at(int64_t step) const {
    auto found = std::find_if(kept_.begin(), kept_.end(),
                              [&](const KeptCheckpoint& c) { return c.checkpoint.position.step == step; });
    return found == kept_.end() ? nullptr : &*found;
  }

  void go_to(int64_t step) {
    set_num_threads(threads_);
    steps_.reset();
    run_ = std::make_unique<RunParts>(config_, folder_);
    run_->rewind(step);
    steps_.emplace(*run_);
  }
  /// Makes the next step: false, and why(), where it is refused.
  bool make_step() {
    set_num_threads(threads_);
    run_->trainer.take_tally();
    try {
      steps_->step();
    } catch (const NumericsError& error) {
      why_ = error.message();
      return false;
    }
    return true;
  }
  const std::string& why() const { return why_; }
  double loss() const { return run_->trainer.tally().mean(); }
  nn::NamedTensors state() const {
    nn::NamedTensors out;
    for (const auto& [name, tensor] : run_->objective->model().state())
      out.emplace_back("model." + name, tensor);
    for (const auto& [name, tensor] : run_->optimizer->state()) out.emplace_back("optimizer." + name, tensor);
    if (run_->average)
      for (const auto& [name, tensor] : run_->average->state()) out.emplace_back("average." + name, tensor);
    return out;
  }

 private:
  std::string folder_;
  TrainConfig config_;
  int threads_;
  std::vector<KeptCheckpoint> kept_;
  std::unique_ptr<RunParts> run_;
  std::optional<StepsAgain> steps_;
  std::string why_;
};

// The newest step of which both keep a checkpoint, with the same bits; 0 where there is none.
int64_t last_equal(const Side& a, const Side& b, int64_t to) {
  for (const KeptCheckpoint& kept : a.kept()) {
    int64_t step = kept.checkpoint.position.step;
    const KeptCheckpoint* other = b.kept_at(step);
    if (step <= to && other && equal(state_in(kept.path), state_in(other->path))) return step;
  }
  return 0;
}

// Whether the side's own checkpoint of this step is what was made of it again.
bool differs_from_kept(const Side& side, int64_t step, Bisection& out) {
  const KeptCheckpoint* kept = side.kept_at(step);
  if (!kept) return false;
  out.difference = first_difference(side.state(), state_in(kept->path));
  if (!out.difference) return false;
  out.where = text("what this build makes of ", side.folder(), ", and ", kept->path, ", which ",
                   kept->checkpoint.machine, " made");
  return true;
}

bool differ_after(const Side& a, const Side& b, int64_t step, Bisection& out) {
  out.difference = first_difference(a.state(), b.state());
  if (step > out.from) out.losses = {a.loss(), b.loss()};
  return out.difference || differs_from_kept(a, step, out) || differs_from_kept(b, step, out);
}

// True where one of them alone makes the step; `ends` where none does.
bool part_at(Side& a, Side& b, Bisection& out, bool& ends) {
  bool first = a.make_step(), second = b.make_step();
  ends = !first;
  if (first == second) return false;
  const Side& refused = first ? b : a;
  out.where = text(refused.folder(), " does not make it: ", refused.why());
  out.losses.reset();
  return true;
}

void walk(Side& a, Side& b, Bisection& out) {
  a.go_to(out.from);
  b.go_to(out.from);
  bool ends = false;
  for (int64_t step = out.from;; ++step) {
    if (differ_after(a, b, step, out)) {
      out.first = step;
      return;
    }
    if (step == out.to) return;
    if (part_at(a, b, out, ends)) out.first = step + 1;
    if (ends) out.to = step;
    if (!out.same() || ends) return;
  }
}

}  // namespace

Bisection bisect(const std::string& folder, const std::string& other, std::ostream& progress) {
  Waiting waiting(progress, "comparing the runs");
  const int threads = num_threads();
  Side a(folder, threads), b(other, threads);
  Bisection out{.run = folder, .other = other, .options = contradictions(b.config(), a.config())};
  out.to = std::min(a.made(), b.made());
  out.from = last_equal(a, b, out.to);
  if (out.from < out.to || out.to == 0) walk(a, b, out);
  set_num_threads(threads);
  return out;
}

std::string bisection_text(const Bisection& f) {
  std::string run = data::visible(f.run), other = data::visible(f.other);
  std::string out = text("RUN is ", run, ", OTHER is ", other, "\n");
  if (!f.options.empty()) out += text("OTHER has ", data::visible(f.options), "\n");
  std::string start = f.from > 0 ? text("their equal checkpoints of step ", f.from) : "their starts";
  if (f.same())
    return out + text("The same, bit for bit, in weights, averages and the optimizer's state: from ", start,
                      " to step ", f.to, "\n");
  out += f.first == 0 ? "They differ before the first step\n"
                      : text("The first step that differs is ", f.first, ", from ", start, "\n");
  if (!f.where.empty()) out += text("between ", data::visible(f.where), "\n");
  if (f.losses)
    out += fmt::format("losses    {} = {:a} and {} = {:a}\n", f.losses->first, f.losses->first,
                       f.losses->second, f.losses->second);
  if (!f.difference) return out;
  const TensorDifference& d = *f.difference;
  out += text("tensor    ", data::visible(d.tensor), d.elements < 2 ? "" : text(" ", d.index), ": ", d.a,
              " and ", d.b);
  if (d.ulps) out += fmt::format(", {} ulps apart", *d.ulps);
  if (d.elements > 0) out += fmt::format("; {} of its {} elements differ", d.differing, d.elements);
  return out + "\n";
}

std::string bisection_json(const Bisection& f) {
  nlohmann::ordered_json out = {{"same", f.same()}, {"from", f.from}, {"to", f.to}};
  if (!f.options.empty()) out["options"] = f.options;
  if (!f.same()) out["first_step"] = f.first;
  if (!f.where.empty()) out["between"] = f.where;
  if (!f.same() && f.losses) out["losses"] = {f.losses->first, f.losses->second};
  if (f.difference) {
    const TensorDifference& d = *f.difference;
    out.update({{"tensor", d.tensor},
                {"index", std::vector<int64_t>(d.index.begin(), d.index.end())},
                {"run", d.a},
                {"other", d.b}});
    if (d.ulps) out["ulps"] = *d.ulps;
    out.update({{"differing", d.differing}, {"elements", d.elements}});
  }
  return data::json_text(out, 2) + "\n";
}

}  // namespace lexigrad::train
