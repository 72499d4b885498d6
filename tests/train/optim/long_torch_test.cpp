// 200 steps of two problems against PyTorch: fixtures/optim_long.json, written by
// fixtures/make_long_optim_fixtures.py, with the formulas of what PyTorch has not. Lion's is here.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "catch.h"
#include "support/fixture.h"
#include "train/optim/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using nlohmann::json;
using optim::Rows;

namespace {

using Parameters = std::vector<nn::ParameterRef>;
using Made = std::unique_ptr<optim::Optimizer>;

const json& fixtures() { return lexigrad::test::fixture("optim_long.json"); }

// Reads the options that a fixture gives and leaves the rest to ours.
struct Given {
  const json& values;
  template <class T>
  void operator()(const char* name, T& option) const {
    if (values.contains(name)) option = values[name].get<T>();
  }
};

template <class Options>
Options common(const Given& given, Rows rows) {
  Options out;
  given("lr", out.lr);
  if (given.values.contains("weight_decay")) out.weight_decay = given.values["weight_decay"].get<double>();
  out.rows = rows;
  return out;
}

template <class Options>
Options averaging(const Given& given, Rows rows) {
  auto out = common<Options>(given, rows);
  given("warmup_steps", out.warmup_steps);
  given("r", out.r);
  given("weight_lr_power", out.weight_lr_power);
  return out;
}

Made make_adam(const std::string& kind, const Given& given, const Parameters& p, Rows rows) {
  auto o = common<optim::AdamOptions>(given, rows);
  given("betas", o.betas);
  given("eps", o.eps);
  given("amsgrad", o.amsgrad);
  given("maximize", o.maximize);
  if (kind == "adamw") return std::make_unique<optim::AdamW>(p, o);
  return std::make_unique<optim::Adam>(p, o);
}

template <class Method, class Options>
Made make_kin(const Given& given, const Parameters& p, Rows rows) {
  auto o = common<Options>(given, rows);
  given("betas", o.betas);
  given("eps", o.eps);
  given("decoupled_weight_decay", o.decoupled_weight_decay);
  if constexpr (requires { o.momentum_decay; }) given("momentum_decay", o.momentum_decay);
  return std::make_unique<Method>(p, o);
}

Made make(const json& item, const Parameters& p, Rows rows) {
  const std::string kind = item["kind"];
  Given given{item["options"]};
  if (kind == "sgd") {
    auto o = common<optim::SGDOptions>(given, rows);
    given("momentum", o.momentum);
    given("dampening", o.dampening);
    given("maximize", o.maximize);
    return std::make_unique<optim::SGD>(p, o);
  }
  if (kind == "adagrad") {
    auto o = common<optim::AdagradOptions>(given, rows);
    given("lr_decay", o.lr_decay);
    given("initial_accumulator_value", o.initial_accumulator_value);
    given("eps", o.eps);
    return std::make_unique<optim::Adagrad>(p, o);
  }
  if (kind == "rmsprop") {
    auto o = common<optim::RMSpropOptions>(given, rows);
    given("alpha", o.alpha);
    given("eps", o.eps);
    given("momentum", o.momentum);
    given("centered", o.centered);
    return std::make_unique<optim::RMSprop>(p, o);
  }
  if (kind == "adadelta") {
    auto o = common<optim::AdadeltaOptions>(given, rows);
    given("rho", o.rho);
    given("eps", o.eps);
    return std::make_unique<optim::Adadelta>(p, o);
  }
  if (kind == "adafactor") {
    auto o = common<optim::AdafactorOptions>(given, rows);
    given("beta2_decay", o.beta2_decay);
    given("d", o.d);
    if (given.values.contains("eps")) o.eps1 = given.values["eps"][0].get<double>();
    if (given.values.contains("eps")) o.eps2 = given.values["eps"][1].get<double>();
    return std::make_unique<optim::Adafactor>(p, o);
  }
  if (kind == "rowwise-adagrad") {
    auto o = common<optim::RowwiseAdagradOptions>(given, rows);
    given("eps", o.eps);
    return std::make_unique<optim::RowwiseAdagrad>(p, o);
  }
  if (kind == "rowwise-adam") {
    auto o = common<optim::RowwiseAdamOptions>(given, rows);
    given("betas", o.betas);
    given("eps", o.eps);
    return std::make_unique<optim::RowwiseAdam>(p, o);
  }
  if (kind == "muon") {
    auto o = common<optim::MuonOptions>(given, rows);
    given("momentum", o.momentum);
    given("nesterov", o.nesterov);
    given("match_adam", o.match_adam);
    return std::make_unique<optim::Muon>(p, o);
  }
  if (kind == "soap") {
    auto o = common<optim::SoapOptions>(given, rows);
    given("betas", o.betas);
    given("eps", o.eps);
    given("every", o.every);
    return std::make_unique<optim::Soap>(p, o);
  }
  if (kind == "schedule-free-adamw") {
    auto o = averaging<optim::ScheduleFreeAdamWOptions>(given, rows);
    given("betas", o.betas);
    given("eps", o.eps);
    return std::make_unique<optim::ScheduleFreeAdamW>(p, o);
  }
  if (kind == "schedule-free-sgd") {
    auto o = averaging<optim::ScheduleFreeSGDOptions>(given, rows);
    given("momentum", o.momentum);
    return std::make_unique<optim::ScheduleFreeSGD>(p, o);
  }
  if (kind == "nadam") return make_kin<optim::NAdam, optim::NAdamOptions>(given, p, rows);
  if (kind == "radam") return make_kin<optim::RAdam, optim::RAdamOptions>(given, p, rows);
  return make_adam(kind, given, p, rows);
}

// The same made by its name; null where no row is called so, or torch was given an option that the row
// does not have.
Made make_by_name(const json& item, const Parameters& p, Rows rows) {
  const optim::OptimizerKind* kind = optim::optimizers().find(item["kind"].get<std::string>());
  if (!kind) return nullptr;
  const json& given = item["options"];
  OptionValues values;
  size_t read = 1;  // lr
  for (const Option& option : kind->options) {
    std::string key = option.name;
    std::replace(key.begin(), key.end(), '-', '_');
    if (!given.contains(key)) return nullptr;
    ++read;
    std::visit([&]<class T>(const T&) { values.set(option.name, given[key].get<T>()); }, option.standard);
  }
  if (given.size() != read) return nullptr;
  return kind->make(p, {.lr = given["lr"], .rows = rows, .options = values});
}

Tensor dense_loss(const Tensor& w, int64_t step) {
  return mean(square(matmul(pattern(37, 5, {8, 4}, 101, w.dtype()), w) -
                     pattern(41, 7 * step, {8, 3}, 103, w.dtype())));
}

Tensor sparse_loss(const Tensor& table, int64_t step) {
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < 3; ++i) ids.push_back((i * i + 3 * step) % 5);
  return mean(square(embedding(table, tensor(ids)) - pattern(43, 11 * step, {3, 2}, 107, table.dtype())));
}

struct Differences {
  double weights = 0, losses = 0;  ///< relative
};

// False where `maker` gives no optimizer.
bool run(const json& item, const std::string& problem, Dtype dtype, Rows rows, bool as_rows,
         decltype(make)& maker, Differences& worst) {
  bool sparse = problem == "sparse";
  Tensor w = pattern(31, 22, sparse ? Shape{6, 2} : Shape{4, 3}, 97, dtype).requires_grad_();
  Made optimizer = maker(item, {w}, rows);
  if (!optimizer) return false;
  double sign = item["options"].value("maximize", false) ? -1 : 1;
  const json& expected = item[dtype == float64 ? "float64" : "float32"][problem];
  size_t at = 0;
  for (int64_t step = 1; step <= 200; ++step) {
    optimizer->zero_grad();
    Tensor loss = sparse ? sparse_loss(w, step) : dense_loss(w, step);
    (loss * sign).backward();
    if (!as_rows) w.set_grad(w.grad());
    REQUIRE((w.row_grad() != nullptr) == as_rows);
    optimizer->step();
    if (step != fixtures()["shown"][at]) continue;
    double difference = std::abs(loss.item<double>() / expected["losses"][at].get<double>() - 1);
    worst.losses = std::fmax(worst.losses, difference);
    if (dtype == float64)
      worst.weights = std::fmax(
          worst.weights,
          distance(optimizer->caught_up(0),
                   from_values<double>(expected["weights"][at].get<std::vector<double>>(), w.shape())));
    ++at;
  }
  REQUIRE(at == fixtures()["shown"].size());
  return true;
}

// Every problem and form of gradient of a fixture; how many were run.
int run_all(const json& item, decltype(make)& maker) {
  int runs = 0;
  bool lazy = item["kind"] == "sparse_adam";
  for (Dtype dtype : {float64, float32})
    for (bool as_rows : {false, true})
      for (const char* problem : {"dense", "sparse"}) {
        bool dense_problem = problem == std::string("dense");
        if ((dense_problem && (as_rows || lazy)) || (lazy && !as_rows)) continue;
        INFO(item["kind"] << " " << item["options"] << " " << problem << (as_rows ? " rows " : " ")
                          << name(dtype));
        Differences now;
        runs += run(item, problem, dtype, lazy ? Rows::lazy : Rows::dense, as_rows, maker, now);
        CHECK(now.weights <= 1e-12);
        CHECK(now.losses <= (dtype == float64 ? 1e-12 : 1e-5));
      }
  return runs;
}

}  // namespace

TEST_CASE("200 steps of every optimizer agree with torch, for dense and row gradients", "[optim]") {
  int runs = 0;
  for (const json& item : fixtures()["cases"]) runs += run_all(item, make);
  CHECK(runs == 43 * 6 + 2 * 2);
}

TEST_CASE("every optimizer made by its name agrees with torch", "[optim]") {
  std::map<std::string, int> runs;
  for (const json& item : fixtures()["cases"]) runs[item["kind"]] += run_all(item, make_by_name);
  for (const optim::OptimizerKind& kind : optim::optimizers()) {
    if (kind.name == kOwnOptimizer || kind.name == "lion") continue;
    INFO(kind.name << ": a fixture with these options in make_long_optim_fixtures.py");
    CHECK(runs[kind.name] >= 6);
  }
}

TEST_CASE("lazy Adagrad without decay is Adagrad", "[optim]") {
  Tensor tables[2];
  for (Rows rows : {Rows::dense, Rows::lazy}) {
    Tensor& w = tables[rows == Rows::lazy] = pattern(31, 22, {6, 2}, 97).requires_grad_();
    optim::Adagrad optimizer({w},
                             {.lr = 0.1, .lr_decay = 0.01, .initial_accumulator_value = 0.1, .rows = rows});
    for (int64_t step = 1; step <= 20; ++step) {
      optimizer.zero_grad();
      sparse_loss(w, step).backward();
      optimizer.step();
    }
  }
  CHECK(equal(tables[0].detach(), tables[1].detach()));
}

TEST_CASE("200 steps of Lion are the paper's, in dense and lazy mode", "[optim]") {
  constexpr double lr = 0.003, decay = 0.1, beta1 = 0.8, beta2 = 0.95;
  constexpr int64_t rows = 6, dim = 2;
  for (Rows mode : {Rows::dense, Rows::lazy})
    for (bool as_rows : {false, true}) {
      INFO((mode == Rows::lazy ? "lazy" : "dense") << " rows " << as_rows);
      Tensor w = pattern(31, 22, {rows, dim}, 97).requires_grad_();
      optim::Lion optimizer({w}, {.lr = lr, .betas = {beta1, beta2}, .weight_decay = decay, .rows = mode});
      std::vector<double> theta = w.detach().to_vector<double>(), m(theta.size());
      for (int64_t step = 1; step <= 200; ++step) {
        optimizer.zero_grad();
        sparse_loss(w, step).backward();
        std::vector<double> g = w.grad().to_vector<double>();
        for (size_t i = 0; i < theta.size(); ++i) {
          bool read = std::abs(g[i]) > 0;  // no gradient of a row that was read is 0 here
          if (mode == Rows::lazy && as_rows && !read) continue;
          double c = beta1 * m[i] + (1 - beta1) * g[i], sign = c > 0 ? 1 : c < 0 ? -1 : 0;
          theta[i] -= lr * (sign + decay * theta[i]);
          m[i] = beta2 * m[i] + (1 - beta2) * g[i];
        }
        if (!as_rows) w.set_grad(w.grad());
        optimizer.step();
        REQUIRE(distance(w.detach(), from_values<double>(theta, w.shape())) <= 1e-12);
      }
    }
}
