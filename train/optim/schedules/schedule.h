// How the learning rate changes over a run: a function of the step alone, so that a resumed run needs
// no state. Schedules nest: warm_up(100, cosine(900)).
#pragma once
#include <cstdint>
#include <functional>

namespace lexigrad::optim {

/// The share of the full learning rate in step 0, 1, ... of a run. An empty one leaves the rate alone.
using Schedule = std::function<double(int64_t step)>;

/// Falls in a straight line from 1 in step 0 to `end` in step `total`, and stays there. Throws unless
/// total >= 0 and 0 <= end <= 1.
Schedule linear(int64_t total, double end = 0);
/// Falls so by half a period of the cosine (Loshchilov and Hutter 2017).
Schedule cosine(int64_t total, double end = 0);
/// Rises over `steps` steps, (step + 1) / (steps + 1), and goes on with step 0 of `then`; with 1 where that
/// is empty. Throws unless steps >= 0.
Schedule warm_up(int64_t steps, Schedule then = {});

}  // namespace lexigrad::optim
