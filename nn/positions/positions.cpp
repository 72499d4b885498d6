#include "lexigrad/nn/positions/positions.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/nn.h"  // every method enters its name

namespace lexigrad::nn {
namespace {

using Make = std::function<std::unique_ptr<Positions>(const PositionsOptions&)>;

std::map<std::string, Make>& methods() {
  static std::map<std::string, Make> all;
  return all;
}

}  // namespace

detail::PositionsEntry::PositionsEntry(const std::string& name, Make make) {
  methods().emplace(name, std::move(make));
}

std::unique_ptr<Positions> make_positions(const std::string& name, const PositionsOptions& options) {
  auto found = methods().find(name);
  std::string known;
  for (const std::string& each : positions_names()) known += (known.empty() ? "" : ", ") + each;
  check(found != methods().end(), "positions", "There is no method \"", name, "\" (valid are ", known, ")");
  check(options.dim > 0 && options.heads > 0 && options.max_length > 0, "positions",
        "Needs max_length, dim and heads of at least 1, got ", options.max_length, ", ", options.dim, " and ",
        options.heads);
  return found->second(options);
}

std::vector<std::string> positions_names() {
  std::vector<std::string> out;
  for (const auto& [name, make] : methods()) out.push_back(name);
  return out;
}

Tensor detail::distance_rows(int64_t length, int64_t keys, int64_t limit) {
  Tensor out = empty({length, keys}, int64);
  int64_t* to = out.data<int64_t>();
  for (int64_t t = 0; t < length; ++t)
    for (int64_t s = 0; s < keys; ++s)
      *to++ = std::clamp<int64_t>(t + keys - length - s, -limit, limit) + limit;
  return out;
}

Tensor detail::scores_by_distance(const Tensor& x, const Tensor& table, const Tensor& index) {
  Tensor all = transpose(matmul(x, transpose(table, 0, 1)), 1, 2);  // (B, H, T, rows)
  return gather(all, 3, expand(index, {all.size(0), all.size(1), index.size(0), index.size(1)}));
}

}  // namespace lexigrad::nn
