#include "lexigrad/train/runs/plan/probe.h"

#include <chrono>

#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/train/runs/steps.h"

namespace lexigrad::train {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Seconds of one batch of the held-out loss; 0 where nothing is held out.
double held_out_batch(RunParts& run) {
  if (run.objective->held_out().empty()) return 0;
  NoGrad off;
  const std::unique_ptr<Feed> feed = run.objective->held_out_feed(0);
  feed->seek(0, 0);
  run.objective->model().eval();
  auto start = Clock::now();
  feed->loss();
  double seconds = since(start);
  run.objective->model().train();
  return seconds;
}

}  // namespace

Probe probe_of(RunParts& run, double seconds) {
  auto start = Clock::now(), warm = start;
  Probe out;
  int64_t cold_tokens = 0;  // the first step makes what the others find
  do {
    run.trainer.step();
    if (++out.steps == 1) warm = Clock::now(), cold_tokens = run.trainer.position().tokens;
  } while (out.steps < run.total && since(start) < seconds);
  bool one = out.steps == 1;
  double taken = one ? since(start) : since(warm);
  out.step = taken / static_cast<double>(one ? 1 : out.steps - 1);
  out.tokens = static_cast<double>(run.trainer.position().tokens - (one ? 0 : cold_tokens)) / taken;
  int64_t batches = 0;
  for (const HeldOut& each : run.objective->held_out()) batches += each.batches;
  out.total = out.step * static_cast<double>(run.total) +
              held_out_batch(run) * static_cast<double>((kEvaluations + 1) * batches);
  return out;
}

}  // namespace lexigrad::train
