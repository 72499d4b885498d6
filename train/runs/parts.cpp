#include "lexigrad/train/runs/parts.h"

#include <algorithm>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/runs/plan.h"
#include "lexigrad/train/runs/run_folder.h"

namespace lexigrad::train {
namespace {

std::vector<WatchedPair> watched_pairs(const TrainConfig& config, const data::Tokenizer& tokenizer) {
  std::vector<WatchedPair> out;
  for (const std::string& pair : config.watch) {
    size_t colon = pair.find(':');
    out.push_back({pair, tokenizer.id_of(pair.substr(0, colon)), tokenizer.id_of(pair.substr(colon + 1))});
  }
  return out;
}

void check_same_run(const RunParts& run, const Checkpoint& checkpoint) {
  if (checkpoint.text_sum != run.text.sum)
    fail_file("train",
              "This text is not the one that the run was trained on. Hint: put the old text back, or give a "
              "new --out",
              run.config.text);
  TrainConfig begun = parse_config(checkpoint.config, run.file(kCheckpointFile));
  begun = with_values_used(begun, run.loader.size());
  begun.text = run.config.text;  // may have moved
  if (std::string differing = contradictions(run.config, begun); !differing.empty())
    fail_file("train",
              text("The checkpoint was made with other options: ", differing, ". Hint: put them back"),
              run.file(kRunConfig));
}

const TrainConfig& fitting(const TrainConfig& config, const RunText& text,
                           const std::vector<int64_t>& occurrences, int64_t memory) {
  TextSizes sizes = sizes_of(text, occurrences);
  check_plan(plan_of(config, sizes), sizes, memory);
  return config;
}

}  // namespace

RunParts::RunParts(const TrainConfig& options, std::string path, int64_t memory)
    : RunParts(options, std::move(path), read_run_text(options), memory) {}

RunParts::RunParts(const TrainConfig& options, std::string path, RunText read, int64_t memory)
    : config(options),
      folder(std::move(path)),
      text(std::move(read)),
      occurrences(text.occurrences()),
      loader(make_training_loader(config, text.training)),
      model(make_model(fitting(config, text, occurrences, memory), text.tokenizer->vocabulary_size(),
                       occurrences)),
      optimizer(make_optimizer(config, model)),
      loss([this](const Tensor& inputs, const Tensor& targets) { return model.loss(inputs, targets); }),
      numerics{.token_text = [this](int64_t id) { return text.tokenizer->token_text(id); }},
      total(with_values_used(config, loader.size()).steps),
      trainer(loss, *optimizer, loader,
              {.check_numerics = config.check_numerics,
               .numerics = numerics,
               .accumulate = config.accumulate,
               .clip_value = config.clip_value,
               .clip_norm = config.clip_norm,
               .schedule = make_schedule(config, total)}) {
  config = with_values_used(config, loader.size());
  if (text.held_out.size() > config.context) held_out.emplace(make_held_out_loader(config, text.held_out));
  if (config.ema > 0) average = optim::WeightAverage::ema(model.parameters(), config.ema);
  watched = watched_pairs(config, *text.tokenizer);
}

Tensor RunParts::table() const {
  Tensor table = model.token().weight();
  if (!average || average->updates() == 0) return table;
  const auto& all = average->parameters();
  auto at = std::find_if(all.begin(), all.end(), [&](const Tensor& p) { return p.id() == table.id(); });
  return average->average(static_cast<size_t>(at - all.begin()));
}

std::string RunParts::file(const char* name) const { return path_in(folder, name); }

Checkpoint RunParts::load() {
  Checkpoint found = load_checkpoint(
      folder, model, *optimizer, [this](const Checkpoint& c) { check_same_run(*this, c); },
      average ? &*average : nullptr);
  loader.set_order(found.order);
  trainer.restore(found.position, found.since_log);
  return found;
}

}  // namespace lexigrad::train
