// Against PyTorch: fixtures/optim.json, written by fixtures/make_optim_fixtures.py. Other optimizers:
// long_torch_test.cpp.
#include <fstream>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "support/fixture.h"
#include "train/optim/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using nlohmann::json;

namespace {

constexpr int64_t kSteps = 50, kRows = 9, kDim = 5;
constexpr int64_t kWords = 11, kWidth = 6, kPositions = 8;

const json& fixtures() { return lexigrad::test::fixture("optim.json"); }

std::unique_ptr<optim::Optimizer> make(const json& item, std::vector<nn::ParameterRef> parameters) {
  const json& o = item["options"];
  auto get = [&](const char* key, double fallback) { return o.value(key, fallback); };
  if (item["kind"] == "sgd")
    return std::make_unique<optim::SGD>(std::move(parameters),
                                        optim::SGDOptions{.lr = o["lr"],
                                                          .momentum = get("momentum", 0),
                                                          .dampening = get("dampening", 0),
                                                          .weight_decay = get("weight_decay", 0),
                                                          .nesterov = o.value("nesterov", false)});
  if (item["kind"] == "adamw")
    return std::make_unique<optim::AdamW>(
        std::move(parameters),
        optim::AdamOptions{
            .lr = o["lr"], .eps = get("eps", 1e-8), .weight_decay = get("weight_decay", 0.01)});
  optim::AdamOptions options{.lr = o["lr"], .eps = get("eps", 1e-8), .weight_decay = get("weight_decay", 0)};
  if (o.contains("betas")) options.betas = {o["betas"][0], o["betas"][1]};
  if (item["kind"] == "sparse_adam") options.rows = optim::Rows::lazy;
  return std::make_unique<optim::Adam>(std::move(parameters), options);
}

Dtype dtype_in(const json& item) { return item["dtype"] == "float64" ? float64 : float32; }

Tensor values_in(const json& list) {
  auto values = list.get<std::vector<double>>();
  return from_values<double>(values, {static_cast<int64_t>(values.size())});
}

bool in_batch(int64_t row, int64_t step) { return row != 8 && (5 * row + 3 * step) % 4 == 0; }

std::vector<int64_t> batch(int64_t step) {
  std::vector<int64_t> ids;
  for (int64_t row = 0; row < kRows; ++row)
    if (in_batch(row, step)) ids.push_back(row);
  return ids;
}

Tensor gradient(int64_t step, Dtype dtype) {
  Tensor g = pattern(7919, 104729 * step + 11, {kRows, kDim}, 1009, dtype);
  for (int64_t row = 0; row < kRows; ++row)
    if (!in_batch(row, step)) g[row].fill_(0);
  return g;
}

Tensor weights(const Shape& shape, int64_t seed, Dtype dtype) {
  return pattern(31, 17 * seed + 5, shape, 97, dtype);
}

void run_single(const json& item, bool as_rows) {
  INFO(item["kind"] << " " << item["name"] << " " << item["dtype"] << (as_rows ? " rows" : " dense"));
  Dtype dtype = dtype_in(item);
  Tensor w = weights({kRows, kDim}, 0, dtype).requires_grad_();
  auto optimizer = make(item, {w});
  for (int64_t step = 0; step < kSteps; ++step) {
    Tensor g = gradient(step, dtype);
    if (as_rows)
      w.set_grad(rows_of(g, batch(step)));
    else
      w.set_grad(g);
    optimizer->step();
    if (step == 0)
      REQUIRE(distance(w.detach(), values_in(item["first"])) <= (dtype == float64 ? 1e-12 : 1e-5));
  }
  REQUIRE(distance(w.detach(), values_in(item["last"])) <= (dtype == float64 ? 1e-10 : 1e-5));
}

struct Batch {
  Tensor ids, targets;
};
Batch model_batch(int64_t step) {
  std::vector<int64_t> ids, targets;
  for (int64_t i = 0; i < kPositions; ++i) {
    ids.push_back((3 * i * i + 5 * step + i) % (kWords - 1));
    targets.push_back((7 * i + 2 * step + 1) % kWords);
  }
  return {tensor(ids), tensor(targets)};
}

void run_model(const json& item, bool as_rows, bool fused) {
  bool tied = item["tied"];
  INFO(item["kind"] << (tied ? " tied " : " ") << item["dtype"] << (as_rows ? " rows" : " dense")
                    << (fused ? " fused" : ""));
  Dtype dtype = dtype_in(item);
  double tolerance = dtype == float64 ? 1e-10 : 1e-5;
  Tensor table = weights({kWords, kWidth}, 1, dtype).requires_grad_();
  Tensor head = tied ? table : weights({kWords, kWidth}, 2, dtype).requires_grad_();
  Tensor bias = weights({kWords}, 3, dtype).requires_grad_();
  std::vector<Tensor> parameters = tied ? std::vector{table, bias} : std::vector{table, head, bias};
  auto optimizer = make(item, nn::as_parameters(parameters));
  for (int64_t step = 0; step < kSteps; ++step) {
    auto [ids, targets] = model_batch(step);
    optimizer->zero_grad();
    Tensor x = embedding(table, ids);
    Tensor total = fused ? linear_cross_entropy_sum(x, head, bias, targets)
                         : cross_entropy_sum(linear(x, head, bias), targets);
    Tensor loss = total / static_cast<double>(kPositions);
    loss.backward();
    REQUIRE(std::abs(loss.item<double>() / item["losses"][static_cast<size_t>(step)].get<double>() - 1) <=
            tolerance);
    if (!as_rows) table.set_grad(table.grad());
    REQUIRE((table.row_grad() != nullptr) == (as_rows && !tied));
    for (size_t i = 0; step == 0 && i < parameters.size(); ++i)
      REQUIRE(distance(parameters[i].grad(), values_in(item["gradients"][i])) <=
              (dtype == float64 ? 1e-12 : 1e-5));
    optimizer->step();
  }
  for (size_t i = 0; i < parameters.size(); ++i)
    REQUIRE(distance(parameters[i].detach(), values_in(item["weights"][i])) <= tolerance);
}

}  // namespace

TEST_CASE("50 steps of SGD, Adam and AdamW agree with torch, for dense and row gradients", "[optim]") {
  int cases = 0;
  for (const json& item : fixtures()["single"]) {
    if (item["kind"] == "sparse_adam") continue;
    run_single(item, false);
    run_single(item, true);
    ++cases;
  }
  REQUIRE(cases == 26);
}

TEST_CASE("50 steps of lazy Adam agree with torch's SparseAdam", "[optim]") {
  int cases = 0;
  for (const json& item : fixtures()["single"]) {
    if (item["kind"] != "sparse_adam") continue;
    run_single(item, true);
    ++cases;
  }
  REQUIRE(cases == 6);
}

TEST_CASE("50 training steps of a next-token model agree with torch: losses, gradients, weights", "[optim]") {
  int cases = 0;
  for (const json& item : fixtures()["model"])
    for (bool as_rows : {false, true})
      for (bool fused : {false, true}) {
        run_model(item, as_rows, fused);
        ++cases;
      }
  REQUIRE(cases == 32);
}
