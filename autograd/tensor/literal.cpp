#include "lexigrad/autograd/tensor/literal.h"

#include <algorithm>

namespace lexigrad {

void Literal::form(std::vector<int64_t>& sizes) const {
  if (!is_list_) return;
  sizes.push_back(static_cast<int64_t>(items_.size()));
  if (!items_.empty()) items_.front().form(sizes);
}

Shape Literal::shape() const {
  std::vector<int64_t> sizes;
  form(sizes);
  return sizes;
}

void Literal::read(const std::vector<int64_t>& sizes, size_t dim, std::vector<Scalar>& out) const {
  check(is_list_ == (dim < sizes.size()), "tensor",
        "Numbers and lists stand side by side. Hint: all entries of one level must be of one kind");
  if (!is_list_) return out.push_back(number_);
  int64_t found = static_cast<int64_t>(items_.size());
  if (found != sizes[dim]) detail::ragged(sizes[dim], found);
  for (const Literal& item : items_) item.read(sizes, dim + 1, out);
}

std::vector<Scalar> Literal::numbers() const {
  std::vector<int64_t> sizes;
  form(sizes);
  std::vector<Scalar> out;
  read(sizes, 0, out);
  return out;
}

Dtype Literal::dtype() const {
  std::vector<Scalar> all = numbers();
  Dtype highest = all.empty() ? float32 : boolean;
  for (const Scalar& number : all) highest = std::max(highest, number.dtype());
  return highest;
}

void detail::ragged(int64_t expected, int64_t found) {
  fail("tensor", text("A nested list has ", found, " entries where its neighbours have ", expected,
                      ". Hint: all lists of one level must have the same length"));
}

}  // namespace lexigrad
