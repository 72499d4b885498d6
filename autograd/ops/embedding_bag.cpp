#include <algorithm>
#include <utility>

#include "lexigrad/autograd/kernels/reduce.h"
#include "lexigrad/autograd/ops/shared/index.h"
#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/tape/row_reader.h"

namespace lexigrad {
namespace {

constexpr const char* kOp = "embedding_bag";

// Ids as one list, in bags.
struct Bags {
  Tensor ids = {};                    // (N)
  std::vector<int64_t> offsets = {};  // where bags begin, and the end
  int64_t skip = -1;

  int64_t count() const { return static_cast<int64_t>(offsets.size()) - 1; }
  const int64_t* id() const { return detail::pointer<int64_t>(ids); }
  Tensor bag_of() const;  // each id's
  // 1 / the number of ids in the bag of each id, those that are left out apart.
  Tensor shares(Dtype dtype) const;
  // (bags, columns): the position of the largest element of `table` in each, N where there is
  // none; the element itself goes to y.
  Tensor winners(const Tensor& table, const Tensor& y) const;
};

void read_offsets(const Tensor& offsets, bool include_last, Bags& bags) {
  check(offsets.defined() && offsets.rank() == 1 && offsets.dtype() == int64, kOp,
        "A list of ids needs int64 offsets (bags), got ",
        offsets.defined() ? text(name(offsets.dtype()), " ", offsets.shape()) : "none",
        ". Hint: they say where each bag begins; ids (bags, n) need none");
  int64_t total = bags.ids.numel();
  bags.offsets = offsets.to_vector<int64_t>();
  check(!include_last || (!bags.offsets.empty() && bags.offsets.back() == total), kOp, "The last offset is ",
        bags.offsets.empty() ? "missing" : text(bags.offsets.back()),
        ", with include_last_offset it must be the number of ids, ", total);
  if (!include_last) bags.offsets.push_back(total);
  check(bags.offsets[0] == 0 || (bags.count() == 0 && !include_last), kOp, "The first offset is ",
        bags.offsets[0], ", it must be 0");
  for (int64_t b = 0; b < bags.count(); ++b)
    check(bags.offsets[b] <= bags.offsets[b + 1], kOp, "Offset ", bags.offsets[b], " of bag ", b, " is past ",
          b + 1 < bags.count() ? "the next, " : "the number of ids, ", bags.offsets[b + 1],
          ". Hint: offsets never fall");
}

Bags checked_bags(const Tensor& weight, const Tensor& ids, const Tensor& offsets,
                  const Tensor& per_sample_weights, const BagLookupOptions& options) {
  Tensor id = detail::checked_rows(kOp, weight, ids, options.padding_idx, options.table);
  check(ids.rank() == 1 || ids.rank() == 2, kOp, "Ids must be (bags, n), or (N) with offsets, got ",
        ids.shape());
  check(ids.rank() == 1 || !offsets.defined(), kOp, "Ids ", ids.shape(),
        " have a bag in each row and take no offsets. Hint: ids.reshape({-1}) is a list");
  check(!options.scale_grad_by_freq || options.mode != Bag::max, kOp,
        "scale_grad_by_freq is for sum and mean");
  Bags out{.ids = id.reshape({id.numel()}), .skip = options.padding_idx};
  if (ids.rank() == 1)
    read_offsets(offsets, options.include_last_offset, out);
  else
    for (int64_t b = 0, bags = ids.size(0), n = ids.size(1); b <= bags; ++b) out.offsets.push_back(b * n);
  if (per_sample_weights.defined()) {
    Dtype dtype = arithmetic_dtype(weight.dtype());
    check(options.mode == Bag::sum, kOp, "per_sample_weights are for mode sum");
    check(per_sample_weights.shape() == ids.shape() && per_sample_weights.dtype() == dtype, kOp,
          "per_sample_weights are ", name(per_sample_weights.dtype()), " ", per_sample_weights.shape(),
          ", expected ", name(dtype), " ", ids.shape(), ", as weight and ids");
  }
  return out;
}

// The rows of a bfloat16 table that the bags have, widened, and the bags in those.
std::pair<Tensor, Bags> widened(const Tensor& table, const Bags& bags) {
  Bags among = bags;
  among.ids = arange(0, bags.ids.numel());
  among.skip = -1;
  for (int64_t i = 0; i < bags.ids.numel(); ++i)
    if (bags.id()[i] == bags.skip) detail::pointer<int64_t>(among.ids)[i] = -1;
  return {embedding(table, bags.ids), among};
}

Tensor Bags::bag_of() const {
  Tensor out = detail::new_tensor({ids.numel()}, int64);
  int64_t* to = detail::pointer<int64_t>(out);
  for (int64_t b = 0; b < count(); ++b) std::fill(to + offsets[b], to + offsets[b + 1], b);
  return out;
}

Tensor Bags::shares(Dtype dtype) const {
  Tensor out = detail::new_tensor({ids.numel()}, dtype);
  dispatch_floating(kOp, dtype, [&]<class T>(T) {
    for (int64_t b = 0; b < count(); ++b) {
      int64_t n = offsets[b + 1] - offsets[b] - std::count(id() + offsets[b], id() + offsets[b + 1], skip);
      std::fill(detail::pointer<T>(out) + offsets[b], detail::pointer<T>(out) + offsets[b + 1],
                T{1} / static_cast<T>(std::max<int64_t>(n, 1)));
    }
  });
  return out;
}

Tensor Bags::winners(const Tensor& table, const Tensor& y) const {
  if (table.dtype() == bfloat16) {
    auto [rows, among] = widened(table, *this);
    return among.winners(rows, y);
  }
  int64_t dim = table.size(1);
  Tensor out = full({count(), dim}, static_cast<double>(ids.numel()), int64);
  dispatch_floating(kOp, table.dtype(), [&]<class T>(T) {
    parallel_ranges(count(), 16, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        int64_t* best = detail::pointer<int64_t>(out) + b * dim;
        T* to = detail::pointer<T>(y) + b * dim;
        bool first = true;
        for (int64_t i = offsets[b]; i < offsets[b + 1]; ++i) {
          if (id()[i] == skip) continue;
          const T* row = detail::pointer<T>(table) + id()[i] * dim;
          for (int64_t k = 0; k < dim; ++k) {
            bool larger = first || row[k] > to[k];
            to[k] = larger ? row[k] : to[k];
            best[k] = larger ? i : best[k];
          }
          first = false;
        }
      }
    });
  });
  return out;
}

// y (bags, dim) = the sum or mean of scale * row over the ids of each bag; no scales: 1.
void sum_up(const Bags& bags, const Tensor& table, const Tensor& scales, bool mean, const Tensor& y) {
  if (table.dtype() == bfloat16) {
    auto [rows, among] = widened(table, bags);
    return sum_up(among, rows, scales, mean, y);
  }
  int64_t dim = table.size(1), work = std::max<int64_t>(1, dim * bags.ids.numel()),
          grain = std::max<int64_t>(1, detail::kBlockElements * bags.count() / work);
  dispatch_floating(kOp, table.dtype(), [&]<class T>(T) {
    kernels::RowBags<T> rows{detail::pointer<T>(table),
                             dim,
                             bags.id(),
                             bags.offsets.data(),
                             scales.defined() ? detail::pointer<T>(scales) : nullptr,
                             bags.skip,
                             mean};
    parallel_ranges(bags.count(), grain, [&](int64_t begin, int64_t end) {
      kernels::sum_bags(detail::pointer<T>(y), rows, begin, end);
    });
  });
}

// Gradient of per_sample_weights: the row of each id times the gradient of its bag.
Tensor weights_gradient(const Bags& bags, const Tensor& table, const Tensor& dy, const Shape& shape) {
  if (table.dtype() == bfloat16) {
    auto [rows, among] = widened(table, bags);
    return weights_gradient(among, rows, dy, shape);
  }
  Tensor out = zeros({bags.ids.numel()}, dy.dtype()), grad = dy.contiguous(), bag_of = bags.bag_of();
  int64_t dim = table.size(1);
  dispatch_floating(kOp, dy.dtype(), [&]<class T>(T) {
    parallel_ranges(out.numel(), 256, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        if (bags.id()[i] != bags.skip)
          detail::pointer<T>(out)[i] =
              kernels::dot(detail::pointer<T>(table) + bags.id()[i] * dim,
                           detail::pointer<T>(grad) + detail::pointer<int64_t>(bag_of)[i] * dim, dim);
    });
  });
  return out.reshape(shape);
}

// Gradient of the table where the largest counts: dy goes to the position that has it.
RowGrad largest_gradient(const Bags& bags, const Tensor& winners, const Tensor& dy, int64_t rows) {
  int64_t dim = dy.size(1), total = bags.ids.numel();
  Tensor at = scatter_add(zeros({total + 1, dim}, dy.dtype()), 0, winners, dy.detach());
  return RowGrad::of_lookup(bags.ids, narrow(at, 0, 0, total), rows, bags.skip);
}

}  // namespace

Tensor embedding_bag(const Tensor& weight, const Tensor& ids, const Tensor& offsets,
                     const Tensor& per_sample_weights, const BagLookupOptions& options) {
  detail::about_to_read(weight, ids);
  Bags bags = checked_bags(weight, ids, offsets, per_sample_weights, options);
  Tensor table = weight.detach().contiguous(), scales, winners;
  if (per_sample_weights.defined()) scales = per_sample_weights.detach().contiguous().reshape({ids.numel()});
  Tensor y = (options.mode == Bag::max ? zeros : empty)({bags.count(), table.size(1)},
                                                        arithmetic_dtype(table.dtype()));
  if (options.mode == Bag::max)
    winners = bags.winners(table, y);
  else
    sum_up(bags, table, scales, options.mode == Bag::mean, y);
  std::vector<Tensor> inputs{weight};
  if (per_sample_weights.defined()) inputs.push_back(per_sample_weights);
  Saved list(std::exchange(bags.ids, Tensor()));
  return record(kOp, std::move(y), inputs,
                [form = std::move(bags), list, weight = Saved(weight), ids = Saved(ids),
                 offsets = Saved(offsets), given = Saved(per_sample_weights), scales = Saved(scales), winners,
                 options, name = std::string(options.table)](const Tensor& dy, Grads& dx) {
                  if (grad_enabled()) {
                    BagLookupOptions again = options;
                    again.table = name;
                    auto composed = [&](const std::vector<Tensor>& in) {
                      return embedding_bag_composed(in[0], ids, offsets, in[1], again);
                    };
                    return detail::composed_gradients(composed, {weight, given}, dy, dx);
                  }
                  Bags bags = form;
                  bags.ids = list;
                  int64_t rows = weight->size(0);
                  if (dx.needs(0) && winners.defined())
                    dx[0] += largest_gradient(bags, winners, dy, rows);
                  else if (dx.needs(0))
                    dx[0] += RowGrad::of_bags(bags.ids, bags.bag_of(),
                                              options.mode == Bag::mean ? bags.shares(dy.dtype()) : scales,
                                              dy, rows, bags.skip, options.scale_grad_by_freq);
                  if (dx.count() > 1 && dx.needs(1))
                    dx[1] += weights_gradient(bags, weight->contiguous(), dy, given->shape());
                });
}

Tensor embedding_bag_composed(const Tensor& weight, const Tensor& ids, const Tensor& offsets,
                              const Tensor& per_sample_weights, const BagLookupOptions& options) {
  Bags bags = checked_bags(weight, ids, offsets, per_sample_weights, options);
  Tensor rows = embedding(weight, bags.ids,
                          {.padding_idx = options.padding_idx,
                           .table = options.table,
                           .scale_grad_by_freq = options.scale_grad_by_freq});
  Dtype dtype = arithmetic_dtype(weight.dtype());
  int64_t dim = weight.size(1), total = bags.ids.numel();
  if (options.mode == Bag::max)
    return gather(cat({rows, zeros({1, dim}, dtype)}, 0), 0,
                  bags.winners(weight.detach().contiguous(), zeros({bags.count(), dim}, dtype)));
  rows = masked_fill(rows, eq(bags.ids, bags.skip).reshape({total, 1}), 0);
  Tensor scales = ones({total}, dtype);
  if (options.mode == Bag::mean) scales = bags.shares(dtype);
  if (per_sample_weights.defined()) scales = scales * per_sample_weights.reshape({total});
  return index_add(zeros({bags.count(), dim}, dtype), 0, bags.bag_of(), rows * scales.reshape({total, 1}));
}

static Tensor example_bags() { return tensor({2, 0, 2, 4, 1, 3, 1}); }
static Tensor example_offsets() { return tensor({0, 3, 3, 5}); }

// By loops: `add` takes the running value of an element, whether it is the first, and the next.
static Tensor example_result(const Tensor& weight,
                             const std::function<double(double, bool, double, int64_t)>& add) {
  int64_t dim = weight.size(1), begin[] = {0, 3, 3, 5, 7};
  Tensor y = zeros({4, dim}, float64);
  for (int64_t b = 0; b < 4; ++b)
    for (int64_t k = 0; k < dim; ++k) {
      bool first = true;
      for (int64_t i = begin[b]; i < begin[b + 1]; ++i) {
        int64_t id = example_bags().data<int64_t>()[i];
        if (id == 3) continue;
        double& to = y.data<double>()[b * dim + k];
        to = add(to, first, weight.data<double>()[id * dim + k], i);
        first = false;
      }
    }
  return y;
}

EXAMPLE(
    embedding_bag, .shapes = {{{5, 3}, {7}}, {{5, 0}, {7}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return embedding_bag(in[0], example_bags(), example_offsets(), in[1],
                               {.mode = Bag::sum, .padding_idx = 3});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          return example_result(in[0], [&](double sum, bool, double x, int64_t i) {
            return sum + in[1].data<double>()[i] * x;
          });
        },
    .bad =
        [] {
          embedding_bag(ones({5, 3}), tensor({0, 1, 2}), tensor({0, 2, 1}));
        },
    .error = "[embedding_bag] Offset 2 of bag 1 is past the next, 1. Hint: offsets never fall");
EXAMPLE(
    embedding_bag, .shapes = {{{5, 3}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return embedding_bag(in[0], example_bags(), example_offsets(), {}, {.padding_idx = 3});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = example_result(in[0], [](double sum, bool, double x, int64_t) { return sum + x; });
          double counts[] = {3, 1, 2, 1};
          for (int64_t i = 0; i < 12; ++i) y.data<double>()[i] /= counts[i / 3];
          return y;
        },
    .bad =
        [] {
          embedding_bag(ones({5, 3}), tensor({0, 1, 2}));
        },
    .error =
        "[embedding_bag] A list of ids needs int64 offsets (bags), got none. Hint: they say where each bag "
        "begins; ids (bags, n) need none");
EXAMPLE(
    embedding_bag, .shapes = {{{5, 3}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return embedding_bag(in[0], example_bags(), example_offsets(), {},
                               {.mode = Bag::max, .padding_idx = 3});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          return example_result(
              in[0], [](double best, bool first, double x, int64_t) { return first || x > best ? x : best; });
        },
    .bad =
        [] {
          embedding_bag(ones({5, 3}), tensor({0, 1, 5}), tensor({0}), {}, {.table = "words"});
        },
    .error =
        "[embedding_bag] Id 5 at position 2 is outside table \"words\" (valid ids are 0..4). Hint: the table "
        "needs a row for every id of the tokenizer; ids start at 0");

}  // namespace lexigrad
