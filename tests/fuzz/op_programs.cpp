// Random programs of ops: op_programs [--seconds N] [--seed S] [--programs N]. Each op may refuse with
// std::invalid_argument or MemoryError; any other exception, a crash, a gradient of another shape than its
// tensor's is a finding. The seed of the program is printed; --seed S --programs 1 runs it again.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <random>

#include "lexigrad/autograd/autograd.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/shared/example.h"

// Sanitizers have it; without them it is null.
extern "C" void __sanitizer_set_death_callback(void (*)()) __attribute__((weak));

using namespace lexigrad;

namespace {

constexpr int64_t largest = 2000;  // elements of a tensor that the program goes on with
uint64_t program_seed = 0;

void print_seed() {
  char line[64];
  int n = std::snprintf(line, sizeof line, "finding: --seed %llu --programs 1\n",
                        static_cast<unsigned long long>(program_seed));
  if (::write(2, line, static_cast<size_t>(n)) < 0) return;
}

void on_signal(int number) {
  print_seed();
  ::signal(number, SIG_DFL);
  ::raise(number);
}

struct Counts {
  int64_t ran = 0, refused = 0;
};

class Program {
 public:
  Program(uint64_t seed, std::map<std::string, Counts>& counts) : random_(seed), counts_(counts) {
    for (int64_t i = 0, n = 2 + below(3); i < n; ++i) pool_.push_back(leaf());
  }
  ~Program() {
    for (const Tensor& x : leaves_) x.zero_grad();  // with create_graph a gradient holds its graph
  }
  void run() {
    for (int64_t i = 0, n = 3 + below(20); i < n; ++i) step();
  }

 private:
  using Op = std::pair<const char*, Tensor (Program::*)()>;

  // What ops are given.
  int64_t below(int64_t n) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(n)); }
  bool chance(int64_t percent) { return below(100) < percent; }
  Tensor pick() { return pool_[static_cast<size_t>(below(static_cast<int64_t>(pool_.size())))]; }
  int64_t dim_of(const Tensor& x) { return below(2 * x.rank() + 3) - x.rank() - 1; }  // one too far at times
  Shape shape() {
    Shape out(below(5), 0);
    for (int64_t& size : out) size = chance(12) ? 0 : 1 + below(4);
    return out;
  }
  // Often one that x's elements fit.
  Shape shape_for(const Tensor& x) {
    if (chance(20)) return shape();
    Shape out = chance(50) && x.rank() > 0 ? x.shape() : Shape{x.numel()};
    if (chance(30)) out = out.with(below(out.rank() + 1), 1);
    if (chance(30)) out[below(out.rank())] = -1;
    return out;
  }
  std::vector<int64_t> dims_of(const Tensor& x) {
    std::vector<int64_t> out;
    for (int64_t i = 0, n = below(x.rank() + 2); i < n; ++i) out.push_back(dim_of(x));
    return out;
  }
  double number() {
    static const double odd[] = {0, -0.0, 1, -1, 1e-300, 1e300, INFINITY, -INFINITY, NAN};
    return chance(8) ? odd[below(9)] : static_cast<double>(below(4001) - 2000) / 1000;
  }
  Tensor values(const Shape& shape, Dtype dtype) {
    std::vector<double> numbers;
    for (int64_t i = 0; i < shape.numel(); ++i)
      numbers.push_back(is_floating(dtype) ? number() : static_cast<double>(below(7) - 1));
    return from_values<double>(numbers, shape).to(dtype);
  }
  Tensor leaf() {
    static const Dtype dtypes[] = {float64, float64, float64, float32, float32, int64, boolean};
    Tensor x = values(shape(), dtypes[below(7)]);
    if (!is_floating(x.dtype()) || chance(20)) return x;
    leaves_.push_back(x.requires_grad_());
    return x;
  }
  Tensor ids(int64_t limit) {
    Tensor out = zeros(shape(), int64);
    for (int64_t i = 0; i < out.numel(); ++i)
      out.data<int64_t>()[i] = below(limit + (chance(2) ? 3 : 0)) - chance(1);
    return out;
  }

  // Ops with arguments of their own; the others come from the EXAMPLEs.
  Tensor op_new() { return leaf(); }
  Tensor op_sum() {
    Tensor x = pick();
    return sum(x, dims_of(x), chance(50));
  }
  Tensor op_mean() {
    Tensor x = pick();
    return mean(x, dims_of(x), chance(50));
  }
  Tensor op_softmax() {
    Tensor x = pick();
    return softmax(x, dim_of(x));
  }
  Tensor op_log_softmax() {
    Tensor x = pick();
    return log_softmax(x, dim_of(x));
  }
  Tensor op_reshape() {
    Tensor x = pick();
    return reshape(x, shape_for(x));
  }
  Tensor op_view() {
    Tensor x = pick();
    return view(x, shape_for(x));
  }
  Tensor op_transpose() {
    Tensor x = pick();
    return transpose(x, dim_of(x), dim_of(x));
  }
  Tensor op_permute() {
    Tensor x = pick();
    std::vector<int64_t> dims;
    for (int64_t d = 0; d < x.rank(); ++d) dims.push_back(d);
    std::shuffle(dims.begin(), dims.end(), random_);
    return permute(x, chance(90) ? dims : dims_of(x));
  }
  Tensor op_expand() {
    Tensor x = pick();
    Shape to = x.shape();
    for (int64_t& size : to) size = size == 1 ? below(4) : chance(10) ? -1 : size;
    return expand(x, chance(30) ? to.with(0, below(3)) : chance(10) ? shape() : to);
  }
  Tensor op_slice() {
    Tensor x = pick();
    return slice(x, dim_of(x), below(9) - 4, chance(30) ? std::numeric_limits<int64_t>::max() : below(12) - 4,
                 below(4) + (chance(95) ? 1 : 0));
  }
  Tensor op_select() {
    Tensor x = pick();
    return select(x, dim_of(x), below(6) - 3);
  }
  Tensor op_cat() {
    Tensor x = pick(), y = chance(60) ? x : pick();
    return chance(50) ? cat({x, y}, dim_of(x)) : cat({x, pick(), y}, dim_of(x));
  }
  Tensor op_to() {
    static const Dtype dtypes[] = {boolean, bfloat16, float32, float64};
    return to(pick(), dtypes[below(4)]);
  }
  Tensor op_binary() {
    static constexpr Tensor (*ops[])(const Tensor&, const Tensor&) = {add, sub, mul, div, eq, lt, matmul};
    return ops[below(7)](pick(), pick());
  }
  Tensor op_square_product() {
    Tensor x = pick();
    return matmul(x, transpose(x, -1, -2));
  }
  Tensor op_linear() {
    Tensor x = pick(), w = values({1 + below(4), x.size(-1)}, x.dtype());
    return linear(x, w, chance(50) ? values({w.size(0)}, x.dtype()) : Tensor());
  }
  Tensor op_embedding() {
    Tensor x = pick();
    return embedding(x, ids(std::max<int64_t>(x.size(0), 1)), {.padding_idx = below(4) - 1});
  }
  Tensor op_cross_entropy_sum() {
    Tensor x = pick(), t = ids(std::max<int64_t>(x.size(-1), 1));
    Shape places = x.shape().without(x.rank() - 1);
    return cross_entropy_sum(x, chance(80) ? full(places, static_cast<double>(below(3)), int64) : t,
                             {.ignore_index = below(3),
                              .label_smoothing = chance(30) ? 0.1 : 0.0,
                              .z_loss = chance(30) ? 1e-2 : 0.0});
  }
  Tensor op_linear_cross_entropy_sum() {
    Tensor x = pick(), w = values({2 + below(3), x.size(-1)}, x.dtype());
    Tensor t = full(x.shape().without(x.rank() - 1), static_cast<double>(below(3)), int64);
    leaves_.push_back(w.requires_grad_());
    return linear_cross_entropy_sum(
        x, w, {}, t, {.ignore_index = chance(20) ? 1 : -100, .label_smoothing = chance(30) ? 0.1 : 0.0});
  }
  Tensor op_in_place() {
    Tensor x = pick();
    auto change = [&] {
      switch (below(7)) {
        case 0:
          return x.add_(pick());
        case 1:
          return x.mul_(pick());
        case 2:
          return x.sub_(number());
        case 3:
          return x.div_(pick());
        case 4:
          return x.copy_(pick());
        case 5:
          return x.zero_();
        default:
          return x.fill_(static_cast<double>(below(3)));
      }
    };
    if (chance(60)) return change();
    NoGrad off;
    return change();
  }
  Tensor op_detach() { return pick().detach(); }
  Tensor op_hook() {
    Tensor x = pick();
    x.register_hook([twice = chance(50)](const Tensor& g) { return twice ? g * 2.0 : Tensor(); });
    return x;
  }
  Tensor op_backward() {
    Tensor y = pick();
    bool again = chance(30);
    y.backward(ones(y.shape(), y.dtype()), {.retain_graph = chance(50), .create_graph = again});
    return gradient_of(leaves_[static_cast<size_t>(below(static_cast<int64_t>(leaves_.size())))], again);
  }
  Tensor op_grad() {
    Tensor y = pick();
    std::vector<Tensor> inputs{pick(),
                               leaves_[static_cast<size_t>(below(static_cast<int64_t>(leaves_.size())))]};
    std::vector<Tensor> found = grad(y, inputs,
                                     {.grad_outputs = {ones(y.shape(), y.dtype())},
                                      .retain_graph = true,
                                      .create_graph = chance(70),
                                      .allow_unused = chance(80)});
    for (size_t i = 0; i < inputs.size(); ++i) hold(inputs[i], found[i]);
    Tensor g = found[static_cast<size_t>(below(2))];
    return g.defined() ? g : y;
  }

  static constexpr Op ops[] = {{"new", &Program::op_new},
                               {"sum", &Program::op_sum},
                               {"mean", &Program::op_mean},
                               {"softmax", &Program::op_softmax},
                               {"log_softmax", &Program::op_log_softmax},
                               {"reshape", &Program::op_reshape},
                               {"view", &Program::op_view},
                               {"transpose", &Program::op_transpose},
                               {"permute", &Program::op_permute},
                               {"expand", &Program::op_expand},
                               {"slice", &Program::op_slice},
                               {"select", &Program::op_select},
                               {"cat", &Program::op_cat},
                               {"to", &Program::op_to},
                               {"of two", &Program::op_binary},
                               {"matmul", &Program::op_square_product},
                               {"linear", &Program::op_linear},
                               {"embedding", &Program::op_embedding},
                               {"cross_entropy_sum", &Program::op_cross_entropy_sum},
                               {"linear_cross_entropy_sum", &Program::op_linear_cross_entropy_sum},
                               {"in place", &Program::op_in_place},
                               {"detach", &Program::op_detach},
                               {"hook", &Program::op_hook},
                               {"backward()", &Program::op_backward},
                               {"backward()", &Program::op_backward},
                               {"grad()", &Program::op_grad},
                               {"grad()", &Program::op_grad}};

  // An EXAMPLE's op on what there is, or on inputs of its own on the tape.
  Tensor example(const Example& e) {
    size_t which = static_cast<size_t>(below(static_cast<int64_t>(e.shapes.size())));
    std::vector<Tensor> inputs;
    for (const Shape& shape : e.shapes[which])
      inputs.push_back(chance(50)                 ? pick()
                       : shape.numel() <= largest ? values(shape, float64) + 0 * pick()
                                                  : pick());
    std::vector<Tensor> made = e.apply(inputs);
    for (const Tensor& y : made)
      if (y.numel() <= largest) pool_.push_back(y);
    return made.empty() ? pick() : made[static_cast<size_t>(below(static_cast<int64_t>(made.size())))];
  }

  static void hold(const Tensor& x, const Tensor& g) {
    if (g.defined() && (g.shape() != x.shape() || g.dtype() != x.dtype()))
      fail_training(text("a gradient ", name(g.dtype()), " ", g.shape(), " of a tensor ", name(x.dtype()),
                         " ", x.shape()));
  }
  Tensor gradient_of(const Tensor& x, bool again) {
    if (!x.has_grad()) return x;
    Tensor g = x.grad();
    hold(x, g);
    return again ? g : g.clone();
  }

  void step() {
    int64_t own = static_cast<int64_t>(std::size(ops)), all = static_cast<int64_t>(examples().size());
    bool from_example = chance(50);
    const Example& e = examples()[static_cast<size_t>(below(all))];
    const Op& op = ops[below(own)];
    Counts& counts = counts_[from_example ? e.op : op.first];
    try {
      if (leaves_.empty()) pool_.push_back(leaf());
      if (leaves_.empty()) return;
      Tensor y = from_example ? example(e) : (this->*op.second)();
      ++counts.ran;
      y.to_vector<double>();  // every element is there
      if (y.numel() <= largest) pool_.push_back(y);
    } catch (const std::invalid_argument&) { ++counts.refused; } catch (const MemoryError&) {
      ++counts.refused;
    }
  }

  std::mt19937_64 random_;
  std::map<std::string, Counts>& counts_;
  std::vector<Tensor> pool_, leaves_;
};

int64_t argument(int argc, char** argv, const char* name, int64_t otherwise) {
  for (int i = 1; i + 1 < argc; ++i)
    if (std::strcmp(argv[i], name) == 0) return std::atoll(argv[i + 1]);
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  for (int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::signal(number, on_signal);
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(print_seed);
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(argument(argc, argv, "--seconds", 2));
  int64_t programs = argument(argc, argv, "--programs", std::numeric_limits<int64_t>::max()), done = 0;
  auto first = static_cast<uint64_t>(argument(argc, argv, "--seed", 1));
  std::map<std::string, Counts> counts;
  for (; done < programs && std::chrono::steady_clock::now() < end; ++done) {
    program_seed = first + static_cast<uint64_t>(done);
    manual_seed(program_seed);
    try {
      Program(program_seed, counts).run();
    } catch (const std::exception& e) {
      std::printf("%s\n", e.what());
      print_seed();
      return 1;
    }
  }
  Counts total;
  for (const auto& [op, each] : counts) {
    total.ran += each.ran;
    total.refused += each.refused;
    if (argument(argc, argv, "--counts", 0) > 0)
      std::printf("%-24s %8lld ran %8lld refused\n", op.c_str(), static_cast<long long>(each.ran),
                  static_cast<long long>(each.refused));
  }
  std::printf("%lld programs from seed %llu: %zu kinds of op, %lld ran, %lld refused, no finding\n",
              static_cast<long long>(done), static_cast<unsigned long long>(first), counts.size(),
              static_cast<long long>(total.ran), static_cast<long long>(total.refused));
  return total.ran > 0 ? 0 : 1;
}
