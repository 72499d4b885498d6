#include "lexigrad/train/runs/summary.h"

#include <fmt/format.h>

#include <cmath>
#include <ostream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/loop/checkpoint.h"
#include "lexigrad/train/runs/make.h"

namespace lexigrad::train {
namespace {

// How a line on a corpus of a mix begins.
std::string line_of(const Corpus& corpus, double share) {
  return fmt::format("mix     {}, {:.4g} of the windows: ", data::visible(corpus.name), share);
}

}  // namespace

Yardsticks::Yardsticks(const RunParts& run) {
  const int64_t words = run.text.tokenizer->vocabulary_size();
  for (const HeldOut& part : run.held_out) {
    const Corpus& corpus = run.text.corpora[part.corpus];
    each.push_back(entropies(corpus.training, corpus.held_out, words));
    if (!all) all = Entropies{each.back().uniform, 0, 0};
    all->unigram += part.share * each.back().unigram;
    all->bigram += part.share * each.back().bigram;
  }
}

void Summary::begin(RunState& state) {
  out_ << fmt::format("text    {}: {} tokens for training, {} held out; vocabulary {} ({})\n",
                      shown_paths(run_.config), run_.text.training(), run_.text.held_out(),
                      run_.text.tokenizer->vocabulary_size(), run_.text.tokenizer->kind());
  out_ << fmt::format(
      "model   {} parameters, dim {}, context {}, encoder {}, positions {}; {} steps of {} windows, {} "
      "threads, {}\n",
      run_.model.num_parameters(), run_.config.dim, run_.config.context, run_.config.encoder,
      run_.config.positions, state.total, run_.config.batch * run_.config.accumulate, num_threads(),
      machine_name());
  out_ << mix();
  if (!yardsticks_.all)
    out_ << "held out nothing: the share of --validation does not fill one window of --context\n";
  else
    out_ << fmt::format(
        "to beat {:.4f} nats a held-out token by chance (ln V), {:.4f} by unigram counts, {:.4f} by bigram "
        "counts\n",
        yardsticks_.all->uniform, yardsticks_.all->unigram, yardsticks_.all->bigram);
  out_ << std::flush;
  if (state.step() > 0) out_ << "resuming at step " << state.step() << "\n";
}

std::string Summary::mix() const {
  const data::MixedDataset& dataset = run_.loader.dataset();
  std::string out;
  for (size_t i = 0; dataset.mixed_parts() && i < dataset.parts().size(); ++i)
    out += line_of(run_.text.corpora[i], dataset.mixed_parts()->mix.share(static_cast<int64_t>(i))) +
           fmt::format("{} windows, {} tokens held out\n", dataset.parts()[i].size(),
                       run_.text.corpora[i].held_out.size());
  return out;
}

std::string Summary::mix_gone_through(const Position& at) const {
  const data::MixedDataset& dataset = run_.loader.dataset();
  if (!dataset.mixed_parts()) return {};
  const std::vector<double> passes = run_.loader.sampler().passes(at.epoch, at.batch);
  std::string out;
  size_t held_out = 0;
  for (size_t i = 0; i < passes.size(); ++i) {
    out += line_of(run_.text.corpora[i], dataset.mixed_parts()->mix.share(static_cast<int64_t>(i))) +
           fmt::format("gone through {:.2f} times", passes[i]);
    if (held_out < run_.held_out.size() && run_.held_out[held_out].corpus == i) {
      const Entropies& own = yardsticks_.each[held_out];
      out += fmt::format(", held-out loss {:.4f} (unigram {:.4f}, bigram {:.4f})", held_out_->last(held_out),
                         own.unigram, own.bigram);
      ++held_out;
    }
    out += '\n';
  }
  return out;
}

void Summary::audited(RunState&, const Audit& audit) {
  if (!audit.clean()) out_ << "warning: " << to_string(audit) << "\n";
}

void Summary::end(RunState& state) {
  if (held_out_)
    out_ << fmt::format(
        "\nheld-out loss {:.4f} nats a token: {} the unigram's {:.4f}, {} the bigram's {:.4f}\n",
        held_out_->last(), held_out_->last() < yardsticks_.all->unigram ? "below" : "above",
        yardsticks_.all->unigram, held_out_->last() < yardsticks_.all->bigram ? "below" : "above",
        yardsticks_.all->bigram);
  out_ << mix_gone_through(state.trainer.position());
  out_ << worse_than_chance(state.loss);
}

// A training loss is nats a token under softmax alone.
std::string Summary::worse_than_chance(double training) const {
  double chance = std::log(static_cast<double>(run_.text.tokenizer->vocabulary_size()));
  bool comparable = run_.config.loss == TrainConfig{}.loss;
  bool worse = held_out_ ? !(held_out_->last() <= chance) : comparable && !(training <= chance);
  if (!worse) return {};
  if (held_out_ && comparable && training < yardsticks_.all->bigram)
    return "warning: held-out text is predicted worse than by chance (ln V): the run knows its own text by "
           "heart. Hint: fewer --epochs, or more text\n";
  return text("warning: the loss is above that of chance, ln V = ", fmt::format("{:.4f}", chance),
              ": the run has learnt nothing, or diverged. Hint: a smaller --lr (it was ", run_.config.lr,
              "), --clip-norm 1, or more --steps\n");
}

}  // namespace lexigrad::train
