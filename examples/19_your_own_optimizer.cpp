// An optimizer of your own: Yogi (Zaheer et al. 2018), for dense gradients and for rows.
#include <lexigrad/lexigrad.h>

#include <cmath>
#include <iostream>
using namespace lexigrad;

struct YogiOptions {
  double lr = 0.01, beta1 = 0.9, beta2 = 0.999, eps = 1e-3;
};

// m = beta1 m + (1 - beta1) g; v -= (1 - beta2) sign(v - g^2) g^2; w -= lr m / (sqrt(v) + eps). Groups, row rates,
// padding rows, threads and saved state come from Optimizer and update_rows.
class Yogi : public optim::Optimizer {
 public:
  explicit Yogi(const optim::ParameterGroups& parameters, const YogiOptions& options = {})
      : Optimizer("yogi", parameters, {.lr = options.lr}, {}, {"m", "v"}), options_(options) {
    check_betas({options.beta1, options.beta2});
  }

 private:
  void update(const nn::ParameterRef& parameter, const optim::StepOptions& step,
              Memory& memory) const override {
    // Rows outside the batch: those that were met go on moving as m shrinks, or (lazy) nothing happens.
    optim::update_rows(
        parameter, step, optim::reach_of(step, optim::Reach::touched), memory,
        [](const optim::StepOptions& now, double share) { return share * now.lr; },
        [o = options_](auto* w, const auto* g, const auto& slots, int64_t n, double lr) {
          using T = std::remove_pointer_t<decltype(w)>;
          T *m = slots[0], *v = slots[1];
          for (int64_t i = 0; i < n; ++i) {
            T grad = g ? g[i] : T(0), square = grad * grad;  // g is null for zeros
            m[i] += T(1 - o.beta1) * (grad - m[i]);
            v[i] += T(1 - o.beta2) * (v[i] > square ? -square : square);
            w[i] -= T(lr) * m[i] / (std::sqrt(v[i]) + T(o.eps));
          }
        });
  }

  YogiOptions options_;
};

// Three steps towards 2; row 3 is never read and stays.
Tensor trained(bool as_rows) {
  Tensor table = (arange(8).to(float64) / 8).reshape({4, 2}).requires_grad_();
  Yogi optimizer({{.parameters = {table}, .lr = 0.1}}, {.beta2 = 0.9});
  for (std::vector<int64_t> ids : {std::vector<int64_t>{0, 2}, {1, 2}, {0, 1}}) {
    optimizer.zero_grad();
    Tensor rows = as_rows ? embedding(table, tensor(ids)) : matmul(one_hot(tensor(ids), 4, float64), table);
    (sum(square(rows - 2)) * 0.5).backward();
    optimizer.step();
  }
  return table.detach();
}

void show_groups() {
  nn::Linear encoder(2, 3), head(3, 1);
  auto all = nn::join({{"encoder", encoder.parameters()}, {"head", head.parameters()}});
  optim::AdamW adam({{.parameters = nn::named(all, {"*.bias"}), .weight_decay = 0},
                     {.parameters = nn::not_named(all, {"*.bias"}), .lr = 1e-4, .rows = optim::Rows::lazy}},
                    {.lr = 1e-3, .weight_decay = 0.1});
  for (size_t i = 0; i < adam.parameters().size(); ++i)
    std::cout << adam.name(i) << " " << adam.lr(i) << "\n";
}

int main() {
  std::cout << trained(false) << "\n";
  std::cout << "rows: " << (equal(trained(true), trained(false)) ? "the same" : "another") << "\n";
  show_groups();
}
// Prints:
// tensor([[0.1003, 0.2253],
//         [0.3240, 0.4490],
//         [0.6121, 0.7371],
//         [0.7500, 0.8750]], dtype=float64)
// rows: the same
// encoder.bias 0.001
// head.bias 0.001
// encoder.weight 0.0001
// head.weight 0.0001
