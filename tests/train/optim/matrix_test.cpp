// Row gradients against dense ones in every combination: optimizer, decay, mode, clip, accumulation, tied weights,
// dtype, padding row, parameter groups.
#include "catch.h"
#include "lexigrad/nn/nn.h"
#include "train/optim/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using optim::Rows;

namespace {

constexpr int64_t kRows = 9, kDim = 3;

enum class Clip { none, norm, value, rows };

struct Combination {
  const optim::OptimizerKind& kind;
  double decay;
  Rows rows;
  Clip clip;
  int accumulate;
  bool tied, padding, groups;
  Dtype dtype;
};

std::string named(const Combination& c) {
  const char* const modes[] = {"dense", "lazy", "lazy_exact"};
  const char* const clips[] = {"", ", norm clipped", ", values clipped", ", rows clipped"};
  return text(c.kind.name, " decay ", c.decay, " ", modes[static_cast<int>(c.rows)],
              clips[static_cast<int>(c.clip)], ", ", c.accumulate, " batches, ", name(c.dtype),
              c.tied ? ", tied" : "", c.padding ? ", padding" : "", c.groups ? ", groups" : "");
}

std::unique_ptr<optim::Optimizer> make(const Combination& c, Rows rows, const nn::ParameterRef& table,
                                       const nn::ParameterRef& bias) {
  OptionValues options(c.kind.options);
  if (options.has("weight-decay")) options.set("weight-decay", c.decay);
  optim::OptimizerSettings settings{.lr = std::fmin(0.1, 3 * c.kind.lr), .rows = rows, .options = options};
  if (!c.groups) return c.kind.make({table, bias}, settings);
  // What a group says goes before the settings.
  settings.rows = Rows::dense;
  return c.kind.make(
      optim::ParameterGroups(
          {{.parameters = {table}, .lr = settings.lr / 2, .weight_decay = c.decay / 2, .rows = rows},
           {.parameters = {bias}, .weight_decay = 0}}),
      settings);
}

// The table and the bias after some steps; `dense`: their gradients are made dense before each.
std::vector<Tensor> trained(const Combination& c, bool dense) {
  auto table = nn::Embedding::from_pretrained(pattern(31, 7, {kRows, kDim}, 97, c.dtype).clone(),
                                              {.freeze = false, .padding_idx = c.padding ? 4 : -1});
  Tensor bias = pattern(17, 3, {kDim}, 89, c.dtype).clone().requires_grad_();
  auto optimizer = make(c, dense ? Rows::dense : c.rows, table.weight(), {bias, "bias"});
  for (int64_t step = 0; step < 7; ++step) {
    optimizer->zero_grad();
    for (int64_t pass = 0; pass < c.accumulate; ++pass) {
      int64_t k = step + 7 * pass;
      Tensor x = table.forward(tensor({k % 4, (3 * k) % 5, (k * k) % (kRows - 1)})) + bias;
      if (c.tied) x = linear(x, table.weight());
      sum(x * pattern(37, 5 * k, x.shape(), 101, c.dtype)).backward();
    }
    if (dense) table.weight().set_grad(table.weight().grad());
    REQUIRE((table.weight().row_grad() != nullptr) == !(dense || c.tied));
    if (c.clip == Clip::norm) optim::clip_grad_norm_(optimizer->parameters(), 0.1);
    if (c.clip == Clip::value) optim::clip_grad_value_(optimizer->parameters(), 0.05);
    if (c.clip == Clip::rows) optim::clip_grad_rows_(optimizer->parameters(), 0.05);
    optimizer->step();
  }
  return {optimizer->caught_up(0).clone(), optimizer->caught_up(1).clone()};
}

template <class F>
void for_all(const F& f) {
  for (const optim::OptimizerKind& kind : optim::optimizers())
    for (double decay : {0.0, 0.05})
      for (Rows rows : {Rows::dense, Rows::lazy_exact})
        for (Clip clip : {Clip::none, Clip::norm, Clip::value, Clip::rows})
          for (int accumulate : {1, 2})
            for (bool tied : {false, true})
              for (bool padding : {false, true})
                for (bool groups : {false, true})
                  for (Dtype dtype : {float64, float32}) {
                    if (decay > 0 && !OptionValues(kind.options).has("weight-decay")) continue;
                    f(Combination{kind, decay, rows, clip, accumulate, tied, padding, groups, dtype});
                  }
}

}  // namespace

TEST_CASE("row and dense gradients agree in every combination there is", "[optim]") {
  int combinations = 0;
  for_all([&](const Combination& c) {
    INFO(named(c));
    std::vector<Tensor> rows = trained(c, false), dense = trained(c, true);
    for (size_t i = 0; i < rows.size(); ++i)
      CHECK(distance(rows[i], dense[i]) <= (c.dtype == float64 ? 1e-11 : 1e-5));
    ++combinations;
  });
  CHECK(combinations >= 15 * 2 * 256);
}

TEST_CASE("in every combination the padding row stays, and what is not read stays under lazy", "[optim]") {
  for_all([&](const Combination& c) {
    if (c.rows != Rows::lazy_exact || c.tied) return;
    Combination lazy = c;
    lazy.rows = Rows::lazy;
    INFO(named(lazy));
    Tensor start = pattern(31, 7, {kRows, kDim}, 97, c.dtype), end = trained(lazy, false)[0];
    CHECK(equal(end[kRows - 1], start[kRows - 1]));
    if (c.padding) CHECK(equal(end[4], start[4]));
    CHECK_FALSE(equal(end[0], start[0]));
  });
}
