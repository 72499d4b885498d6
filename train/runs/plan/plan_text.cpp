#include "lexigrad/train/runs/plan/plan_text.h"

#include <fmt/format.h>

#include "lexigrad/train/loop/callbacks/progress.h"
#include "lexigrad/train/pictures/schedule_plot.h"

namespace lexigrad::train {
namespace {

// What is particular to next tokens.
std::string encoder_text(const TrainConfig& c) {
  if (c.objective != TrainConfig{}.objective) return {};
  std::string encoder = c.encoder;
  if (nn::encoders().at(c.encoder).attends)
    encoder += fmt::format(" ({} layers, {} heads)", c.options.get<int64_t>("layers"),
                           c.options.get<int64_t>("heads"));
  return fmt::format("           encoder {}, positions {}{}\n", encoder, c.positions, c.tied ? ", tied" : "");
}

std::string run_text(const Plan& plan, const std::string& text) {
  const TrainConfig& c = plan.config;
  const bool passages = objectives().at(c.objective).sentences;
  return fmt::format(
      "text       {}\n"
      "tokens     {} for training, {} held out; vocabulary {} ({})\n"
      "{}   {} tokens{}; {} in a batch, {} batches an epoch\n"
      "steps      {}, {} epochs\n"
      "model      {:.0f} parameters, {}; dim {}, loss {}\n"
      "{}"
      "optimizer  {}, learning rate {}, rows {}, schedule {}\n\n",
      text, plan.training, plan.held_out, plan.vocabulary, c.tokenizer, passages ? "passages" : "windows ",
      c.context, passages ? "" : fmt::format(", stride {}", c.stride), c.batch, plan.epoch, c.steps, c.epochs,
      plan.parameters, c.dtype, c.dim, c.loss, encoder_text(c), c.optimizer, c.lr, c.rows, c.schedule);
}

std::string memory_text(const Plan& plan) {
  Moment peak = plan.peak_moment();
  std::string out = fmt::format("{:<24}{:>13}  {}\n", "class", "bytes", "how it was computed");
  for (const PlanRow& row : plan.rows)
    out +=
        fmt::format("{} {:<22}{:>13.0f}  {}\n", (row.moments & static_cast<unsigned>(peak)) != 0 ? '*' : ' ',
                    row.name, row.bytes, row.how);
  return out + fmt::format("{:<24}{:>13.0f}  {}: those with *\n", "peak", plan.peak(), to_string(peak));
}

}  // namespace

std::string plan_text(const Plan& plan, const std::string& text, double limit) {
  const TrainConfig& c = plan.config;
  return run_text(plan, text) + draw_schedule(make_schedule(c, c.steps), c.lr, c.steps) + "\n" +
         memory_text(plan) +
         fmt::format("{:<24}{:>13.0f}  {}\n\n", "limit", limit,
                     plan.peak() <= limit ? "the run fits" : "the run does not fit");
}

std::string probe_text(const Probe& probe) {
  return fmt::format("time       {} in all, {:.0f} tokens/s: {:.4g} ms a step ({} tried)\n",
                     duration(probe.total), probe.tokens, probe.step * 1e3, probe.steps);
}

}  // namespace lexigrad::train
