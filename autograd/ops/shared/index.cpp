#include "lexigrad/autograd/ops/shared/index.h"

#include <cstring>

#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/strided.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {
namespace {

Shape index_of(const Shape& shape, int64_t flat) {
  Shape index(shape.rank(), 0);
  for (int64_t d = shape.rank() - 1; d >= 0; flat /= shape[d--]) index[d] = flat % shape[d];
  return index;
}

// "position 3", or the list of indices where there are several dimensions.
std::string place(const Shape& shape, int64_t flat) {
  return shape.rank() <= 1 ? text("position ", flat) : text("position ", index_of(shape, flat));
}

// "batch 3, position 17" for two dimensions, "position 3" for one, the list of indices for others.
std::string place_in_batch(const Shape& shape, int64_t flat) {
  if (shape.rank() == 2) return text("batch ", flat / shape[1], ", position ", flat % shape[1]);
  return shape.rank() == 1 ? text("position ", flat) : text("index ", index_of(shape, flat));
}

[[noreturn]] void fail_id(const char* op, int64_t id, const std::string& where, const Shape& shape,
                          int64_t dim, int64_t lowest) {
  std::string valid =
      shape[dim] == 0 ? std::string("there are none") : text("valid are ", lowest, "..", shape[dim] - 1);
  fail(op, text("Id ", id, " at ", where, " is outside dimension ", dim, " of a tensor of shape ", shape,
                " (", valid, ")"));
}

void check_int64(const char* op, const Tensor& ids) {
  check(get(ids).dtype == int64, op, "Ids must be int64, got ", name(ids.dtype()),
        ". Hint: ids.to(int64) converts");
}

}  // namespace

void check_ids(const char* op, const Tensor& ids, const Shape& shape, int64_t dim) {
  check_int64(op, ids);
  int64_t size = shape[dim];
  StridedLoop<1> loop(ids.shape(), {ids.strides()});
  loop.run([&](const std::array<int64_t, 1>& at, int64_t out, int64_t n) {
    const int64_t* id = pointer<int64_t>(ids) + at[0];
    for (int64_t i = 0; i < n; ++i)
      if (int64_t k = id[i * loop.inner(0)]; k < 0 || k >= size) [[unlikely]]
        fail_id(op, k, place(ids.shape(), out + i), shape, dim, 0);
  });
}

Tensor checked_rows(const char* op, const Tensor& weight, const Tensor& ids, int64_t padding_idx,
                    std::string_view table) {
  check(weight.rank() == 2, op, "The table must have shape (num_embeddings, embedding_dim), got ",
        weight.shape());
  check_int64(op, ids);
  int64_t rows = weight.size(0);
  check(padding_idx >= -1 && padding_idx < rows, op, "padding_idx ", padding_idx, " is outside table \"",
        table, "\" (valid are 0..", rows - 1, ", and -1 for none)");
  Tensor out = ids.contiguous();
  const int64_t* id = pointer<int64_t>(out);
  int64_t n = ids.numel();
  uint64_t outside = 0;  // its top bit, where an id is negative or the last row less it is
  for (int64_t i = 0; i < n; ++i)
    outside |=
        static_cast<uint64_t>(id[i]) | (static_cast<uint64_t>(rows - 1) - static_cast<uint64_t>(id[i]));
  for (int64_t i = 0; outside >> 63 && i < n; ++i)
    if (id[i] < 0 || id[i] >= rows)
      fail(op, text("Id ", id[i], " at ", place_in_batch(ids.shape(), i), " is outside table \"", table,
                    "\" (valid ids are 0..", rows - 1,
                    "). Hint: the table needs a row for every id of the tokenizer; ids start at 0"));
  return out;
}

Tensor checked_offsets(const char* op, const std::vector<Tensor>& ids, const Shape& shape,
                       const Shape& strides) {
  check(!ids.empty() && static_cast<int64_t>(ids.size()) <= shape.rank(), op, ids.size(),
        " index tensors do not fit a tensor of shape ", shape, " (valid are 1..", shape.rank(), ")");
  Shape whole;
  for (const Tensor& one : ids) {
    check_int64(op, one);
    whole = broadcast(op, whole, one.shape());
  }
  Tensor offsets = zeros(whole, int64);
  for (size_t k = 0; k < ids.size(); ++k) {
    int64_t dim = static_cast<int64_t>(k), size = shape[dim], stride = strides[dim];
    StridedLoop<1> loop(whole, {broadcast_strides(ids[k].shape(), ids[k].strides(), whole)});
    loop.run([&](const std::array<int64_t, 1>& at, int64_t out, int64_t n) {
      const int64_t* id = pointer<int64_t>(ids[k]) + at[0];
      for (int64_t i = 0; i < n; ++i) {
        int64_t one = id[i * loop.inner(0)];
        if (one < -size || one >= size) [[unlikely]]
          fail_id(op, one, text(place(whole, out + i), " of index ", k), shape, dim, -size);
        pointer<int64_t>(offsets)[out + i] += (one < 0 ? one + size : one) * stride;
      }
    });
  }
  return offsets;
}

Chosen ids_along(const Tensor& x, int64_t dim, const Tensor& ids) {
  Chosen c{x.shape(), x.strides(), ids, Shape(x.rank(), 0), x.strides()[dim]};
  c.shape[dim] = ids.numel();
  c.strides[dim] = 0;
  c.id_strides[dim] = ids.rank() > 0 ? ids.strides()[0] : 0;
  return c;
}

Chosen everywhere(const Tensor& x, int64_t dim, const Tensor& ids) {
  Chosen c{ids.shape(), x.strides(), ids, ids.strides(), x.strides()[dim]};
  c.strides[dim] = 0;
  return c;
}

Chosen leading(const Tensor& x, int64_t dims, const Tensor& offsets) {
  auto rest = [&](const Shape& s) { return std::vector<int64_t>(s.begin() + dims, s.end()); };
  Shape strides = Shape(rest(x.strides())).with(0, 0);
  Chosen c{Shape(rest(x.shape())).with(0, offsets.numel()), strides, offsets, Shape(strides.rank(), 0), 1};
  c.id_strides[0] = 1;
  return c;
}

Tensor take(const Tensor& x, const Chosen& c) {
  Tensor y = new_tensor(c.shape, x.dtype());
  StridedLoop<2> loop(c.shape, {c.strides, c.id_strides});
  int64_t along_x = loop.inner(0), along_ids = loop.inner(1);
  dispatch(x.dtype(), [&]<class T>(T) {
    loop.run([&](const std::array<int64_t, 2>& at, int64_t out, int64_t n) {
      const int64_t* id = pointer<int64_t>(c.ids) + at[1];
      T* to = pointer<T>(y) + out;
      const T* from = pointer<T>(x) + at[0];
      if (along_ids == 0 && along_x == 1)
        std::memcpy(to, from + *id * c.step, static_cast<size_t>(n) * sizeof(T));
      else
        for (int64_t i = 0; i < n; ++i) to[i] = from[i * along_x + id[i * along_ids] * c.step];
    });
  });
  return y;
}

namespace {

template <class T>
T combined(Put how, T target, T value) {
  switch (how) {
    case Put::add:
      return static_cast<T>(target + value);
    case Put::multiply:
      return static_cast<T>(target * value);
    case Put::largest:  // NaN stays
      return value > target || value != value ? value : target;
    case Put::smallest:
      return value < target || value != value ? value : target;
    default:
      return value;
  }
}

}  // namespace

void put(const Tensor& y, const Tensor& values, const Chosen& c, int64_t clash, Put how) {
  Shape v_strides = values.strides();
  int64_t count = c.shape[clash], v_next = v_strides[clash], id_next = c.id_strides[clash];
  StridedLoop<3> loop(c.shape.without(clash),
                      {c.strides.without(clash), v_strides.without(clash), c.id_strides.without(clash)});
  dispatch(y.dtype(), [&]<class T>(T) {
    auto each = [&](T* to, const T* from, const int64_t* id, int64_t n) {
      for (int64_t i = 0; i < n; ++i) {
        T& target = to[i * loop.inner(0) + id[i * loop.inner(2)] * c.step];
        target = combined(how, target, from[i * loop.inner(1)]);
      }
    };
    auto rows = [&](const std::array<int64_t, 3>& at, int64_t, int64_t n) {
      T* to = pointer<T>(y) + at[0];
      const T* from = pointer<T>(values) + at[1];
      const int64_t* id = pointer<int64_t>(c.ids) + at[2];
      if (v_next >= loop.inner(1))  // memory is best walked along the free dimension
        for (int64_t k = 0; k < count; ++k) each(to, from + k * v_next, id + k * id_next, n);
      else
        for (int64_t i = 0; i < n; ++i)
          for (int64_t k = 0; k < count; ++k)
            each(to + i * loop.inner(0), from + i * loop.inner(1) + k * v_next,
                 id + i * loop.inner(2) + k * id_next, 1);
    };
    if (count > 0) loop.run(rows, std::max<int64_t>(16, kBlockElements / count));
  });
}

Tensor scatter_source(const char* op, const Tensor& x, int64_t dim, const Tensor& ids, const Tensor& source) {
  bool fits = ids.rank() == x.rank() && source.rank() == x.rank();
  for (int64_t d = 0; fits && d < x.rank(); ++d)
    fits = (d == dim || ids.shape()[d] <= x.shape()[d]) && ids.shape()[d] <= source.shape()[d];
  check(fits, op, "Ids of shape ", ids.shape(), " and source of shape ", source.shape(),
        " do not fit a tensor of shape ", x.shape(), ". Hint: ids may be larger than x along dimension ", dim,
        " only, and nowhere larger than source");
  check(source.dtype() == x.dtype(), op, "x is ", name(x.dtype()), ", source ", name(source.dtype()),
        ". Hint: x.to(dtype) converts");
  check_ids(op, ids, x.shape(), dim);
  Tensor used = source;
  for (int64_t d = 0; d < x.rank(); ++d)
    if (source.shape()[d] > ids.shape()[d]) used = slice(used, d, 0, ids.shape()[d]);
  return used;
}

std::vector<Saved> saved(const std::vector<Tensor>& tensors) {
  return std::vector<Saved>(tensors.begin(), tensors.end());
}

std::vector<Tensor> read(const std::vector<Saved>& saved) {
  std::vector<Tensor> out;
  for (const Saved& x : saved) out.push_back(*x);
  return out;
}

}  // namespace lexigrad::detail
