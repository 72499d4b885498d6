// What each method does to attention, as a picture: how much a position looks at each other one when all hold
// the same token. Rows are queries, columns keys; the mean over 64 random tokens and two heads.
#include <lexigrad/lexigrad.h>

#include <cstdio>

using namespace lexigrad;

// With the identity as values, what attention gives back are its weights (and what the method
// adds to values).
Tensor weights(const nn::Positions& method, int64_t length, int64_t heads, int64_t head_dim) {
  constexpr int64_t draws = 64;
  Tensor token = expand(randn({draws, 1, heads * head_dim}), {draws, length, heads * head_dim});
  Tensor x = method.embed(token).reshape({draws, length, heads, head_dim});
  Tensor q = method.turn(x), k = method.turn(x);
  Tensor identity = expand(eye(length).reshape({1, length, 1, length}), {draws, length, heads, length});
  return mean(method.attend(q, k, identity, {}) - method.attend(q, k, zeros(identity.shape()), {}), {0, 2});
}

int main() {
  constexpr int64_t length = 32, heads = 2, head_dim = 32;
  manual_seed(123);
  NoGrad off;
  std::vector<train::HeatMap> maps;
  for (const std::string& name : nn::position_methods().names()) {
    auto method = nn::make_positions(name, {.max_length = length, .dim = heads * head_dim, .heads = heads});
    maps.push_back({name, weights(*method, length, heads, head_dim)});
  }
  train::save_svg_heat_maps("positions.svg", maps);
  std::printf("positions.svg: %zu methods\n", maps.size());
}
// Prints:
// positions.svg: 11 methods
