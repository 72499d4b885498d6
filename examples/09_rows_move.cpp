// Which rows of a table does a step move? Those in the batch; but momentum goes on moving what it once moved.
#include <lexigrad/lexigrad.h>

#include <cstdio>

using namespace lexigrad;

// The rows that differ between two tables.
std::string moved(const Tensor& before, const Tensor& after) {
  std::string out;
  for (int64_t row = 0; row < before.size(0); ++row)
    if (!equal(before[row], after[row])) out += " " + std::to_string(row);
  return out;
}

// Two steps, of a batch with rows 2 and 3 and of one with row 5 alone.
template <class Optimizer, class Options>
void show(const char* name, const Options& options) {
  manual_seed(123);
  nn::Embedding embedding(6, 3);
  Optimizer optimizer(embedding.parameters(), options);
  std::printf("%-17s", name);
  for (const Tensor& ids : {tensor({2, 3}), tensor({5})}) {
    Tensor before = embedding.weight().detach().clone();
    optimizer.zero_grad();
    sum(square(embedding(ids))).backward();
    optimizer.step();
    std::printf(" | moved%s", moved(before, embedding.weight().detach()).c_str());
  }
  std::printf("\n");
}

int main() {
  std::printf("%-17s | rows 2 3  | row 5\n", "batch");
  show<optim::SGD>("SGD", optim::SGDOptions{.lr = 0.1});
  show<optim::Adam>("lazy Adam", optim::AdamOptions{.lr = 0.1, .rows = optim::Rows::lazy});
  // Adam moves a row by m / sqrt(v), and m is a running mean of its gradients: at step 2 rows 2 and 3 have
  // gradient 0, but their m is still 0.9 of what it was. PyTorch's Adam does the same. Lazy rows wait for
  // their next batch.
  show<optim::Adam>("Adam", optim::AdamOptions{.lr = 0.1});
  show<optim::SGD>("SGD with momentum", optim::SGDOptions{.lr = 0.1, .momentum = 0.9});
}
// Prints:
// batch             | rows 2 3  | row 5
// SGD               | moved 2 3 | moved 5
// lazy Adam         | moved 2 3 | moved 5
// Adam              | moved 2 3 | moved 2 3 5
// SGD with momentum | moved 2 3 | moved 2 3 5
