#include "lexigrad/train/runs/summary.h"

#include <fmt/format.h>

#include <ostream>

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/train/loop/checkpoint.h"
#include "lexigrad/train/runs/make.h"

namespace lexigrad::train {

void Summary::begin(RunState& state) {
  out_ << fmt::format("text    {}: {} tokens for training, {} held out; vocabulary {} ({})\n",
                      fmt::join(text_paths(run_.config), ", "), run_.text.training.size(),
                      run_.text.held_out.size(), run_.text.tokenizer->vocabulary_size(),
                      run_.text.tokenizer->kind());
  out_ << fmt::format(
      "model   {} parameters, dim {}, context {}, encoder {}, positions {}; {} steps of {} windows, {} "
      "threads, {}\n",
      run_.model.num_parameters(), run_.config.dim, run_.config.context, run_.config.encoder,
      run_.config.positions, state.total, run_.config.batch, num_threads(), machine_name());
  if (!entropies_)
    out_ << "held out nothing: the share of --validation does not fill one window of --context\n";
  else
    out_ << fmt::format(
        "to beat {:.4f} nats a held-out token by chance (ln V), {:.4f} by unigram counts, {:.4f} by bigram "
        "counts\n",
        entropies_->uniform, entropies_->unigram, entropies_->bigram);
  if (state.step() > 0) out_ << "resuming at step " << state.step() << "\n";
}

void Summary::audited(RunState&, const Audit& audit) {
  if (!audit.clean()) out_ << "warning: " << to_string(audit) << "\n";
}

void Summary::end(RunState&) {
  if (!held_out_) return;
  double loss = held_out_->last();
  out_ << fmt::format(
      "\nheld-out loss {:.4f} nats a token: {} the unigram's {:.4f}, {} the bigram's {:.4f}\n", loss,
      loss < entropies_->unigram ? "below" : "above", entropies_->unigram,
      loss < entropies_->bigram ? "below" : "above", entropies_->bigram);
}

}  // namespace lexigrad::train
