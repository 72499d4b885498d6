// Rows that catch up when they are read, beside dense and lazy ones: lexigrad_late_rows PICTURE.svg [STEPS]. AdamW
// fits a table to noise that changes at each step, rows drawn by Zipf's law; prints time and the largest
// difference from dense rows, and draws how that grows.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "lexigrad/lexigrad.h"
#include "timing.h"

using namespace lexigrad;
using optim::Rows;

namespace {

constexpr int64_t kRows = 20000, kDim = 64, kBatch = 1024;

class Zipf {
 public:
  Zipf() {
    for (int64_t i = 0; i < kRows; ++i)
      below_.push_back((below_.empty() ? 0 : below_.back()) + 1.0 / static_cast<double>(i + 1));
  }
  Tensor ids() const {
    std::vector<int64_t> out;
    for (double u : rand({kBatch}, float64).to_vector<double>())
      out.push_back(std::upper_bound(below_.begin(), below_.end() - 1, u * below_.back()) - below_.begin());
    return tensor(out);
  }

 private:
  std::vector<double> below_;  // weight of the ranks up to each
};

struct Run {
  const char* name;
  nn::Embedding table;
  std::unique_ptr<optim::AdamW> optimizer;
  double seconds = 0;
  train::Series curve;

  Run(const char* title, Rows rows, Dtype dtype) : name(title), table(make(dtype)), curve{title, {}} {
    optimizer = std::make_unique<optim::AdamW>(
        table.parameters(), optim::AdamOptions{.lr = 1e-3, .weight_decay = 0.01, .rows = rows});
  }
  static nn::Embedding make(Dtype dtype) {
    manual_seed(1);
    nn::Embedding out(kRows, kDim);
    if (dtype == float64) out.to(float64);
    return out;
  }
  void step(const Tensor& ids, const Tensor& targets) {
    seconds += bench::seconds([&] {
      optimizer->zero_grad();
      mean(square(table.forward(ids) - targets)).backward();
      optimizer->step();
    });
  }
  void compare(const Tensor& dense, int64_t step) {
    Tensor now = optimizer->caught_up(0);
    double difference = norm(now - dense, INFINITY).item<double>();
    curve.points.emplace_back(static_cast<double>(step), std::log10(std::max(difference, 1e-18)));
  }
};

// Dense rows first, whose end the others are compared with.
train::Panel compare(Dtype dtype, int64_t steps) {
  std::vector<std::unique_ptr<Run>> runs;
  runs.push_back(std::make_unique<Run>("dense", Rows::dense, dtype));
  runs.push_back(std::make_unique<Run>("lazy", Rows::lazy, dtype));
  runs.push_back(std::make_unique<Run>("lazy_exact", Rows::lazy_exact, dtype));
  Zipf zipf;
  manual_seed(7);
  for (int64_t step = 1; step <= steps; ++step) {
    Tensor ids = zipf.ids(), targets = randn({kBatch, kDim}).to(dtype) * 0.1;
    for (size_t i = 0; i < runs.size(); ++i)
      runs[(i + static_cast<size_t>(step)) % runs.size()]->step(ids, targets);
    if (step % std::max<int64_t>(1, steps / 50) == 0)
      for (size_t i = 1; i < runs.size(); ++i) runs[i]->compare(runs[0]->table.weight().detach(), step);
  }
  train::Panel panel{text("AdamW on ", kRows, " x ", kDim, ", ", kBatch, " rows a step by Zipf's law, ",
                          lexigrad::name(dtype)),
                     "step",
                     "log10 of the largest difference from dense rows",
                     {},
                     {}};
  for (const auto& run : runs) {
    std::printf("%-8s %-10s %7.0f us a step, %.2f x lazy", lexigrad::name(dtype), run->name,
                1e6 * run->seconds / static_cast<double>(steps), run->seconds / runs[1]->seconds);
    if (run != runs[0]) {
      std::printf(", largest difference from dense %.2g", std::pow(10, run->curve.points.back().second));
      panel.series.push_back(run->curve);
    }
    std::printf("\n");
  }
  return panel;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: lexigrad_late_rows PICTURE.svg [STEPS]\n");
    return 2;
  }
  int64_t steps = argc > 2 ? std::atoll(argv[2]) : 10000;
  train::save_svg_plot(argv[1], {compare(float64, steps), compare(float32, steps)});
}
