// The usual mistakes, each beside what was meant; one is made where its macro is defined. run.cmake holds its error to
// 15 lines and to the words behind "says".
#include <lexigrad/lexigrad.h>

#include <iostream>
#include <utility>
#include <vector>

using namespace lexigrad;

void tensors(Tensor x) {
#ifdef RESULT_ASSIGNED  // says: sum(x) = y would change nothing
  sum(x) = x;
#else
  x.copy_(sum(x));
#endif

#ifdef LIST_AS_TENSOR  // says: could not convert '{1, 2, 3}' from '<brace-enclosed initializer list>' to 'lexigrad::Tensor'
  Tensor list = {1, 2, 3};
#else
  Tensor list = tensor({1, 2, 3});
#endif

#ifdef NUMBER_AS_TENSOR  // says: conversion from 'float' to non-scalar type 'lexigrad::Tensor' requested
  Tensor number = 1.5f;
#else
  Tensor number = tensor(1.5f);
#endif

#ifdef VECTOR_AS_TENSOR  // says: write tensor(vector)
  sum(std::vector<float>{1, 2});
#else
  sum(tensor(std::vector<float>{1, 2}));
#endif

#ifdef VECTOR_ADDED  // says: write tensor(vector)
  x + std::vector<double>{1, 2};
#else
  x + tensor(std::vector<double>{1, 2});
#endif

#ifdef TEXT_ADDED  // says: not with text
  x + "one";
#else
  x + 1;
#endif

#ifdef TEXT_COMPARED  // says: not with text
  x == std::string("one");
#else
  (void)(x == 1);
#endif

#ifdef DIMS_IN_A_ROW  // says: sum(const Dims& dims, bool keepdim
  x.sum(0, 1, 2, 3);
#else
  x.sum({0, 1, 2, 3});
#endif

#ifdef TENSOR_AS_NUMBER  // says: cannot convert 'lexigrad::Tensor' to 'float'
  float value = x;
#else
  float value = x.item<float>();
#endif
}

void modules(Tensor x, nn::Linear& net) {
#ifdef TWO_INPUTS  // says: write what the class's forward() takes
  net(x, x);
#else
  net(x);
#endif

#ifdef NO_INPUT  // says: write what the class's forward() takes
  net();
#else
  net.forward(x);
#endif

#ifdef ONE_SIZE  // says: Linear(int64_t in_features, int64_t out_features
  nn::Linear layer(2);
#else
  nn::Linear layer(2, 3);
#endif

#ifdef INPUT_TO_CONSTRUCTOR  // says: no matching function for call to 'lexigrad::nn::ReLU::ReLU(lexigrad::Tensor&)
  nn::ReLU positive(x);
#else
  nn::ReLU()(x);
#endif

#ifdef LAYER_NOT_MOVED  // says: std::move(mine)
  nn::Sequential both(layer, nn::ReLU());
#else
  nn::Sequential both(std::move(layer), nn::ReLU());
#endif

#ifdef LAYER_NOT_MOVED_IN  // says: std::move(mine)
  both.append(net);
#else
  both.append(std::move(net));
#endif

#ifdef FUNCTION_AS_LAYER  // says: takes ReLU()
  nn::Sequential activated(nn::Linear(2, 2), relu);
#else
  nn::Sequential activated(nn::Linear(2, 2), nn::ReLU());
#endif

#ifdef RECURRENT_AS_LAYER  // says: tensor to tensor
  nn::Sequential recurrent(nn::GRU(2, 2));
#else
  nn::GRU recurrent(2, 2);
#endif

  // A line for each, with name and shape.
  std::cout << net.parameters();
}

void training(Tensor x, nn::Linear& net) {
#ifdef MODULE_AS_PARAMETERS  // says: write module.parameters()
  optim::Adam optimizer(net);
#else
  optim::Adam optimizer(net.parameters());
#endif

#ifdef LOSS_AS_TENSOR  // says: conversion from 'lexigrad::nn::Loss' to non-scalar type 'lexigrad::Tensor' requested
  Tensor loss = nn::cross_entropy(x, x);
#else
  Tensor loss = nn::cross_entropy(x, x).mean();
#endif

#ifdef NO_INPUTS_TO_CHECK  // says: gradcheck(module, inputs...) calls module(inputs...)
  gradcheck(net);
#else
  gradcheck(net, x);
#endif

#ifdef TENSOR_AS_DATASET  // says: data::TensorDataset(x, y)
  data::DataLoader loader(x, {.batch_size = 2});
#else
  data::DataLoader loader(data::TensorDataset(x, x), {.batch_size = 2});
#endif
}
