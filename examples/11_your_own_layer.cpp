// A layer of your own: members, one line that lists them, and operator().
#include <lexigrad/lexigrad.h>

#include <iostream>

using namespace lexigrad;

class Gate : public nn::Module {
 public:
  explicit Gate(int64_t dim) : value_(dim, dim), gate_(dim, dim) {}
  Tensor operator()(const Tensor& x) const { return value_(x) * sigmoid(gate_(x)); }

 private:
  nn::Linear value_, gate_;
  LEXIGRAD_MODULE(Gate, value_, gate_)
};

int main() {
  manual_seed(123);
  Gate gate(4);
  std::cout << gate << "\n";
  for (const auto& [name, tensor] : gate.named_parameters())
    std::cout << name << " " << tensor.shape() << "\n";
  auto result = gradcheck(gate, randn({2, 4}, float64));  // every parameter and the input
  std::cout << result << "\n";
  return result ? 0 : 1;
}
// Prints:
// Gate(
//   (value): Linear(in_features=4, out_features=4, bias=True)
//   (gate): Linear(in_features=4, out_features=4, bias=True)
// )
// value.weight lexigrad.Size([4, 4])
// value.bias lexigrad.Size([4])
// gate.weight lexigrad.Size([4, 4])
// gate.bias lexigrad.Size([4])
// mul: ok, 48 entries, worst ~8.3e-12 at ...
