// An optimizer of your own: RMSprop, for dense gradients and for rows, with PyTorch's numbers.
#include <lexigrad/lexigrad.h>

#include <cmath>
#include <iostream>
using namespace lexigrad;

struct RMSpropOptions {
  double lr = 0.01, alpha = 0.99, eps = 1e-8;
};

// s = alpha s + (1 - alpha) g^2; w -= lr g / (sqrt(s) + eps). Groups, row rates, padding rows, threads and saved
// state come from Optimizer and update_rows.
class RMSprop : public optim::Optimizer {
 public:
  explicit RMSprop(const optim::ParameterGroups& parameters, const RMSpropOptions& options = {})
      : Optimizer("rmsprop", parameters, {.lr = options.lr}, {}, {"square"}), options_(options) {
    check_option("alpha", options.alpha, 0, 1);
  }

 private:
  void update(const nn::ParameterRef& parameter, const optim::StepOptions& step,
              Memory& memory) const override {
    // Rows outside the batch: s of those that were met shrinks, or (lazy) nothing happens.
    auto reach = step.rows == optim::Rows::lazy ? optim::Reach::gradient : optim::Reach::touched;
    optim::update_rows(
        parameter, reach, memory.slots, [&](double share) { return share * step.lr; },
        [o = options_](auto* w, const auto* g, const auto& slots, int64_t n, double lr) {
          using T = std::remove_pointer_t<decltype(w)>;
          T *s = slots[0], alpha = T(o.alpha), fresh = T(1 - o.alpha), eps = T(o.eps), rate = T(lr);
          for (int64_t i = 0; i < n; ++i) {  // g is null for zeros
            T grad = g ? g[i] : T(0);
            s[i] = alpha * s[i] + fresh * grad * grad;
            w[i] -= rate * grad / (std::sqrt(s[i]) + eps);
          }
        });
  }

  RMSpropOptions options_;
};

// Three steps on the table that torch.optim.RMSprop(lr=0.1, alpha=0.9) was given, too.
Tensor trained(bool as_rows) {
  Tensor table = (arange(8).to(float64) / 8).reshape({4, 2}).requires_grad_();
  RMSprop optimizer({{.parameters = {table}, .lr = 0.1}}, {.alpha = 0.9});
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
// tensor([[0.5323, 0.6558],
//         [0.7729, 0.8959],
//         [1.0185, 1.1405],
//         [0.7500, 0.8750]], dtype=float64)
// rows: the same
// encoder.bias 0.001
// head.bias 0.001
// encoder.weight 0.0001
// head.weight 0.0001
