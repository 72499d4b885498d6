// What tutorials on token embeddings show, number by number, where no other test has it.
#include <cmath>
#include <sstream>

#include "catch.h"
#include "lexigrad/lexigrad.h"
#include "support/shared_data.h"

using namespace lexigrad;

namespace {

template <class T>
std::string printed(const T& x) {
  std::ostringstream out;
  out << x;
  return out.str();
}

}  // namespace

TEST_CASE("the tutorials' other seed prints its own table") {
  manual_seed(124);
  CHECK(printed(nn::Embedding(6, 3).weight()) ==
        "Parameter containing:\n"
        "tensor([[-0.5728,  0.2498, -1.2034],\n        [-1.5485, -0.2655,  0.8484],\n"
        "        [ 0.8453, -1.4826,  0.1986],\n        [ 0.1190, -0.8403,  1.4388],\n"
        "        [-0.9206,  0.1130, -0.7559],\n        [-0.3033, -1.6082,  1.0092]], requires_grad=True)");
}

TEST_CASE("one-hot vectors all have cosine 0 and distance sqrt 2") {
  Tensor words = one_hot(arange(6), 6, float64);
  for (int64_t a = 0; a < 6; ++a)
    for (int64_t b = 0; b < a; ++b) {
      CHECK(cosine(words, a, b) == 0);
      CHECK(sum(square(words[a] - words[b])).item<double>() == 2);
    }
}

TEST_CASE("the tutorials' feature tables have their cosines") {
  auto rounded = [](double x) { return std::round(x * 1e4) / 1e4; };
  Tensor cat_dog_apple = tensor(
      {{0.9, 0.88, 0.1, 0.85, 0.0}, {0.95, 0.93, 0.05, 0.9, 0.0}, {0.0, 0.0, 0.95, 0.0, 0.98}}, float64);
  CHECK(rounded(cosine(cat_dog_apple, 0, 1)) == 0.9994);
  CHECK(rounded(cosine(cat_dog_apple, 0, 2)) == 0.0457);
  Tensor dog_cat_apple_banana = tensor({{23.0, 2.0, 19.0, 12.0, 35.0},
                                        {31.0, 3.0, 21.0, 18.0, 31.0},
                                        {1.0, 22.0, 0.0, 0.5, 5.0},
                                        {2.0, 38.0, 0.0, 0.0, 7.0}},
                                       float64);
  CHECK(rounded(cosine(dog_cat_apple_banana, 0, 1)) == 0.9793);
  CHECK(rounded(cosine(dog_cat_apple_banana, 2, 3)) == 0.9989);
  CHECK(rounded(cosine(dog_cat_apple_banana, 1, 2)) == 0.2225);
}

TEST_CASE("the same id gives the same vector, wherever it stands") {
  nn::Embedding embedding(6, 3);
  Tensor y = embedding(tensor({{1, 4, 4, 0}, {4, 2, 5, 4}})).detach();
  for (auto [b, t] : {std::pair{0, 1}, {0, 2}, {1, 0}, {1, 3}})
    CHECK(equal(y[b][t], embedding.weight()[4].detach()));
}

TEST_CASE("the-verdict.txt becomes the tutorial's batches") {
  auto* tokenizer = test::gpt2();
  auto path = test::shared_file("data/the-verdict.txt");
  if (!tokenizer || !path) return;
  data::NextTokenDataset dataset(tokenizer->encode(data::read_text(*path)), {.max_length = 4});
  CHECK(dataset.stride() == 4);
  CHECK(dataset.size() == 1286);
  data::DataLoader loader(dataset, {.batch_size = 8, .drop_last = true});
  CHECK(loader.size() == 160);
  auto first = loader.begin();
  auto [inputs, targets] = *first;
  CHECK(equal(inputs, tensor({{40, 367, 2885, 1464},
                              {1807, 3619, 402, 271},
                              {10899, 2138, 257, 7026},
                              {15632, 438, 2016, 257},
                              {922, 5891, 1576, 438},
                              {568, 340, 373, 645},
                              {1049, 5975, 284, 502},
                              {284, 3285, 326, 11}})));
  CHECK(equal(targets, tensor({{367, 2885, 1464, 1807},
                               {3619, 402, 271, 10899},
                               {2138, 257, 7026, 15632},
                               {438, 2016, 257, 922},
                               {5891, 1576, 438, 568},
                               {340, 373, 645, 1049},
                               {5975, 284, 502, 284},
                               {3285, 326, 11, 287}})));
  nn::Embedding token(tokenizer->vocabulary_size(), 256), position(4, 256);
  Tensor x = token(inputs) + position(arange(4));
  CHECK(printed(x.shape()) == "lexigrad.Size([8, 4, 256])");
  // Every window gets the same four positions.
  CHECK(equal(x[7][2].detach(), (token.weight()[326] + position.weight()[2]).detach()));
}

TEST_CASE("token and position vectors add up as the tutorial prints them") {
  CHECK(printed(tensor({0.5, -0.2, 0.1}) + tensor({0.1, 0.3, -0.1})) == "tensor([0.6000, 0.1000, 0.0000])");
}
