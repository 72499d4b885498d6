#include "lexigrad/train/runs/plan/changes.h"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <type_traits>

namespace lexigrad::train {
namespace {

// Goes one step further with an option: the flags as they are then; empty where there is none.
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

bool attends(const TrainConfig& config) { return nn::encoders().at(config.encoder).attends; }

std::string recomputing(TrainConfig& config) {
  if (!attends(config) || config.recompute) return {};
  config.recompute = true;
  return "--recompute";
}

std::string fewer_layers(TrainConfig& config) {
  auto& layers = std::get<int64_t>(config.options.at("layers"));
  if (!attends(config) || layers < 2) return {};
  layers /= 2;
  return text("--layers ", layers);
}

std::string narrower(TrainConfig& config) {
  int64_t heads = attends(config) ? config.options.get<int64_t>("heads") : 1;
  if (config.dim / 2 < heads || config.dim / 2 % heads != 0) return {};
  config.dim /= 2;
  return text("--dim ", config.dim);
}

std::string in_more_parts(TrainConfig& config) {
  if (config.batch < 2) return {};
  config.batch /= 2;
  config.accumulate *= 2;
  return text("--batch ", config.batch, " --accumulate ", config.accumulate);
}

int64_t bytes_of_number(const std::string& dtype) {
  for (Dtype each : {bfloat16, float32})
    if (dtype == name(each)) return item_size(each);
  return item_size(float64);
}

// The dtype of those that the option allows whose numbers are the next smaller ones.
std::string smaller_numbers(TrainConfig& config) {
  std::vector<std::string> dtypes;
  TrainConfig::fields(config, [&](const std::string& flag, const auto&, const auto& limits, const char*) {
    if constexpr (std::is_same_v<std::decay_t<decltype(limits)>, std::vector<std::string>>)
      if (flag == "dtype") dtypes = limits;
  });
  std::erase_if(dtypes, [&](auto& each) { return bytes_of_number(each) >= bytes_of_number(config.dtype); });
  auto next = std::max_element(dtypes.begin(), dtypes.end(),
                               [](auto& a, auto& b) { return bytes_of_number(a) < bytes_of_number(b); });
  if (next == dtypes.end()) return {};
  config.dtype = *next;
  return "--dtype " + config.dtype;
}

// What changes a run most comes first. Each can be made again and again.
std::vector<Change> changes_together() {
  return {narrower,
          fewer_layers,
          halved("context", &TrainConfig::context, 1),
          set("optimizer", &TrainConfig::optimizer, "sgd"),
          smaller_numbers,
          set("rows", &TrainConfig::rows, "lazy"),
          in_more_parts,
          recomputing};
}

std::vector<Change> single_changes() {
  return {recomputing,
          halved("batch", &TrainConfig::batch, 1),
          halved("context", &TrainConfig::context, 1),
          set("rows", &TrainConfig::rows, "lazy"),
          set("optimizer", &TrainConfig::optimizer, "sgd"),
          smaller_numbers,
          fewer_layers,
          narrower};
}

// Goes one step further where the options allow it together.
std::string changed(const Change& change, TrainConfig& config) {
  TrainConfig next = config;
  std::string flags = change(next);
  if (flags.empty()) return {};
  try {
    next.check();
  } catch (const std::invalid_argument&) { return {}; }
  config = std::move(next);
  return flags;
}

// Finds changes that change least.
class Search {
 public:
  Search(const TrainConfig& config, const TextSizes& text, double limit)
      : config_(config), text_(text), limit_(limit), flags_(changes_.size()) {}

  std::optional<PlanChange> least_change() {
    if (least_peak(config_, 0) > limit_) return std::nullopt;
    for (size_t i = 0; i < changes_.size(); ++i)
      while (least_peak(config_, i + 1) > limit_) flags_[i] = changed(changes_[i], config_);
    std::string all;
    for (size_t i = changes_.size(); i-- > 0;)
      if (!flags_[i].empty()) all += (all.empty() ? "" : " ") + flags_[i];
    return PlanChange{all, plan_of(config_, text_).peak()};
  }

 private:
  // The least peak that the changes from `first` on reach. All take less memory the further they go, but lazy rows,
  // whose moments are copied to be saved, and --recompute of few blocks.
  double least_peak(TrainConfig config, size_t first) const {
    if (first == changes_.size()) return plan_of(config, text_).peak();
    TrainConfig before = config;
    while (!changed(changes_[first], config).empty()) continue;
    double peak = least_peak(config, first + 1);
    bool may_take_more = config.rows != before.rows || config.recompute != before.recompute;
    return may_take_more ? std::min(peak, least_peak(before, first + 1)) : peak;
  }

  const std::vector<Change> changes_ = changes_together();
  TrainConfig config_;
  const TextSizes& text_;
  double limit_;
  std::vector<std::string> flags_;  // of each change, as far as it went
};

}  // namespace

TrainConfig fitted(const TrainConfig& config, const TextSizes& text, double limit) {
  TrainConfig out = config;
  bool fits = plan_of(config, text).peak() <= limit || recomputing(out).empty();
  return fits || plan_of(out, text).peak() > limit ? config : out;
}

std::vector<PlanChange> single_changes_that_fit(const TrainConfig& config, const TextSizes& text,
                                                double limit) {
  std::vector<PlanChange> out;
  for (const Change& change : single_changes()) {
    TrainConfig next = config;
    for (std::string flags = changed(change, next); !flags.empty(); flags = changed(change, next)) {
      double peak = plan_of(next, text).peak();
      if (peak > limit) continue;
      out.push_back({flags, peak});
      break;
    }
  }
  return out;
}

std::optional<PlanChange> least_change_that_fits(const TrainConfig& config, const TextSizes& text,
                                                 double limit) {
  return Search(config, text, limit).least_change();
}

}  // namespace lexigrad::train
