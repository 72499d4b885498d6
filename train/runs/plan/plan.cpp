#include "lexigrad/train/runs/plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/memory/available_memory.h"
#include "lexigrad/data/datasets/next_token.h"
#include "lexigrad/train/runs/plan/changes.h"
#include "lexigrad/train/runs/plan/plan_rows.h"

namespace lexigrad::train {
namespace {

// Batches an epoch.
int64_t batches_of(const TrainConfig& config, const TextSizes& text) {
  return std::max<int64_t>((windows_of(config, text) + config.batch - 1) / config.batch, 1);
}

double bytes_of_reach(const Plan& plan, const PlanRow& row) {
  return (row.moments & static_cast<unsigned>(plan.peak_moment())) != 0 ? row.bytes : 0;
}

// "moments: table 2.00 GiB, ..." for the three largest classes at the peak.
std::string largest_classes(const Plan& plan) {
  std::vector<PlanRow> rows = plan.rows;
  std::stable_sort(rows.begin(), rows.end(), [&](const PlanRow& a, const PlanRow& b) {
    return bytes_of_reach(plan, a) > bytes_of_reach(plan, b);
  });
  std::string out;
  for (size_t i = 0; i < rows.size() && i < 3; ++i)
    out += fmt::format("{}{} {}", i > 0 ? ", " : "", rows[i].name, size_text(bytes_of_reach(plan, rows[i])));
  return out;
}

// What would fit.
std::string advice(const TrainConfig& config, const TextSizes& sizes, double limit) {
  std::optional<PlanChange> least = least_change_that_fits(config, sizes, limit);
  if (!least) return "no change of the options fits; a smaller vocabulary may, as by --min-count";
  std::string alone;
  for (const PlanChange& change : single_changes_that_fit(config, sizes, limit))
    if (change.flags != least->flags)
      alone += fmt::format("{}{} ({})", alone.empty() ? "" : " or ", change.flags, size_text(change.peak));
  return fmt::format("{} would fit ({}){}{}", least->flags, size_text(least->peak),
                     alone.empty() ? "" : "; so would any of these: ", alone);
}

}  // namespace

std::string size_text(double bytes) {
  return bytes < (1 << 30) ? fmt::format("{:.1f} MiB", bytes / (1 << 20))
                           : fmt::format("{:.2f} GiB", bytes / (1 << 30));
}

std::string to_string(Moment moment) {
  switch (moment) {
    case Moment::reading:
      return "while the text is read";
    case Moment::counting:
      return "while pairs are counted";
    case Moment::forward:
      return "in a step's forward pass";
    case Moment::backward:
      return "in a step's backward pass";
    case Moment::update:
      return "while parameters move";
    case Moment::evaluating:
      return "while the held-out loss is taken";
    default:
      return "while a checkpoint is saved";
  }
}

TextSizes sizes_of(const RunText& text, std::vector<int64_t> occurrences) {
  const data::TokenArray& tokens = text.corpora.front().training;
  TextSizes out{.bytes = text.bytes,
                .corpora = {},
                .kept_bytes = text.kept_bytes,
                .width = tokens.bytes() == 0 ? 0 : tokens.width(),
                .occurrences = std::move(occurrences)};
  for (const Corpus& each : text.corpora) {
    out.corpora.push_back({each.training.size(), each.held_out.size(), each.training_ends});
    out.sentences += static_cast<int64_t>(each.training_ends.size() + each.held_out_ends.size());
  }
  return out;
}

int64_t TextSizes::training() const {
  return std::accumulate(corpora.begin(), corpora.end(), int64_t{0},
                         [](int64_t sum, const Part& each) { return sum + each.training; });
}

int64_t TextSizes::held_out() const {
  return std::accumulate(corpora.begin(), corpora.end(), int64_t{0},
                         [](int64_t sum, const Part& each) { return sum + each.held_out; });
}

int64_t windows_of(const TrainConfig& config, const TextSizes& text) {
  if (objectives().at(config.objective).sentences)
    return (text.training() + config.context - 1) / config.context;
  int64_t windows = 0;
  for (const TextSizes::Part& each : text.corpora)
    windows += data::NextTokenDataset::windows_in(
        each.training,
        {.max_length = config.context, .stride = config.stride, .document_ends = each.training_ends});
  return windows;
}

double Plan::bytes_in(Moment moment) const {
  double sum = 0;
  for (const PlanRow& row : rows)
    if ((row.moments & static_cast<unsigned>(moment)) != 0) sum += row.bytes;
  return sum;
}

Moment Plan::peak_moment() const {
  return *std::max_element(std::begin(kMoments), std::end(kMoments),
                           [this](Moment a, Moment b) { return bytes_in(a) < bytes_in(b); });
}

double Plan::bytes_of(const std::string& name) const {
  double sum = 0;
  for (const PlanRow& row : rows)
    if (row.name.starts_with(name)) sum += row.bytes;
  return sum;
}

Plan plan_of(const TrainConfig& config, const TextSizes& text) {
  Plan out;
  out.vocabulary = static_cast<int64_t>(text.occurrences.size());
  out.training = text.training();
  out.held_out = text.held_out();
  out.epoch = batches_of(config, text);
  out.config = with_values_used(config, out.epoch);
  out.rows = plan_rows(out.config, text);
  Plan numbers;
  TrainConfig wide = out.config;
  wide.dtype = "float32";
  numbers.rows = plan_rows(wide, text);
  out.parameters = numbers.bytes_of("parameters") / sizeof(float);
  return out;
}

double memory_limit(const Plan& plan, int64_t given) {
  if (given > 0) return static_cast<double>(given);
  return static_cast<double>(available_memory()) + plan.bytes_of("program") + plan.bytes_of("words") +
         plan.bytes_of("tokens");
}

void check_plan(const TrainConfig& config, const TextSizes& sizes, double limit) {
  const Plan plan = plan_of(config, sizes);
  if (plan.peak() <= limit) return;
  const TrainConfig& c = plan.config;
  bool attends = nn::encoders().at(c.encoder).attends;
  fail_memory(
      "memory",
      fmt::format(
          "A vocabulary of {} with --dim {}, --batch {}, --context {}{} takes {} {}, {} are there: {}. Hint: {}",
          plan.vocabulary, c.dim, c.batch, c.context,
          attends ? fmt::format(", --layers {}", c.options.get<int64_t>("layers")) : "",
          size_text(plan.peak()), to_string(plan.peak_moment()), size_text(limit), largest_classes(plan),
          advice(config, sizes, limit)));
}

}  // namespace lexigrad::train
