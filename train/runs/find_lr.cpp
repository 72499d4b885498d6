#include "lexigrad/train/runs/find_lr.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/loop/callbacks/waiting.h"
#include "lexigrad/train/loop/rate_finder.h"
#include "lexigrad/train/pictures/svg_plot.h"
#include "lexigrad/train/pictures/terminal_plot.h"
#include "lexigrad/train/runs/parts.h"
#include "lexigrad/train/runs/run_folder.h"

namespace lexigrad::train {
namespace {

constexpr int64_t kSteps = 200, kColumns = 72, kRows = 10;

// The least and the most that is shown: what diverges leaves the picture.
std::pair<double, double> shown_range(const RateCurve& curve) {
  double low = curve.smoothed[curve.lowest()], first = curve.smoothed.front();
  return {low, low + std::max(1.3 * (first - low), 1e-3 * std::abs(first))};
}

std::string curve_text(const RateCurve& curve) {
  auto [low, high] = shown_range(curve);
  return "loss over the learning rate\n" +
         terminal_plot(
             curve.smoothed, low, high, {fmt::format("{:.3f}", low), fmt::format("{:.3f}", high)},
             {fmt::format("{:.1e}", curve.rates.front()), fmt::format("{:.1e}", curve.rates.back())},
             kColumns, kRows);
}

std::string advice(const RateCurve& curve) {
  if (!curve.falls()) return "No rate lowers the loss. Hint: more --steps, or a larger --batch\n";
  double lowest = curve.rates[curve.lowest()], steepest = curve.rates[curve.steepest()];
  return fmt::format(
      "{}the loss is lowest, {:.4f}, at {:.2g} and falls fastest at {:.2g}\n"
      "Try  --lr {:.2g} (where it falls fastest)  or  --lr {:.2g} (a tenth of where it is lowest)\n",
      curve.diverged ? fmt::format("diverged at {:.2g}; ", curve.rates.back()) : "",
      curve.smoothed[curve.lowest()], lowest, steepest, steepest, lowest / 10);
}

std::string table_text(const RateCurve& curve) {
  std::string out = "rate\tloss\tsmoothed\n";
  for (size_t i = 0; i < curve.rates.size(); ++i)
    out += text(curve.rates[i], '\t', curve.losses[i], '\t', curve.smoothed[i], '\n');
  return out;
}

void save_picture(const RateCurve& curve, const std::string& path) {
  Series losses{.name = "loss", .points = {}}, smoothed{.name = "smoothed", .points = {}};
  const double most = shown_range(curve).second;
  for (size_t i = 0; i < curve.rates.size(); ++i) {
    double x = std::log10(curve.rates[i]);
    if (curve.losses[i] <= most) losses.points.emplace_back(x, curve.losses[i]);
    if (curve.smoothed[i] <= most) smoothed.points.emplace_back(x, curve.smoothed[i]);
  }
  save_svg_plot(path, {{.title = "Loss over the learning rate",
                        .x_label = "learning rate, log10",
                        .y_label = "nats a token",
                        .series = {losses, smoothed},
                        .references = {}}});
}

}  // namespace

void find_lr(const TrainConfig& config, std::ostream& out, std::ostream& progress, const std::string& folder,
             int64_t memory) {
  check(
      config.ngram_memory == 0, "train",
      "--find-lr takes a model that is then gone, --ngram-memory a file. Hint: leave --ngram-memory out for this");
  config.check();
  if (config.threads > 0) set_num_threads(static_cast<int>(config.threads));
  TrainConfig plain = config;
  plain.schedule = TrainConfig{}.schedule;
  plain.options.set("warmup", int64_t{0});
  RateFinderOptions options{.steps = config.steps > 0 ? config.steps : kSteps};
  RateCurve curve;
  {
    Waiting waiting(progress, "trying learning rates on " + shown_paths(config));
    RunParts run(plain, "", memory);
    curve = find_rates(run.trainer, options);
  }
  out << curve_text(curve) << advice(curve);
  if (folder.empty()) return;
  make_run_folder(folder);
  write_file_atomically(path_in(folder, kRatesTable), table_text(curve));
  save_picture(curve, path_in(folder, kRatesPicture));
  out << "In " << data::visible(folder) << ": " << kRatesPicture << " (the picture), " << kRatesTable << "\n";
}

}  // namespace lexigrad::train
