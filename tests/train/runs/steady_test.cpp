// A long run takes the memory and the time of a short one: 1,000,000 steps under script/torture.
#include "lexigrad/autograd/base/memory/address_sanitizer.h"
#include "support/child.h"
#include "support/torture.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;

namespace {

struct Point {
  int64_t step;
  double seconds, resident;  // since the start, bytes
};

int64_t last_step(const std::string& log) {
  auto entries = train::read_log(log);
  return entries.empty() ? 0 : entries.back().step;
}

// Ten points of a run of the command, each in the middle of a tenth of the steps.
std::vector<Point> watched(const Words& arguments, const std::string& run, int64_t steps) {
  std::vector<Point> points;
  Child child(arguments);
  const double start = clock_seconds();
  for (int64_t tenth = 1; tenth <= 10 && child.running();) {
    std::this_thread::sleep_for(std::chrono::milliseconds(tried(5, 200)));
    const int64_t step = last_step(run + "/log.jsonl"), resident = child.resident_bytes();
    if (20 * step < (2 * tenth - 1) * steps || resident == 0) continue;
    points.push_back({step, clock_seconds() - start, static_cast<double>(resident)});
    tenth = (20 * step + steps) / (2 * steps) + 1;
  }
  REQUIRE(child.exit() == 0);
  return points;
}

}  // namespace

TEST_CASE("memory and rate of a long run are flat", "[steady]") {
  Folder folder;
  const std::string text = folder / "text.txt", run = folder / "run";
  spill(text, random_text(200, 4000));
  const int64_t steps = tried(20'000, 1'000'000);
  auto points = watched({"train", text, "--out", run, "--dim", "8", "--context", "8", "--batch", "2",
                         "--steps", lexigrad::text(steps), "--validation", "0", "--threads", "1"},
                        run, steps);
  REQUIRE(points.size() >= 3);
  if (is_torture()) std::printf("%10s %9s %9s %9s\n", "step", "seconds", "steps/s", "MiB");
  Point before{0, 0, 0};
  for (const Point& p : points) {
    if (is_torture())
      std::printf("%10lld %9.1f %9.0f %9.1f\n", static_cast<long long>(p.step), p.seconds,
                  static_cast<double>(p.step - before.step) / (p.seconds - before.seconds),
                  p.resident / 0x1p20);
    before = p;
  }
#if !LEXIGRAD_ADDRESS_SANITIZER  // which keeps what is released for a while
  CHECK(points.back().resident < points[1].resident + 0x1p20);
#endif
}
