#include "autograd/ops/torch/calls.h"

#include <optional>

#include "lexigrad/autograd/tensor/random.h"

using namespace lexigrad;
using nlohmann::json;

namespace torch_calls {
namespace {

std::vector<Tensor> listed(Tensor y) { return {std::move(y)}; }
std::vector<Tensor> listed(std::vector<Tensor> y) { return y; }
std::vector<Tensor> listed(const ValuesIndices& y) { return {y.values, y.indices}; }
std::vector<Tensor> listed(const UniqueResult& y) { return {y.values, y.inverse, y.counts}; }

template <class F>
Call call(const F& f) {
  return [f](const Inputs& x, const json& a) { return listed(f(x, a)); };
}
Call one(Tensor (*f)(const Tensor&)) {
  return call([f](const Inputs& x, const json&) { return f(x[0]); });
}
Call two(Tensor (*f)(const Tensor&, const Tensor&)) {
  return call([f](const Inputs& x, const json&) { return f(x[0], x[1]); });
}

std::optional<int64_t> dim_or_none(const json& j) {
  return j.is_null() ? std::nullopt : std::optional<int64_t>(j.get<int64_t>());
}
std::optional<double> number_or_none(const json& a, size_t i) {
  return a.size() > i ? std::optional<double>(a[i].get<double>()) : std::nullopt;
}
double power(const json& j) { return j.is_number() ? j.get<double>() : INFINITY; }
int64_t at(const json& a, size_t i, int64_t otherwise) {
  return a.size() > i ? a[i].get<int64_t>() : otherwise;
}

Dtype dtype_of_name(const json& j) {
  for (Dtype dtype : {boolean, int64, float32, float64})
    if (name(dtype) == j.get<std::string>()) return dtype;
  throw std::runtime_error("no dtype " + j.dump());
}

Reduce reduce_of_name(const json& j) {
  const std::map<std::string, Reduce> all{{"sum", Reduce::sum},
                                          {"prod", Reduce::prod},
                                          {"mean", Reduce::mean},
                                          {"amax", Reduce::amax},
                                          {"amin", Reduce::amin}};
  return all.at(j);
}

Tensor quantile_of(const Inputs& x, const json& a) {
  if (a[0].is_number()) return quantile(x[0], a[0].get<double>(), dim_or_none(a[1]), a[2]);
  Tensor q = tensor(a[0].get<std::vector<double>>()).to(x[0].dtype());
  return quantile(x[0], q, dim_or_none(a[1]), a[2]);
}

Tensor moved(const Inputs& x, const json& a) {
  if (a[0].is_array()) return movedim(x[0], list(a[0]), list(a[1]));
  return movedim(x[0], a[0].get<int64_t>(), a[1].get<int64_t>());
}

Tensor dotted(const Inputs& x, const json& a) {
  if (a[0].is_array()) return tensordot(x[0], x[1], list(a[0][0]), list(a[0][1]));
  return tensordot(x[0], x[1], a[0].get<int64_t>());
}

Tensor drawn(const Inputs& x, const json& a) {
  manual_seed(a[0]);
  return bernoulli(x[0]);
}

std::map<std::string, Call> elementwise_calls() {
  return {
      {"floor", one(floor)},
      {"ceil", one(ceil)},
      {"trunc", one(trunc)},
      {"isnan", one(isnan)},
      {"isinf", one(isinf)},
      {"isfinite", one(isfinite)},
      {"log2", one(log2)},
      {"log10", one(log10)},
      {"exp2", one(exp2)},
      {"tan", one(tan)},
      {"logsigmoid", one(logsigmoid)},
      {"remainder", two(remainder)},
      {"floor_divide", two(floor_divide)},
      {"logaddexp", two(logaddexp)},
      {"lerp", call([](const Inputs& x, const json&) { return lerp(x[0], x[1], x[2]); })},
      {"lerp_number",
       call([](const Inputs& x, const json& a) { return lerp(x[0], x[1], a[0].get<double>()); })},
      {"clamp_tensors", call([](const Inputs& x, const json&) { return clamp(x[0], x[1], x[2]); })},
      {"round", call([](const Inputs& x, const json& a) { return round(x[0], at(a, 0, 0)); })},
      {"nan_to_num", call([](const Inputs& x, const json& a) {
         return nan_to_num(x[0], number_or_none(a, 0).value_or(0), number_or_none(a, 1),
                           number_or_none(a, 2));
       })},
      {"elu", call([](const Inputs& x, const json& a) { return elu(x[0], a[0]); })},
      {"hardtanh", call([](const Inputs& x, const json& a) { return hardtanh(x[0], a[0], a[1]); })},
      {"glu", call([](const Inputs& x, const json& a) { return glu(x[0], a[0]); })},
  };
}

std::map<std::string, Call> dimension_calls() {
  return {
      {"median", one(median)},
      {"median_dim",
       call([](const Inputs& x, const json& a) { return median(x[0], a[0].get<int64_t>(), a[1]).values; })},
      {"kthvalue",
       call([](const Inputs& x, const json& a) { return kthvalue(x[0], a[0], a[1], a[2]).values; })},
      {"quantile", call(quantile_of)},
      {"cumprod", call([](const Inputs& x, const json& a) { return cumprod(x[0], a[0]); })},
      {"cummax", call([](const Inputs& x, const json& a) { return cummax(x[0], a[0]); })},
      {"cummin", call([](const Inputs& x, const json& a) { return cummin(x[0], a[0]); })},
      {"logcumsumexp", call([](const Inputs& x, const json& a) { return logcumsumexp(x[0], a[0]); })},
      {"diff", call([](const Inputs& x, const json& a) { return diff(x[0], a[0], a[1]); })},
      {"softmin", call([](const Inputs& x, const json& a) { return softmin(x[0], a[0]); })},
      {"movedim", call(moved)},
      {"diagonal", call([](const Inputs& x, const json& a) {
         return diagonal(x[0], at(a, 0, 0), at(a, 1, 0), at(a, 2, 1));
       })},
      {"diag_embed", call([](const Inputs& x, const json& a) {
         return diag_embed(x[0], at(a, 0, 0), at(a, 1, -2), at(a, 2, -1));
       })},
      {"repeat_interleave", call([](const Inputs& x, const json& a) {
         return repeat_interleave(x[0], ids(a[0]), dim_or_none(a[1]));
       })},
      {"sum_dtype",
       call([](const Inputs& x, const json& a) { return sum(x[0], list(a[0]), a[1], dtype_of_name(a[2])); })},
      {"mean_dtype", call([](const Inputs& x, const json& a) {
         return mean(x[0], list(a[0]), a[1], dtype_of_name(a[2]));
       })},
      {"prod_dtype", call([](const Inputs& x, const json& a) {
         return prod(x[0], {a[0].get<int64_t>()}, a[1], dtype_of_name(a[2]));
       })},
      {"cat_promoted", call([](const Inputs& x, const json& a) { return cat(x, a[0]); })},
  };
}

std::map<std::string, Call> product_calls() {
  return {
      {"addmm", call([](const Inputs& x, const json& a) { return addmm(x[0], x[1], x[2], a[0], a[1]); })},
      {"matmul_whole", two(matmul)},
      {"tensordot", call(dotted)},
      {"einsum_dots",
       call([](const Inputs& x, const json& a) { return einsum(a[0].get<std::string>(), x); })},
      {"normalize", call([](const Inputs& x, const json& a) { return normalize(x[0], power(a[0]), a[1]); })},
      {"cosine_similarity",
       call([](const Inputs& x, const json& a) { return cosine_similarity(x[0], x[1], a[0]); })},
      {"pairwise_distance", call([](const Inputs& x, const json& a) {
         return pairwise_distance(x[0], x[1], power(a[0]), 1e-6, a[1]);
       })},
      {"cdist", call([](const Inputs& x, const json& a) { return cdist(x[0], x[1], power(a[0])); })},
  };
}

std::map<std::string, Call> indexing_calls() {
  return {
      {"nonzero", one(nonzero)},
      {"where_one", call([](const Inputs& x, const json&) { return where(x[0]); })},
      {"scatter", call([](const Inputs& x, const json& a) { return scatter(x[0], a[0], ids(a[1]), x[1]); })},
      {"scatter_value", call([](const Inputs& x, const json& a) {
         return scatter(x[0], a[0], ids(a[1]), a[2].get<double>());
       })},
      {"scatter_reduce", call([](const Inputs& x, const json& a) {
         return scatter_reduce(x[0], a[0], ids(a[1]), x[1], reduce_of_name(a[2]), a[3]);
       })},
      {"index_copy",
       call([](const Inputs& x, const json& a) { return index_copy(x[0], a[0], ids(a[1]), x[1]); })},
      {"index_fill",
       call([](const Inputs& x, const json& a) { return index_fill(x[0], a[0], ids(a[1]), a[2]); })},
      {"masked_select", call([](const Inputs& x, const json&) { return masked_select(x[0], gt(x[1], 0)); })},
      {"unique", call([](const Inputs& x, const json&) { return unique(x[0]); })},
      {"bincount", call([](const Inputs& x, const json& a) {
         return bincount(ids(a[0]), x.empty() ? Tensor() : x[0], a[1]);
       })},
      {"searchsorted", call([](const Inputs& x, const json& a) { return searchsorted(x[0], x[1], a[0]); })},
      {"one_hot", call([](const Inputs&, const json& a) { return one_hot(ids(a[0])); })},
      {"bernoulli", call(drawn)},
  };
}

}  // namespace

const std::map<std::string, Call>& calls() {
  static const std::map<std::string, Call> all = [] {
    std::map<std::string, Call> joined;
    for (auto part : {elementwise_calls(), dimension_calls(), product_calls(), indexing_calls()})
      joined.merge(part);
    return joined;
  }();
  return all;
}

}  // namespace torch_calls
