// Calls that must throw, by subject, and the whole text of each error; errors_test.cpp makes them.
#pragma once
#include <functional>
#include <vector>

struct WrongCall {
  const char *op, *kind;  ///< kind: shape, rank, dtype or range
  std::function<void()> call;
  const char* text;
};

const std::vector<WrongCall>& wrong_elementwise_calls();
const std::vector<WrongCall>& wrong_shape_calls();
const std::vector<WrongCall>& wrong_products_calls();
const std::vector<WrongCall>& wrong_losses_calls();
const std::vector<WrongCall>& wrong_tensor_calls();
