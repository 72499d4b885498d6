// Every row of docs/from_pytorch.md, compiled and run.
#include <cmath>
#include <fstream>
#include <set>
#include <string>

#include "catch.h"
#include "lexigrad/lexigrad.h"
#include "support/paths.h"

using namespace lexigrad;

// Rows are read as expressions whose values nobody takes.
#pragma GCC diagnostic ignored "-Wunused"
#pragma GCC diagnostic ignored "-Wunused-value"

namespace {

std::string without_blanks(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\\'; });
  return text;
}

// The second column of the page's tables.
std::multiset<std::string> rows_of_page() {
  std::multiset<std::string> rows;
  std::ifstream page(lexigrad::test::in_source("docs/from_pytorch.md"));
  for (std::string line; std::getline(page, line);)
    if (size_t at = line.find("` | `"); at != std::string::npos)
      rows.insert(without_blanks(line.substr(at + 5, line.size() - at - 8)));
  return rows;
}

std::multiset<std::string> ran;

}  // namespace

// One row in a scope of its own.
#define ROW(...)                               \
  {                                            \
    Tensor x = rand({2, 3}), y = rand({2, 3}); \
    __VA_ARGS__;                               \
    ran.insert(without_blanks(#__VA_ARGS__));  \
  }

TEST_CASE("every row of the page for people who know PyTorch compiles and runs", "[docs]") {
  manual_seed(1);
  Tensor w = rand({2, 3}).requires_grad_(), m = rand({2, 3}) > 0.5, n = !m, scalar = tensor(2.0);
  Tensor ids = tensor({0, 1}), places = tensor({{0, 1, 2}, {2, 1, 0}});
  nn::Linear layer(3, 2);
  ROW(tensor({{1, 2}, {3, 4}}))
  ROW(tensor(3.0), tensor(true))
  ROW(zeros({2, 3}), ones({2, 3}), empty({2, 3}))
  ROW(full({2, 3}, 0.5))
  ROW(arange(5), arange(0, 1, 0.25))
  ROW(linspace(0, 1, 5), eye(3))
  ROW(rand({2, 3}), randn({2, 3}))
  ROW(randint(0, 10, {2, 3}), randperm(5))
  ROW(manual_seed(1))
  ROW(x.shape(), x.size(0), x.rank(), x.numel())
  ROW(x.dtype(), x.to(float64), x.to(float64), x.to(int64))
  ROW(scalar.item(), x.to_vector<float>())
  ROW(x.detach(), x.clone(), x.contiguous())
  ROW(set_print_options({.precision = 2}))
  ROW(x[0], x[{0, 1}], x[-1])
  ROW(x[{Slice(), 1}], x[{Ellipsis, Slice(1, 3)}], x[{Slice(), None}])
  ROW(x[x > 0], x[tensor({0, 1})])
  ROW(x[0] = 1, x[x < 0] = 0, x[0] += 1)
  ROW(x[{Slice(), 0}] = y[{Slice(), 1}])
  ROW(x.masked_fill(m, 0.0), where(m, x, y))
  ROW(nonzero(m), masked_select(x, m))
  ROW(x + y, x - 1, 2 * x, x / y, -x, x.pow(2))
  ROW(x += y, x.mul_(2), x.zero_())
  ROW(x > 0, x == y, m & n, m | n, ~m)
  ROW(matmul(x, y.t()), matmul(x, y.t()), bmm(x.unsqueeze(0), y.t().unsqueeze(0)))
  ROW(einsum("ij,kj->ik", {x, y}))
  ROW(x.exp(), x.log(), x.sqrt(), x.abs(), x.tanh())
  ROW(clamp(x, 0, 1), floor(x), round(x))
  ROW(isnan(x), nan_to_num(x))
  ROW(maximum(x, y), lerp(x, y, 0.5))
  ROW(x.sum(), x.sum(1), x.sum({0, 1}), x.mean(-1, true))
  ROW(sum(x, float64))
  ROW(x.std(), x.var(0, false, 0), x.norm())
  ROW(x.max(), x.max(1).values, x.argmax(1))
  ROW(x.sort(), x.topk(2), median(x), quantile(x, 0.5))
  ROW(x.cumsum(0), cumprod(x, 0), x.logsumexp(1))
  ROW(unique(ids), bincount(ids))
  ROW(m.any(), m.all(), allclose(x, y), equal(x, y))
  ROW(x.view({-1}), x.reshape({3, 2}), x.flatten())
  ROW(x.t(), x.transpose(0, 1), x.permute({1, 0}))
  ROW(x.unsqueeze(0), x.squeeze(), x.expand({4, 2, 3}))
  ROW(cat({x, y}, 0), stack({x, y}))
  ROW(x.split(1), x.chunk(2), x.unbind(0))
  ROW(x.repeat({2, 1}), x.flip(0), x.roll(1, 0))
  ROW(tril(x), triu(x), diagonal(x))
  ROW(x.gather(1, places), scatter(x, 1, places, y), x.index_select(0, ids))
  ROW(pad(x, {1, 1}))
  ROW(w.requires_grad_(), w.grad(), sum(w * w).backward())
  ROW(grad({sum(w * w)}, {w}, {.create_graph = true}))
  ROW(NoGrad off)
  ROW(recomputed([](const Tensor& x) { return tanh(x); }, w))
  ROW(w.register_hook([](const Tensor& g) { return g; }))
  ROW(gradcheck([](const std::vector<Tensor>& in) { return tanh(in[0]); }, {x.to(float64)}))
  ROW(increment_version(w))
  ROW(CheckNumerics watch)
  ROW(nn::Linear(3, 2)(x), nn::Embedding(5, 3)(ids))
  ROW(nn::LayerNorm(3)(x), nn::Dropout(0.1)(x), nn::ReLU()(x))
  ROW(nn::Sequential(nn::Linear(3, 4), nn::ReLU())(x))
  ROW(relu(x), gelu(x), softmax(x, -1), log_softmax(x, -1))
  ROW(cosine_similarity(x, y), normalize(x))
  ROW(nn::cross_entropy(x, ids).mean())
  ROW(nn::cross_entropy(x, ids).sum)
  ROW(nn::cross_entropy(x, ids).each())
  ROW(nn::mse(x, y).mean(), nn::l1(x, y).mean())
  ROW(layer.parameters(), layer.parameters()[0].name)
  ROW(layer.state(), layer.load_state(layer.state()))
  ROW(layer.train(), layer.eval(), layer.to(float64))
  ROW(layer.children(), layer.apply([](nn::Module&) {}))
  ROW(nn::init::xavier_uniform_(w.detach()), nn::init::zeros_(w.detach()))
  ROW(optim::SGD(layer.parameters(), {.lr = 0.1}))
  ROW(optim::Adam(layer.parameters(), {.lr = 1e-3}))
  ROW(optim::Adam(layer.parameters(), {.rows = optim::Rows::lazy}))
  ROW(optim::Adam(layer.parameters(), {.amsgrad = true, .maximize = true}))
  ROW(optim::Adagrad(layer.parameters(), {.initial_accumulator_value = 0.1}))
  ROW(optim::RMSprop(layer.parameters(), {.momentum = 0.9, .centered = true}))
  ROW(optim::Adadelta(layer.parameters(), {.rho = 0.95}))
  ROW(optim::NAdam(layer.parameters(), {.weight_decay = 0.1, .decoupled_weight_decay = true}))
  ROW(optim::RAdam(layer.parameters()))
  ROW(optim::ScheduleFreeAdamW(layer.parameters(), {.warmup_steps = 100}))
  ROW(optim::clip_grad_norm_(layer.parameters(), 1.0))
  ROW(optim::clip_grad_value_(layer.parameters(), 0.5))
  ROW(optim::WeightAverage::ema(layer.parameters(), 0.999))
  ROW(optim::WeightAverage::mean(layer.parameters()))
  ROW(data::TensorDataset(x, y))
  ROW(set_num_threads(2))
  ROW(optim::linear(10, 1.0, 0.5))
  ROW(optim::then(optim::constant(0.5), 10, {}))
  ROW(optim::polynomial(100, 2.0))
  ROW(optim::cosine(100))
  ROW(optim::warm_restarts(10, 2))
  ROW(optim::step_decay(30), optim::multi_step({30, 80}))
  ROW(optim::exponential(0.9))
  ROW(optim::one_cycle(100))
  ROW(optim::then(optim::linear(10, 1, 0.1), 10, optim::cosine(90)))
  ROW(optim::times(optim::linear(10, 1, 0.1), optim::exponential(0.9)))
  ROW(optim::Schedule([](int64_t step) { return std::pow(0.5, step); }))
  set_print_options({});
  CHECK(ran == rows_of_page());
  CHECK(ran.size() >= 70);
}
