#include "lexigrad/train/runs/diagnosis/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/xxh64.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/train/loop/callbacks/waiting.h"
#include "lexigrad/train/runs/diagnosis/steps_again.h"
#include "lexigrad/train/runs/run.h"

namespace lexigrad::train {
namespace {

std::string hex(double value) { return fmt::format("{:a}", value); }

double norm_of(const Tensor& x) { return x.detach().to(float64).norm().item<double>(); }

double gradient_norm_of(const nn::ParameterRef& p) {
  if (!p.has_grad()) return 0;
  const RowGrad* rows = p.row_grad();
  return norm_of(rows ? rows->values() : p.grad());
}

// Under CheckNumerics; where that finds something that harms neither loss nor gradients, the step is made without.
void make_step(RunParts& run, StepsAgain& steps, ReplayedStep& out) {
  run.trainer.take_tally();
  try {
    CheckNumerics check(run.trainer.numerics());
    return steps.step();
  } catch (const NumericsError& error) { out.not_finite = error.message(); }
  try {
    steps.step();
  } catch (const NumericsError& error) {
    out.not_finite = error.message();
    out.made = false;
  }
}

ReplayedStep seen(RunParts& run, StepsAgain& steps, int64_t from, int64_t step) {
  ReplayedStep out{.step = step, .total = run.total, .from = from, .unit = run.objective->unit()};
  make_step(run, steps, out);
  if (out.made) {
    out.loss = run.trainer.tally().mean();
    out.lr = run.optimizer->lr();
    out.gradient_norm = run.trainer.gradient_norm();
  }
  const auto& parameters = run.optimizer->parameters();
  for (size_t i = 0; i < parameters.size(); ++i)
    out.parameters.push_back(
        {run.optimizer->name(i), norm_of(parameters[i]), out.made ? gradient_norm_of(parameters[i]) : 0});
  out.weights_sum = weights_sum(*run.optimizer);
  out.batches = batch_texts(run, run.trainer.last_step().batches);
  return out;
}

}  // namespace

std::string weights_sum(const optim::Optimizer& optimizer) {
  Xxh64 sum;
  for (const Tensor& p : optimizer.parameters()) {
    Tensor dense = p.detach().contiguous();
    sum.update(dense.address(), static_cast<size_t>(dense.numel() * item_size(dense.dtype())));
  }
  return sum.hex();
}

ReplayedStep replay(const TrainConfig& config, const std::string& folder, int64_t step,
                    std::ostream& progress, int64_t memory) {
  use_threads(config);
  check_same_options(config, folder);
  Waiting waiting(progress, "going to the step");
  RunParts run(config, folder, memory);
  check(step >= 1 && step <= run.total, "train", "--replay is ", step, "; the run has steps 1..", run.total);
  run.rewind(step - 1);
  int64_t from = run.trainer.position().step;
  StepsAgain steps(run);
  while (run.trainer.position().step < step - 1) steps.step();
  return seen(run, steps, from, step);
}

std::string replay_text(const ReplayedStep& r) {
  std::string out = fmt::format("step     {} of {}, made again from {}\n", r.step, r.total,
                                r.from > 0 ? fmt::format("the checkpoint of step {}", r.from) : "the start");
  if (r.made)
    out += fmt::format(
        "loss     {} = {} nats a {}, learning rate {}\ngradient {} = {}, its norm before clipping\n", r.loss,
        hex(r.loss), r.unit, r.lr, r.gradient_norm, hex(r.gradient_norm));
  if (!r.not_finite.empty())
    out += text(r.made ? "note     " : "refused  ", data::visible(r.not_finite), "\n");
  size_t width = 9;
  for (const auto& each : r.parameters) width = std::max(width, each.name.size());
  out += fmt::format("\n{:<{}}  {:>12}  {:>12}\n", "parameter", width, "weights", "gradient");
  for (const auto& each : r.parameters)
    out += fmt::format("{:<{}}  {:>12.6g}  {:>12.6g}\n", data::visible(each.name), width, each.weights,
                       each.gradient);
  out += text("XXH64 of the weights ", r.made ? "after" : "before", " it: ", r.weights_sum, "\n");
  for (const BatchText& batch : r.batches) {
    out += fmt::format("\nbatch {} of epoch {}\n", batch.place.batch, batch.place.epoch);
    for (size_t i = 0; i < batch.samples.size(); ++i)
      out += text("  ", batch.sample_name, " ", batch.samples[i], "  \"", batch.texts[i], "\"\n");
  }
  return out;
}

std::string replay_json(const ReplayedStep& r) {
  nlohmann::ordered_json out = {{"step", r.step}, {"from", r.from}, {"made", r.made}};
  if (r.made)
    out.update({{"loss", r.loss},
                {"loss_hex", hex(r.loss)},
                {"lr", r.lr},
                {"gradient_norm", r.gradient_norm},
                {"gradient_norm_hex", hex(r.gradient_norm)}});
  if (!r.not_finite.empty()) out["not_finite"] = r.not_finite;
  out["parameters"] = nlohmann::ordered_json::array();
  for (const auto& each : r.parameters)
    out["parameters"].push_back(
        {{"name", each.name}, {"weights", each.weights}, {"gradient", each.gradient}});
  out["weights_xxh64"] = r.weights_sum;
  out["batches"] = data::parsed_json<nlohmann::ordered_json>(batches_json(r.batches));
  return data::json_text(out, 2) + "\n";
}

}  // namespace lexigrad::train
