#include "lexigrad/train/loop/callbacks/picture.h"

#include "lexigrad/train/loop/run_log.h"
#include "lexigrad/train/pictures/svg_plot.h"

namespace lexigrad::train {
namespace {

Panel loss_panel(const std::vector<LogEntry>& log, const std::string& unit,
                 const std::vector<Yardstick>& yardsticks) {
  Panel panel{
      .title = "Loss", .x_label = "step", .y_label = "nats a " + unit, .series = {}, .references = {}};
  Series training{.name = "training", .points = {}}, held_out{.name = "held out", .points = {}};
  for (const LogEntry& entry : log) {
    if (entry.loss) training.points.emplace_back(entry.step, *entry.loss);
    if (entry.validation) held_out.points.emplace_back(entry.step, *entry.validation);
  }
  panel.series = {training, held_out};
  for (const Yardstick& each : yardsticks) panel.references.push_back({each.name, each.loss});
  return panel;
}

Panel cosine_panel(const std::vector<LogEntry>& log) {
  Panel panel{
      .title = "Cosine of two words", .x_label = "step", .y_label = "cosine", .series = {}, .references = {}};
  for (const auto& [pair, first] : log.back().cosines) {
    Series series{.name = pair, .points = {}};
    for (const LogEntry& entry : log)
      if (auto found = entry.cosines.find(pair); found != entry.cosines.end())
        series.points.emplace_back(entry.step, found->second);
    panel.series.push_back(series);
  }
  return panel;
}

}  // namespace

void Picture::after_step(RunState& state) {
  if (state.step() != state.total) return;
  std::vector<LogEntry> log = read_log(log_path_);
  if (log.empty()) return;
  std::vector<Panel> panels{loss_panel(log, unit_, yardsticks_)};
  if (!log.back().cosines.empty()) panels.push_back(cosine_panel(log));
  save_svg_plot(path_, panels);
}

}  // namespace lexigrad::train
