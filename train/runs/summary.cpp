#include "lexigrad/train/runs/summary.h"

#include <fmt/format.h>

#include <cmath>
#include <ostream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/train/loop/checkpoint.h"
#include "lexigrad/train/runs/make.h"

namespace lexigrad::train {

void Summary::begin(RunState& state) {
  out_ << fmt::format("text    {}: {} tokens for training, {} held out; vocabulary {} ({})\n",
                      shown_paths(run_.config), run_.text.training.size(), run_.text.held_out.size(),
                      run_.text.tokenizer->vocabulary_size(), run_.text.tokenizer->kind());
  out_ << fmt::format(
      "model   {} parameters, dim {}, context {}, encoder {}, positions {}; {} steps of {} windows, {} "
      "threads, {}\n",
      run_.model.num_parameters(), run_.config.dim, run_.config.context, run_.config.encoder,
      run_.config.positions, state.total, run_.config.batch * run_.config.accumulate, num_threads(),
      machine_name());
  if (!entropies_)
    out_ << "held out nothing: the share of --validation does not fill one window of --context\n";
  else
    out_ << fmt::format(
        "to beat {:.4f} nats a held-out token by chance (ln V), {:.4f} by unigram counts, {:.4f} by bigram "
        "counts\n",
        entropies_->uniform, entropies_->unigram, entropies_->bigram);
  out_ << std::flush;
  if (state.step() > 0) out_ << "resuming at step " << state.step() << "\n";
}

void Summary::audited(RunState&, const Audit& audit) {
  if (!audit.clean()) out_ << "warning: " << to_string(audit) << "\n";
}

void Summary::end(RunState& state) {
  if (held_out_)
    out_ << fmt::format(
        "\nheld-out loss {:.4f} nats a token: {} the unigram's {:.4f}, {} the bigram's {:.4f}\n",
        held_out_->last(), held_out_->last() < entropies_->unigram ? "below" : "above", entropies_->unigram,
        held_out_->last() < entropies_->bigram ? "below" : "above", entropies_->bigram);
  out_ << worse_than_chance(state.loss);
}

// A training loss is nats a token under softmax alone.
std::string Summary::worse_than_chance(double training) const {
  double chance = std::log(static_cast<double>(run_.text.tokenizer->vocabulary_size()));
  bool comparable = run_.config.loss == TrainConfig{}.loss;
  bool worse = held_out_ ? !(held_out_->last() <= chance) : comparable && !(training <= chance);
  if (!worse) return {};
  if (held_out_ && comparable && training < entropies_->bigram)
    return "warning: held-out text is predicted worse than by chance (ln V): the run knows its own text by "
           "heart. Hint: fewer --epochs, or more text\n";
  return text("warning: the loss is above that of chance, ln V = ", fmt::format("{:.4f}", chance),
              ": the run has learnt nothing, or diverged. Hint: a smaller --lr (it was ", run_.config.lr,
              "), --clip-norm 1, or more --steps\n");
}

}  // namespace lexigrad::train
