// What the workloads share: clocks and medians.
#pragma once
#include <algorithm>
#include <chrono>
#include <vector>

namespace bench {

template <class F>
double seconds(const F& f) {
  auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Median seconds of f over `repeats` calls after one that is not counted; `before` runs untimed before each.
template <class F, class Before>
double timed(int repeats, const F& f, const Before& before) {
  std::vector<double> taken;
  for (int i = 0; i <= repeats; ++i) {
    before();
    taken.push_back(seconds(f));
  }
  taken.erase(taken.begin());
  return median(taken);
}
template <class F>
double timed(int repeats, const F& f) {
  return timed(repeats, f, [] {});
}

/// Median seconds of a step.
double gpt2_step(int steps);
// Workloads of the other files; each prints one JSON line.
void attention(int repeats);
void generate(int repeats);
void elementwise(int repeats);
void products(int repeats);

}  // namespace bench
