#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

using Sizes = std::array<int64_t, 128>;  // of each letter

// A tensor with a letter for each dimension.
struct Labelled {
  Tensor x;
  std::string letters;
};

bool has(const std::string& letters, char letter) { return letters.find(letter) != std::string::npos; }

// The `letters` that satisfy `test`, in order.
template <class Test>
std::string those(const std::string& letters, const Test& test) {
  std::string out;
  for (char c : letters)
    if (test(c)) out += c;
  return out;
}

struct Equation {
  std::vector<std::string> inputs;
  std::string output;
};

constexpr int64_t kLastDot = 31;  // what ... stands for has letters up to here, which no equation can name

// Letters for `count` dimensions of a "...": the last has the same in all operands, since these broadcast.
std::string dots(int64_t count) {
  check(count <= kLastDot, "einsum", "... stands for ", count, " dimensions (at most ", kLastDot, ")");
  std::string letters;
  for (int64_t k = count; k > 0; --k) letters += static_cast<char>(kLastDot + 1 - k);
  return letters;
}

// Replaces "..." in the letters of a tensor of rank `rank`; returns for how many dimensions it stood.
int64_t name_dots(std::string& letters, int64_t rank) {
  size_t at = letters.find("...");
  if (at == std::string::npos) return 0;
  int64_t count = std::max<int64_t>(0, rank + 3 - static_cast<int64_t>(letters.size()));
  letters.replace(at, 3, dots(count));
  return count;
}

std::string named(char letter) { return letter <= kLastDot ? "..." : std::string(1, letter); }

// Letters that appear once, in alphabetical order.
std::string single(const std::string& seen) {
  std::string out =
      those(seen, [&](char c) { return c > kLastDot && std::count(seen.begin(), seen.end(), c) == 1; });
  std::sort(out.begin(), out.end());
  return out;
}

Equation parsed(std::string_view equation, const std::vector<Tensor>& operands) {
  std::string whole = those(std::string(equation), [](char c) { return c != ' '; }), seen;
  size_t arrow = whole.find("->");
  std::string left = whole.substr(0, arrow);
  Equation e{{""}, arrow == std::string::npos ? "" : whole.substr(arrow + 2)};
  auto check_letter = [&](char c, bool fits) {
    check(fits, "einsum", "'", c, "' in \"", equation,
          "\" is no letter. Hint: as in \"bij,bjk->bik\" or \"...ij,jk\"");
  };
  for (char c : left + e.output)
    check_letter(c, c == ',' || c == '.' || std::isalpha(static_cast<unsigned char>(c)));
  for (char c : left)
    if (c == ',')
      e.inputs.emplace_back();
    else
      e.inputs.back() += c;
  int64_t most = 0;
  for (size_t i = 0; i < e.inputs.size(); ++i) {
    most = std::max(most, name_dots(e.inputs[i], i < operands.size() ? operands[i].rank() : 0));
    seen += e.inputs[i];
  }
  if (arrow == std::string::npos)
    e.output = dots(most) + single(seen);
  else
    name_dots(e.output, static_cast<int64_t>(e.output.size()) - 3 + most);
  for (char c : seen + e.output) check_letter(c, c != '.');
  for (char c : e.output)
    check(has(seen, c) && std::count(e.output.begin(), e.output.end(), c) == 1, "einsum", "Letter '", c,
          "' of the result of \"", equation, "\" must be in an input, and once in the result");
  return e;
}

Labelled aligned(const Labelled& a, const std::string& letters) {
  std::vector<int64_t> order;
  for (char c : letters) order.push_back(static_cast<int64_t>(a.letters.find(c)));
  return {permute(a.x, order), letters};
}

Labelled keep(const Labelled& a, const std::string& letters) {
  std::vector<int64_t> dims;
  for (size_t d = 0; d < a.letters.size(); ++d)
    if (!has(letters, a.letters[d])) dims.push_back(static_cast<int64_t>(d));
  if (dims.empty()) return a;
  return {sum(a.x, dims), those(a.letters, [&](char c) { return has(letters, c); })};
}

// Each repeated letter's dimensions become their diagonal.
Labelled diagonals(Labelled a, size_t operand) {
  for (size_t i = 0; i < a.letters.size(); ++i) {
    size_t j = a.letters.find(a.letters[i], i + 1);
    if (j == std::string::npos) continue;
    int64_t n = a.x.shape()[static_cast<int64_t>(i)], m = a.x.shape()[static_cast<int64_t>(j)];
    check(n == m, "einsum", "Letter '", a.letters[i], "' of operand ", operand, " names sizes ", n, " and ",
          m);
    std::vector<int64_t> order{static_cast<int64_t>(i), static_cast<int64_t>(j)};
    for (size_t d = 0; d < a.letters.size(); ++d)
      if (d != i && d != j) order.push_back(static_cast<int64_t>(d));
    std::string letters(1, a.letters[i]);
    for (size_t k = 2; k < order.size(); ++k) letters += a.letters[static_cast<size_t>(order[k])];
    Tensor ids = arange(n);
    return diagonals({index(permute(a.x, order), {ids, ids}), letters}, operand);
  }
  return a;
}

Shape shape_of(const std::string& letters, const Sizes& sizes) {
  Shape shape;
  for (char c : letters) shape = shape.with(shape.rank(), sizes[static_cast<size_t>(c)]);
  return shape;
}

// The product of both, summed over the letters that are not needed.
Labelled contracted(const Labelled& first, const Labelled& second, const std::string& needed,
                    const Sizes& sizes) {
  Labelled a = keep(first, second.letters + needed), b = keep(second, first.letters + needed);
  auto both = [&](char c) { return has(a.letters, c) && has(b.letters, c); };
  std::string batch = those(a.letters, [&](char c) { return both(c) && has(needed, c); });
  std::string inner = those(a.letters, [&](char c) { return both(c) && !has(needed, c); });
  std::string left = those(a.letters, [&](char c) { return !both(c); });
  std::string right = those(b.letters, [&](char c) { return !both(c); });
  std::string result = batch + left + right;
  a = aligned(a, batch + left + inner);
  b = aligned(b, batch + inner + right);
  if (inner.empty() || left.size() + right.size() == 0) {
    Tensor x = a.x;
    for (size_t k = 0; k < right.size(); ++k) x = unsqueeze(x, static_cast<int64_t>((batch + left).size()));
    Tensor y = b.x;
    for (size_t k = 0; k < left.size(); ++k) y = unsqueeze(y, static_cast<int64_t>(batch.size()));
    return keep({x * y, result + inner}, result);
  }
  int64_t n = shape_of(left, sizes).numel(), k = shape_of(inner, sizes).numel(),
          m = shape_of(right, sizes).numel(), count = shape_of(batch, sizes).numel();
  Tensor y = matmul(reshape(a.x, {count, n, k}), reshape(b.x, {count, k, m}));
  return {reshape(y, shape_of(result, sizes)), result};
}

std::vector<Labelled> labelled(const Equation& e, std::string_view equation,
                               const std::vector<Tensor>& operands, Sizes& sizes) {
  check(e.inputs.size() == operands.size(), "einsum", "\"", equation, "\" names ", e.inputs.size(),
        " operands, got ", operands.size());
  std::vector<Labelled> out;
  for (size_t i = 0; i < operands.size(); ++i) {
    const std::string& letters = e.inputs[i];
    check(static_cast<int64_t>(letters.size()) == operands[i].rank(), "einsum", "\"", letters,
          "\" does not name the dimensions of operand ", i, ", of shape ", operands[i].shape());
    out.push_back(diagonals({operands[i], letters}, i));
    for (size_t d = 0; d < out[i].letters.size(); ++d) {
      int64_t& size = sizes[static_cast<size_t>(out[i].letters[d])];
      int64_t found = out[i].x.shape()[static_cast<int64_t>(d)];
      if (size < 0 || size == 1) size = found;
      check(found == size || found == 1, "einsum", "Letter '", named(out[i].letters[d]), "' has size ", found,
            " in operand ", i, " and ", size, " before");
    }
  }
  for (Labelled& a : out) a.x = expand(a.x, shape_of(a.letters, sizes));
  return out;
}

}  // namespace

Tensor einsum(std::string_view equation, const std::vector<Tensor>& operands) {
  Equation e = parsed(equation, operands);
  Sizes sizes;
  sizes.fill(-1);
  std::vector<Labelled> all = labelled(e, equation, operands, sizes);
  Labelled y = all[0];
  for (size_t i = 1; i < all.size(); ++i) {
    std::string needed = e.output;
    for (size_t k = i + 1; k < all.size(); ++k) needed += all[k].letters;
    y = contracted(y, all[i], needed, sizes);
  }
  return aligned(keep(y, e.output), e.output).x;
}

// For x (n, k), w (k, m), b (m): y[m, n] = sum over k of x[n, k] w[k, m] b[m].
static Tensor product_reference(const std::vector<Tensor>& in) {
  int64_t n = in[0].size(0), k = in[0].size(1), m = in[1].size(1);
  Tensor y = zeros({m, n}, float64);
  for (int64_t i = 0; i < n * m * k; ++i) {
    int64_t r = i / k / m, c = i / k % m, j = i % k;
    y.data<double>()[c * n + r] +=
        in[0].data<double>()[r * k + j] * in[1].data<double>()[j * m + c] * in[2].data<double>()[c];
  }
  return y;
}

EXAMPLE(
    einsum, .shapes = {{{3, 4}, {4, 2}, {2}}, {{3, 0}, {0, 2}, {2}}, {{0, 3}, {3, 2}, {2}}},
    .apply = [](const std::vector<Tensor>& in) { return einsum("nk, km, m -> mn", in); },
    .reference = product_reference,
    .bad =
        [] {
          einsum("ij,jk", {ones({2, 3}), ones({2, 3})});
        },
    .error = "[einsum] Letter 'j' has size 2 in operand 1 and 3 before");
EXAMPLE(
    einsum, .shapes = {{{3, 2, 3}}}, .apply = [](const std::vector<Tensor>& in) { return einsum("iji", in); },
    .reference =
        [](const std::vector<Tensor>& in) {
          const double* x = in[0].data<double>();
          return tensor({x[0] + x[7] + x[14], x[3] + x[10] + x[17]}, float64);
        },
    .bad =
        [] {
          einsum("ij->k", {ones({2, 3})});
        },
    .error = "[einsum] Letter 'k' of the result of \"ij->k\" must be in an input, and once in the result");
EXAMPLE(
    einsum, .shapes = {{{2, 3}, {2, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return einsum("bi,bi->b", in); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({2}, float64);
          for (int64_t i = 0; i < 6; ++i)
            y.data<double>()[i / 3] += in[0].data<double>()[i] * in[1].data<double>()[i];
          return y;
        },
    .bad =
        [] {
          einsum("i..", {ones({2, 3})});
        },
    .error = "[einsum] '.' in \"i..\" is no letter. Hint: as in \"bij,bjk->bik\" or \"...ij,jk\"");
EXAMPLE(
    einsum, .shapes = {{{2, 3}, {4}}},
    .apply = [](const std::vector<Tensor>& in) { return einsum("ij,k->kji", in); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({4, 3, 2}, float64);
          for (int64_t i = 0; i < 24; ++i)
            y.data<double>()[i] = in[0].data<double>()[i % 2 * 3 + i / 2 % 3] * in[1].data<double>()[i / 6];
          return y;
        },
    .bad =
        [] {
          einsum("ij", {ones({2, 3}), ones({2})});
        },
    .error = "[einsum] \"ij\" names 1 operands, got 2");
EXAMPLE(  // the first dimensions broadcast: (2, 1) and (4)
    einsum, .shapes = {{{2, 1, 3}, {3, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return einsum("...k,k...->...", in); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({2, 4}, float64);
          for (int64_t i = 0; i < 24; ++i)
            y.data<double>()[i / 3] +=
                in[0].data<double>()[i / 12 * 3 + i % 3] * in[1].data<double>()[i % 3 * 4 + i / 3 % 4];
          return y;
        },
    .bad =
        [] {
          einsum("...i,...i", {ones({2, 3}), ones({3, 3})});
        },
    .error = "[einsum] Letter '...' has size 3 in operand 1 and 2 before");
EXAMPLE(
    einsum, .shapes = {{{2, 2, 3}, {3, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return einsum("...j,jk", in); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({2, 2, 4}, float64);
          for (int64_t i = 0; i < 48; ++i)
            y.data<double>()[i / 3] +=
                in[0].data<double>()[i / 12 * 3 + i % 3] * in[1].data<double>()[i % 3 * 4 + i / 3 % 4];
          return y;
        });

}  // namespace lexigrad
