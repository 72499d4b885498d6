// The smallest program: one table, one step. compare.py times its compilation and its start, and weighs it.
#include <lexigrad/lexigrad.h>

#include <iostream>

using namespace lexigrad;

int main() {
  nn::Embedding table(10, 4);
  optim::SGD optimizer(table.parameters(), {.lr = 0.1});
  sum(table(tensor({1, 2, 3}))).backward();
  optimizer.step();
  std::cout << table.weight() << "\n";
}
