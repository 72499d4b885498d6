// A schedule in a terminal: the learning rate over a run.
#pragma once
#include <cstdint>
#include <string>

#include "lexigrad/train/optim/schedules/schedule.h"

namespace lexigrad::train {

/// The rates lr * schedule(step) of a run of `total` steps as a curve of `rows` lines in dots of braille, from 0
/// at the bottom to the largest at the top, and below it the rates of the first step, of the largest and of
/// the last. No line has more than `columns` characters. Runs of more than 100,000 steps are drawn by so
/// many of them, evenly chosen; steps whose rate is not finite have no dot. Throws unless total and rows >= 1
/// and columns >= 40.
std::string draw_schedule(const optim::Schedule& schedule, double lr, int64_t total, int64_t columns = 72,
                          int64_t rows = 8);

}  // namespace lexigrad::train
