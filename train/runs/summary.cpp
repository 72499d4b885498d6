#include "lexigrad/train/runs/summary.h"

#include <fmt/format.h>

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

// "below 5.1 by unigram counts, ..." but for chance.
std::string beside(double loss, const std::vector<Yardstick>& yardsticks) {
  std::string out;
  for (size_t i = 1; i < yardsticks.size(); ++i)
    out += fmt::format("{}{} {:.4f} by {}", out.empty() ? "" : ", ",
                       loss < yardsticks[i].loss ? "below" : "above", yardsticks[i].loss, yardsticks[i].name);
  return out;
}

}  // namespace

Yardsticks::Yardsticks(const Objective& objective) {
  for (const HeldOut& part : objective.held_out()) {
    const Yardstick chance = objective.chance();
    std::vector<Yardstick> own{{text("chance (", chance.name, ")"), chance.loss}};
    for (Yardstick& one : objective.yardsticks(each.size())) own.push_back(std::move(one));
    each.push_back(std::move(own));
    if (all.empty())
      for (const Yardstick& one : each.front()) all.push_back({one.name, 0});
    for (size_t i = 0; i < all.size(); ++i) all[i].loss += part.share * each.back()[i].loss;
  }
}

void Summary::begin(RunState& state) {
  out_ << fmt::format("text    {}: {} tokens for training, {} held out; vocabulary {} ({})\n",
                      shown_paths(run_.config), run_.text.training(), run_.text.held_out(),
                      run_.text.tokenizer->vocabulary_size(), run_.text.tokenizer->kind());
  out_ << fmt::format("model   {} parameters, {}; {} steps of {} {}s, {} threads, {}\n",
                      run_.objective->model().num_parameters(), run_.objective->described(), state.total,
                      run_.config.batch * run_.config.accumulate, run_.objective->sample_name(),
                      num_threads(), machine_name());
  out_ << mix();
  if (yardsticks_.all.empty()) {
    out_ << "held out nothing: the share of --validation is too small for it\n";
  } else {
    std::string all;
    for (const Yardstick& each : yardsticks_.all)
      all += fmt::format("{}{:.4f}{} by {}", all.empty() ? "" : ", ", each.loss,
                         all.empty() ? " nats a held-out " + run_.objective->unit() : "", each.name);
    out_ << "to beat " << all << "\n";
  }
  out_ << std::flush;
  if (state.step() > 0) out_ << "resuming at step " << state.step() << "\n";
}

std::string Summary::mix() const {
  const data::MixedParts* mixed = run_.objective->sampler().mixed();
  std::string out;
  for (size_t i = 0; mixed && i < mixed->sizes.size(); ++i)
    out += line_of(run_.text.corpora[i], mixed->mix.share(static_cast<int64_t>(i))) +
           fmt::format("{} windows, {} tokens held out\n", mixed->sizes[i],
                       run_.text.corpora[i].held_out.size());
  return out;
}

std::string Summary::mix_gone_through(const Position& at) const {
  const data::BatchSampler& sampler = run_.objective->sampler();
  if (!sampler.mixed()) return {};
  const std::vector<double> passes = sampler.passes(at.epoch, at.batch);
  const std::vector<HeldOut>& parts = run_.objective->held_out();
  std::string out;
  size_t part = 0;
  for (size_t i = 0; i < passes.size(); ++i) {
    out += line_of(run_.text.corpora[i], sampler.mixed()->mix.share(static_cast<int64_t>(i))) +
           fmt::format("gone through {:.2f} times", passes[i]);
    if (part < parts.size() && parts[part].corpus == i) {
      out += fmt::format(", held-out loss {:.4f}: ", held_out_->last(part)) +
             beside(held_out_->last(part), yardsticks_.each[part]);
      ++part;
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
    out_ << fmt::format("\nheld-out loss {:.4f} nats a {}: {}\n", held_out_->last(), run_.objective->unit(),
                        beside(held_out_->last(), yardsticks_.all));
  out_ << mix_gone_through(state.trainer.position());
  out_ << worse_than_chance(state.loss);
}

std::string Summary::worse_than_chance(double training) const {
  const Yardstick chance = run_.objective->chance();
  const bool comparable = run_.objective->trains_held_out_loss();
  bool worse = held_out_ ? !(held_out_->last() <= chance.loss) : comparable && !(training <= chance.loss);
  if (!worse) return {};
  if (held_out_ && comparable && training < yardsticks_.all.back().loss)
    return text("warning: held-out text is predicted worse than by ", yardsticks_.all.front().name,
                ": the run knows its own text by heart. Hint: fewer --epochs, or more text\n");
  return text("warning: the loss is above that of chance, ", chance.name, " = ",
              fmt::format("{:.4f}", chance.loss),
              ": the run has learnt nothing, or diverged. Hint: a smaller --lr (it was ", run_.config.lr,
              "), --clip-norm 1, or more --steps\n");
}

}  // namespace lexigrad::train
