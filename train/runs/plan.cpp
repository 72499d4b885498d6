#include "lexigrad/train/runs/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/memory/available_memory.h"
#include "lexigrad/train/runs/plan_rows.h"

namespace lexigrad::train {
namespace {

// Batches an epoch.
int64_t batches_of(const TrainConfig& config, int64_t tokens) {
  int64_t windows =
      data::NextTokenDataset::windows_in(tokens, {.max_length = config.context, .stride = config.stride});
  return std::max<int64_t>((windows + config.batch - 1) / config.batch, 1);
}

std::string gib(double bytes) {
  return bytes < (1 << 30) ? fmt::format("{:.1f} MiB", bytes / (1 << 20))
                           : fmt::format("{:.2f} GiB", bytes / (1 << 30));
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
    out += fmt::format("{}{} {}", i > 0 ? ", " : "", rows[i].name, gib(bytes_of_reach(plan, rows[i])));
  return out;
}

// The option as it is set in `config`.
using Change = std::function<std::string(TrainConfig& config)>;

Change halved(const char* flag, int64_t TrainConfig::*member, int64_t least) {
  return [=](TrainConfig& config) {
    if (config.*member / 2 < least) return std::string();
    config.*member /= 2;
    return text("--", flag, ' ', config.*member);
  };
}
Change set(const char* flag, std::string TrainConfig::*member, const std::string& value) {
  return [=](TrainConfig& config) {
    if (config.*member == value) return std::string();
    config.*member = value;
    return text("--", flag, ' ', value);
  };
}
Change fewer_layers() {
  return [](TrainConfig& config) {
    auto& layers = std::get<int64_t>(config.options.at("layers"));
    if (!nn::encoders().at(config.encoder).attends || layers < 2) return std::string();
    layers /= 2;
    return text("--layers ", layers);
  };
}

// Each is applied again and again until the run fits or nothing is left to change.
std::vector<Change> single_changes(const TrainConfig& config) {
  int64_t heads = nn::encoders().at(config.encoder).attends ? config.options.get<int64_t>("heads") : 1;
  Change dim = halved("dim", &TrainConfig::dim, heads), rows = set("rows", &TrainConfig::rows, "lazy");
  return {halved("batch", &TrainConfig::batch, 1),
          halved("context", &TrainConfig::context, 1),
          rows,
          set("optimizer", &TrainConfig::optimizer, "sgd"),
          set("dtype", &TrainConfig::dtype, "float32"),
          fewer_layers(),
          [dim, heads](TrainConfig& c) { return c.dim / 2 % heads == 0 ? dim(c) : std::string(); }};
}

}  // namespace

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
  return {.bytes = text.bytes,
          .training = text.training.size(),
          .held_out = text.held_out.size(),
          .width = text.training.width(),
          .occurrences = std::move(occurrences)};
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
  out.training = text.training;
  out.held_out = text.held_out;
  out.epoch = batches_of(config, text.training);
  out.config = with_values_used(config, out.epoch);
  out.rows = plan_rows(out.config, text);
  out.parameters = out.bytes_of("parameters") / (config.dtype == "float64" ? 8 : 4);
  return out;
}

std::vector<PlanChange> changes_that_fit(const TrainConfig& config, const TextSizes& text, double limit) {
  std::vector<PlanChange> out;
  for (const Change& change : single_changes(config)) {
    TrainConfig changed = config;
    for (std::string flag = change(changed); !flag.empty(); flag = change(changed)) {
      double peak = plan_of(changed, text).peak();
      if (peak > limit) continue;
      out.push_back({flag, peak});
      break;
    }
  }
  return out;
}

double memory_limit(const Plan& plan, int64_t given) {
  if (given > 0) return static_cast<double>(given);
  return static_cast<double>(available_memory()) + plan.bytes_of("program") + plan.bytes_of("words") +
         plan.bytes_of("tokens");
}

void check_plan(const Plan& plan, const TextSizes& sizes, int64_t given) {
  double limit = memory_limit(plan, given);
  if (plan.peak() <= limit) return;
  const TrainConfig& c = plan.config;
  std::string fit;
  for (const PlanChange& change : changes_that_fit(c, sizes, limit))
    fit += fmt::format("{}{} ({})", fit.empty() ? "" : " or ", change.flag, gib(change.peak));
  bool attends = nn::encoders().at(c.encoder).attends;
  fail_memory(
      "memory",
      fmt::format(
          "A vocabulary of {} with --dim {}, --batch {}, --context {}{} takes {} {}, {} are there: {}. Hint: {}",
          plan.vocabulary, c.dim, c.batch, c.context,
          attends ? fmt::format(", --layers {}", c.options.get<int64_t>("layers")) : "", gib(plan.peak()),
          to_string(plan.peak_moment()), gib(limit), largest_classes(plan),
          fit.empty()
              ? "no single change of --batch, --context, --rows, --optimizer or --dim fits; change several"
              : "any of these would fit: " + fit));
}

}  // namespace lexigrad::train
