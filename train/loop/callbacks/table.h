// What a table on disk does beside the steps: it moves, and it is saved with the rest.
#pragma once
#include <cstdint>
#include <utility>

#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/optim/schedules/schedule.h"
#include "lexigrad/train/tables/paged_table.h"

namespace lexigrad::train {

/// Moves the table by the gradients of each step, at `lr` times the schedule and what Trainer::set_lr_factor()
/// says; before callbacks that read it.
class StepTable final : public Callback {
 public:
  StepTable(PagedTable& table, double lr, optim::Schedule schedule)
      : table_(table), lr_(lr), schedule_(std::move(schedule)) {}
  void after_step(RunState& state) override {
    double share = schedule_ ? schedule_(state.step() - 1) : 1;
    table_.step(lr_ * share * state.trainer.lr_factor());
  }

 private:
  PagedTable& table_;
  double lr_;
  optim::Schedule schedule_;
};

/// Commits the table right before Save, of the same interval, writes its checkpoint. The last commit has the
/// whole table in one file.
class CommitTable final : public Callback {
 public:
  CommitTable(PagedTable& table, int64_t interval) : table_(table), interval_(interval) {}
  void after_step(RunState& state) override {
    if (state.step() == state.total) table_.settle();
    if (state.due(interval_) || state.stop) table_.commit(state.step());
  }

 private:
  PagedTable& table_;
  int64_t interval_;
};

}  // namespace lexigrad::train
