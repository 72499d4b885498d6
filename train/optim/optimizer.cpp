#include "lexigrad/train/optim/optimizer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/autograd/tensor/dtype.h"
#include "lexigrad/autograd/tensor/generator.h"
#include "lexigrad/nn/parameter_lists.h"
#include "lexigrad/train/optim/row_rules.h"

namespace lexigrad::optim {
namespace {

// Rules are the user's to change between steps.
void check_rules(const std::string& kind, const nn::ParameterRef& p, const std::string& name) {
  if (!p.rules) return;
  check(p.constant_row() >= -1 && p.constant_row() < rows_of(p), kind, "Constant row ", p.constant_row(),
        " is outside parameter \"", name, "\" (valid are -1..", rows_of(p) - 1, ")");
  const Tensor& rates = p.rules->rates;
  bool fit = !rates.defined() ||
             (rates.shape() == Shape{rows_of(p)} && rates.dtype() == float64 && rates.is_contiguous());
  check(fit, kind, "Row rates ", fit ? "" : text(lexigrad::name(rates.dtype()), " ", rates.shape()),
        " do not fit the ", rows_of(p), " rows of parameter \"", name, "\" (valid: one float64 for each)");
}

void check_parameter(const std::string& kind, const nn::ParameterRef& p, const std::string& name) {
  check(p.defined(), kind, "Parameter \"", name, "\" is an undefined tensor");
  check(is_floating(arithmetic_dtype(p.dtype())), kind, "Parameter \"", name, "\" is ",
        lexigrad::name(p.dtype()), " (valid are float32, float64 and bfloat16)");
  check(p.is_leaf(), kind, "Parameter \"", name,
        "\" is the result of an op and not a leaf. Hint: detach() it and requires_grad_() that");
  check(p.is_contiguous(), kind, "Parameter \"", name, "\" of shape ", to_string(p.shape()),
        " is a view that is not contiguous. Hint: optimize the tensor that it views");
  check_rules(kind, p, name);
}

template <class T>
bool blank(const T* row, int64_t dim) {
  return std::all_of(row, row + dim, [](T value) { return value == 0 && !std::signbit(value); });
}

// Rows that are zeros in every slot are left out.
Slots loaded_slots(const Tensor& parameter, const SlotKinds& kinds, const std::vector<Tensor>& sources) {
  int64_t rows = rows_of(parameter);
  Dtype dtype = arithmetic_dtype(parameter.dtype());
  return dispatch_floating("load_state", dtype, [&]<class T>(T) {
    auto width = [&](const Tensor& from) { return from.numel() / rows; };
    auto is_blank = [&](int64_t row) {
      return std::all_of(sources.begin(), sources.end(), [&](const Tensor& from) {
        return blank(from.data<T>() + row * width(from), width(from));
      });
    };
    Slots out(parameter.shape(), dtype, kinds, true);
    bool sparse = false;
    for (int64_t row = 0; row < rows && out.is_sparse() && !sparse; ++row) sparse = is_blank(row);
    if (!sparse) {
      for (size_t s = 0; s < sources.size(); ++s) out.tensor(s).copy_(sources[s]);
      return out;
    }
    for (int64_t row = 0; row < rows; ++row) {
      if (is_blank(row)) continue;
      out.add({&row, 1}, -1);
      for (size_t s = 0; s < sources.size(); ++s)
        std::copy_n(sources[s].data<T>() + row * width(sources[s]), width(sources[s]), out.of_row<T>(row)[s]);
    }
    return out;
  });
}

// Exchanges their bytes: handles and versions stay.
void exchange(const Tensor& a, const Tensor& b) {
  dispatch_stored(a.dtype(),
                  [&]<class T>(T) { std::swap_ranges(a.data<T>(), a.data<T>() + a.numel(), b.data<T>()); });
}

// Rows of rate 0 and the constant row take no steps, so they are never behind.
bool moves(const nn::ParameterRef& parameter, int64_t row) {
  return !parameter.rules || parameter.rules->rate(row) != 0;
}

}  // namespace

const std::vector<std::string>& row_modes() {
  return lexigrad::detail::made_once([] { return std::vector<std::string>{"dense", "lazy", "lazy_exact"}; });
}

Rows rows_by_name(const std::string& name) {
  const std::vector<std::string>& all = row_modes();
  auto found = std::find(all.begin(), all.end(), name);
  check(found != all.end(), "optimizer", "There are no rows \"", name,
        "\" (valid are dense, lazy and lazy_exact)");
  return static_cast<Rows>(found - all.begin());
}

Optimizer::Optimizer(std::string kind, const ParameterGroups& groups, const StepOptions& options,
                     const std::vector<std::string>& no_decay, SlotKinds slots)
    : kind_(std::move(kind)),
      full_lr_(options.lr),
      rounding_seed_(default_generator().seed()),
      slots_(std::move(slots)) {
  set_lr(options.lr);
  check_option("weight_decay", options.weight_decay, 0, std::numeric_limits<double>::infinity());
  for (const ParameterGroup& group : groups) add(group, options);
  check(!parameters_.empty(), kind_, "There are no parameters. Hint: pass model.parameters()");
  leave_out(no_decay);
  memory_.resize(parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i)
    if (options_[i].rows == Rows::lazy_exact)
      readers_.emplace_back(parameters_[i], [this, i](const Tensor& ids) { read(i, ids); });
}

Optimizer::~Optimizer() = default;

void Optimizer::add(const ParameterGroup& group, const StepOptions& standard) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  StepOptions own{group.lr.value_or(standard.lr), group.weight_decay.value_or(standard.weight_decay),
                  group.rows.value_or(standard.rows)};
  check_option("lr", own.lr, 0, infinity);
  check_option("weight_decay", own.weight_decay, 0, infinity);
  for (const nn::ParameterRef& p : group.parameters) {
    std::string name = p.name;
    if (name.empty() || std::count(names_.begin(), names_.end(), name) != 0)
      name += text("#", parameters_.size());
    check_parameter(kind_, p, name);
    check(own.rows != Rows::lazy_exact || p.dtype() != bfloat16, kind_,
          "rows lazy_exact needs float32 or float64 weights, parameter \"", name,
          "\" is bfloat16: steps that a row missed would have been rounded each. Hint: rows dense or lazy");
    for (size_t i = 0; i < parameters_.size(); ++i)
      check(parameters_[i].address() != p.address(), kind_, "Parameter \"", name,
            "\" is listed twice (it is also \"", names_[i], "\"). Hint: list a tied weight once");
    parameters_.push_back(p);
    names_.push_back(name);
    options_.push_back(own);
    has_own_lr_.push_back(group.lr.has_value());
  }
}

void Optimizer::leave_out(const std::vector<std::string>& no_decay) {
  for (const std::string& pattern : no_decay) {
    bool found = false;
    for (size_t i = 0; i < names_.size(); ++i)
      if (nn::name_fits(names_[i], pattern)) {
        options_[i].weight_decay = 0;
        found = true;
      }
    check(found, kind_, "no_decay \"", pattern,
          "\" is the name of no parameter. Hint: * stands for any letters, \"", names_[0], "\" is a name");
  }
}

void Optimizer::check_option(const char* option, double value, double low, double high) const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (std::isfinite(value) && value >= low && value < high) return;
  std::string valid = high < infinity   ? text(low, " <= ", option, " < ", high)
                      : low > -infinity ? text("finite, >= ", low)
                                        : "finite";
  fail(kind_, text(option, " is ", value, " (valid: ", valid, ")"));
}

void Optimizer::check_betas(const std::pair<double, double>& betas) const {
  check_option("betas[0]", betas.first, 0, 1);
  check_option("betas[1]", betas.second, 0, 1);
}

void Optimizer::set_lr(double lr) {
  check_option("lr", lr, 0, std::numeric_limits<double>::infinity());
  lr_ = lr;
}

double Optimizer::lr(size_t i) const {
  if (!has_own_lr_[i]) return lr_;
  return full_lr_ > 0 ? options_[i].lr * (lr_ / full_lr_) : options_[i].lr;
}

void Optimizer::step() {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    check(
        parameters_[i].is_current(), kind_, "The module has another tensor in the place of parameter \"",
        names_[i],
        "\" since this optimizer was built: the step would not reach it. Hint: build the optimizer after to(), "
        "tie_weight() or a new layer");
    check_rules(kind_, parameters_[i], names_[i]);
  }
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (!parameters_[i].has_grad()) continue;
    begin_step(i);
    try {
      update(parameters_[i], step_of(i), memory_[i]);
    } catch (...) {
      if (--memory_[i].steps; options_[i].rows == Rows::lazy_exact) memory_[i].late.rates.pop_back();
      throw;
    }
    end_step(i);
    if (parameters_[i].rules && parameters_[i].rules->max_norm > 0) hold_max_norm(parameters_[i]);
    increment_version(parameters_[i], "optimizer.step()");
  }
}

StepOptions Optimizer::step_of(size_t i) const {
  return {lr(i), options_[i].weight_decay, options_[i].rows, memory_[i].steps,
          Rounding(rounding_seed_, i, memory_[i].steps)};
}

bool Optimizer::rounds() const {
  return std::any_of(parameters_.begin(), parameters_.end(),
                     [](const Tensor& p) { return p.dtype() == bfloat16; });
}

void Optimizer::begin_step(size_t i) {
  const nn::ParameterRef& p = parameters_[i];
  Memory& memory = memory_[i];
  check(!memory.late.stale.defined(), kind_, "A step of parameter \"", names_[i],
        "\" while it shows rows that have caught up. Hint: end the life of CaughtUp before");
  if (memory.steps == 0)
    memory.slots = Slots(p.shape(), arithmetic_dtype(p.dtype()), slots_for(p), p.row_grad() != nullptr);
  else
    memory.slots.grow(p.shape());
  if (options_[i].rows == Rows::lazy_exact) {
    LateRows& late = memory.late;
    int64_t rows = rows_of(p), known = late.seen.defined() ? late.seen.numel() : 0;
    if (known == 0) late.seen = zeros({rows}, int64);
    if (known > 0 && known < rows) late.seen.append_rows_(full({rows - known}, memory.steps, int64));
    late.rates.push_back(lr(i));
  }
  ++memory.steps;
}

void Optimizer::end_step(size_t i) {
  if (options_[i].rows != Rows::lazy_exact) return;
  const RowGrad* grad = parameters_[i].row_grad();
  int64_t *seen = memory_[i].late.seen.data<int64_t>(), steps = memory_[i].steps;
  if (!grad) {
    std::fill_n(seen, rows_of(parameters_[i]), steps);
    return;
  }
  const int64_t* ids = grad->indices().data<int64_t>();
  for (int64_t k = 0; k < grad->count(); ++k) seen[ids[k]] = steps;
}

void Optimizer::bring_up(size_t i) const {
  if (!memory_[i].late.now.empty()) update(parameters_[i], step_of(i), memory_[i]);
  memory_[i].late.now.clear();
}

void Optimizer::read(size_t i, const Tensor& ids) {
  if (memory_[i].steps == 0 || !parameters_[i].is_current() || !ids.defined() || ids.dtype() != int64) return;
  std::lock_guard lock(reading_);
  catch_up(i, ids);
}

void Optimizer::catch_up() {
  for (size_t i = 0; i < parameters_.size(); ++i) catch_up(i);
}

void Optimizer::catch_up(size_t i, const Tensor& ids) {
  LateRows& late = memory_[i].late;
  if (!late.seen.defined() || late.stale.defined()) return;
  int64_t *seen = late.seen.data<int64_t>(), rows = late.seen.numel(), steps = memory_[i].steps;
  auto take = [&](int64_t row) {
    if (row < 0 || row >= rows || seen[row] == steps) return;
    if (moves(parameters_[i], row)) late.now.push_back({row, seen[row]});
    seen[row] = steps;
  };
  if (ids.defined()) {
    Tensor whole = ids.contiguous();
    const int64_t* id = whole.data<int64_t>();
    constexpr int64_t ahead = 16;
    for (int64_t k = 0, n = whole.numel(); k < n; ++k) {
      if (k + ahead < n && id[k + ahead] >= 0 && id[k + ahead] < rows)
        prefetch(seen + id[k + ahead], sizeof(int64_t));
      take(id[k]);
    }
  } else {
    for (int64_t row = 0; row < rows; ++row) take(row);
  }
  bring_up(i);
}

// Undefined where no row is behind, and the parameter is at the point to look at.
Tensor Optimizer::copy_caught_up(size_t i) const {
  LateRows& late = memory_[i].late;
  const nn::ParameterRef& p = parameters_[i];
  if (averages()) {
    if (memory_[i].steps == 0 || late.stale.defined()) return {};
    Slots slots = memory_[i].slots;
    slots.grow(p.shape());
    nn::ParameterRef copy(p.detach().clone(), p.name);
    copy.rules = p.rules;
    average(copy, slots);
    return copy;
  }
  if (!late.seen.defined() || late.stale.defined()) return {};
  const int64_t* seen = late.seen.data<int64_t>();
  for (int64_t row = 0; row < late.seen.numel(); ++row)
    if (seen[row] < memory_[i].steps && moves(p, row)) late.now.push_back({row, seen[row]});
  if (late.now.empty()) return {};
  late.copy = p.detach().clone();
  bring_up(i);
  return std::exchange(late.copy, {});
}

Tensor Optimizer::caught_up(size_t i) const {
  Tensor copy = copy_caught_up(i);
  return copy.defined() ? copy : parameters_[i].detach();
}

void Optimizer::zero_grad() const {
  for (const auto& p : parameters_) p.zero_grad();
}

State Optimizer::state() const {
  State out;
  if (rounds()) out.emplace_back(kind_ + ".rounding", tensor(static_cast<int64_t>(rounding_seed_)));
  for (size_t i = 0; i < parameters_.size(); ++i) {
    out.emplace_back(key_of("step", i), zeros({}, int64));
    *out.back().second.data<int64_t>() = memory_[i].steps;
    if (memory_[i].steps == 0) continue;
    Slots slots = memory_[i].slots;
    slots.grow(parameters_[i].shape());
    const SlotKinds kinds = slots_for(parameters_[i]);
    for (size_t s = 0; s < kinds.size(); ++s)
      if (Tensor slot = slots.tensor(s); slot.numel() > 0) out.emplace_back(key_of(kinds[s].name, i), slot);
    const LateRows& late = memory_[i].late;
    if (averages()) {
      out.emplace_back(key_of("largest_lr", i), full({}, memory_[i].averaging.largest_lr, float64));
      out.emplace_back(key_of("weight_sum", i), full({}, memory_[i].averaging.sum, float64));
    } else if (options_[i].rows == Rows::lazy_exact) {
      out.emplace_back(key_of("seen", i), late.seen);
      out.emplace_back(key_of("rates", i), from_values<double>(late.rates, {memory_[i].steps}));
    } else {
      continue;
    }
    out.emplace_back(key_of("weight", i), late.stale.defined() ? late.stale : parameters_[i].detach());
  }
  return out;
}

void Optimizer::load_state(const State& state) {
  std::map<std::string, Tensor> given(state.begin(), state.end());
  auto take = [&](const std::string& key, const Shape& shape, Dtype dtype) {
    auto it = given.find(key);
    check(it != given.end(), kind_, "The state has no \"", key,
          "\". Hint: it is of another optimizer or model");
    Tensor found = it->second.defined() ? it->second.contiguous() : it->second;
    given.erase(it);
    check(found.defined() && found.shape() == shape && found.dtype() == dtype, kind_, "\"", key, "\" is ",
          found.defined() ? text(lexigrad::name(found.dtype()), " ", to_string(found.shape())) : "undefined",
          ", expected ", lexigrad::name(dtype), " ", to_string(shape));
    return found;
  };
  std::vector<Memory> loaded(parameters_.size());
  std::vector<Tensor> weights(parameters_.size());
  uint64_t seed = rounding_seed_;
  if (rounds()) seed = static_cast<uint64_t>(take(kind_ + ".rounding", {}, int64).item<int64_t>());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const nn::ParameterRef& p = parameters_[i];
    std::string key = key_of("step", i);
    int64_t steps = loaded[i].steps = take(key, {}, int64).item<int64_t>();
    check(steps >= 0, kind_, "\"", key, "\" is ", steps, " (valid are 0 and more)");
    if (steps == 0) continue;
    std::vector<Tensor> sources;
    const SlotKinds kinds = slots_for(p);
    for (const SlotKind& kind : kinds) {
      Shape shape = kind.shape(p.shape());
      Dtype dtype = arithmetic_dtype(p.dtype());
      sources.push_back(shape.numel() > 0 ? take(key_of(kind.name, i), shape, dtype) : zeros(shape, dtype));
    }
    loaded[i].slots = loaded_slots(p, kinds, sources);
    if (averages()) {
      loaded[i].averaging.largest_lr = take(key_of("largest_lr", i), {}, float64).item<double>();
      loaded[i].averaging.sum = take(key_of("weight_sum", i), {}, float64).item<double>();
      weights[i] = take(key_of("weight", i), p.shape(), p.dtype());
      continue;
    }
    if (options_[i].rows != Rows::lazy_exact) continue;
    LateRows& late = loaded[i].late;
    late.seen = take(key_of("seen", i), {rows_of(p)}, int64).clone();
    for (int64_t seen : late.seen.to_vector<int64_t>())
      check(seen >= 0 && seen <= steps, kind_, "\"", key_of("seen", i), "\" has ", seen, " (valid are 0..",
            steps, ")");
    late.rates = take(key_of("rates", i), {steps}, float64).to_vector<double>();
    weights[i] = take(key_of("weight", i), p.shape(), p.dtype());
  }
  check(given.empty(), kind_, "The state has \"", given.empty() ? "" : given.begin()->first,
        "\", which no parameter here needs. Hint: it is of another optimizer or model");
  memory_ = std::move(loaded);
  rounding_seed_ = seed;
  for (size_t i = 0; i < parameters_.size(); ++i)
    if (weights[i].defined()) exchange(weights[i].clone(), parameters_[i]);
}

CaughtUp::CaughtUp(const Optimizer& optimizer) : optimizer_(optimizer) {
  for (size_t i = 0; i < optimizer.parameters().size(); ++i) {
    Tensor rows = optimizer.copy_caught_up(i);
    if (!rows.defined()) continue;
    exchange(rows, optimizer.parameters()[i]);
    optimizer.memory_[i].late.stale = rows;
    shown_.push_back(i);
  }
}

CaughtUp::~CaughtUp() {
  for (size_t i : shown_)
    exchange(std::exchange(optimizer_.memory_[i].late.stale, {}), optimizer_.parameters()[i]);
}

}  // namespace lexigrad::optim
