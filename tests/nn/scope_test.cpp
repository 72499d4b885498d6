#include "lexigrad/nn/scope.h"

#include <stdexcept>
#include <thread>

#include "catch.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/node.h"
#include "lexigrad/nn/nn.h"

using namespace lexigrad;
using Catch::Matchers::Contains;
using Words = std::vector<std::string>;

namespace {

std::string path_of(const Tensor& y) { return detail::scope_path(detail::node_of(y)->scope); }

// Has an operator() by hand, and enters no scope of its own.
class Plain : public nn::Module {
 public:
  Tensor operator()(const Tensor& x) const { return inner_(x) * 2.0; }

 private:
  nn::Linear inner_{2, 2};
  LEXIGRAD_MODULE(Plain, inner_)
};

class Block : public nn::Module {
 public:
  Block() {
    for (int i = 0; i < 2; ++i) layers_.emplace_back(2, 2);
    chain_.append(nn::Linear(2, 2));
    chain_.append(nn::Tanh());
  }
  Tensor forward(const Tensor& x) const {
    Tensor y = x;
    for (const nn::Linear& layer : layers_) y = note(layer(y));
    y = note(plain_(note(chain_(y))));
    return note(y * 1.0);
  }
  Tensor note(const Tensor& y) const {
    seen.push_back(path_of(y));
    return y;
  }
  mutable Words seen;

 private:
  std::vector<nn::Linear> layers_;
  nn::Sequential chain_;
  Plain plain_;
  LEXIGRAD_MODULE(Block, layers_, chain_, plain_)
};

// The ops between y and the leaves, with their paths.
void list_nodes(detail::Node* node, Words& out) {
  if (node->leaf) return;
  out.push_back(std::string(node->name) + " " + detail::scope_path(node->scope));
  for (uint32_t i = 0; i < node->edge_count; ++i)
    if (detail::Node* input = node->edges()[i].get()) list_nodes(input, out);
}

}  // namespace

TEST_CASE("nodes keep the path of the module that made them", "[scope]") {
  Block block;
  for (int run = 0; run < 2; ++run) {  // the second time from what the modules remember
    block.seen.clear();
    Tensor y = block(ones({2}));
    CHECK(block.seen == Words{"Block.layers.0", "Block.layers.1", "Block.chain.1", "Block", "Block"});
    CHECK(path_of(y) == "Block");
    CHECK(path_of(y + 1.0).empty());
  }
  Words nodes;
  list_nodes(detail::node_of(block(ones({2}))), nodes);
  CHECK(nodes == Words{"mul Block", "mul Block", "linear Block.plain.inner", "tanh Block.chain.1",
                       "linear Block.chain.0", "linear Block.layers.1", "linear Block.layers.0"});
}

TEST_CASE("a module's path is that of where it runs", "[scope]") {
  nn::Linear linear(2, 2);
  CHECK(path_of(linear(ones({2}))) == "Linear");
  nn::Sequential chain(std::move(linear), nn::Tanh());
  Words nodes;
  list_nodes(detail::node_of(chain(ones({2}))), nodes);
  CHECK(nodes == Words{"tanh Sequential.1", "linear Sequential.0"});
  Plain plain;  // nothing around it has a path
  CHECK(path_of(plain(ones({2}))).empty());

  nn::NextTokenModel model({.vocabulary = 5, .dim = 2, .max_length = 3});
  nodes.clear();
  list_nodes(detail::node_of(model.loss(tensor({0, 1}), tensor({1, 2})).sum), nodes);
  CHECK(nodes == Words{"linear_cross_entropy_sum NextTokenModel", "add NextTokenModel.position",
                       "embedding NextTokenModel.token", "embedding NextTokenModel.position"});
}

TEST_CASE("what a graph of gradients records belongs to the module that it goes back through", "[scope]") {
  nn::Sequential chain(nn::Linear(2, 2), nn::Tanh());
  Tensor x = ones({2}).requires_grad_();
  Tensor loss = sum(chain(x)), g = grad(loss, {x}, {.create_graph = true})[0];
  Words nodes;
  list_nodes(detail::node_of(g), nodes);
  CHECK_THAT(nodes.front(), Contains("Sequential.0"));
  CHECK(nn::module_path().empty());
}

TEST_CASE("an error leaves the module, and threads run in scopes of their own", "[scope]") {
  nn::Sequential chain(nn::Linear(2, 2));
  CHECK_THROWS(chain(ones({3})));
  CHECK(nn::module_path().empty());
  Block block;
  Tensor x = ones({2}).requires_grad_();
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (size_t t = 0; t < wrong.size(); ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) wrong[t] += path_of(chain(x)) != "Sequential.0";
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("hooks see a module's input and output, replace them, and can be removed", "[scope]") {
  nn::Linear linear(2, 2);
  Tensor x = tensor({1.0, 2.0});
  Words seen;
  Tensor plain = linear(x);
  Hook before = linear.register_forward_pre_hook([&](const nn::Module& module, const Tensor& input) {
    seen.push_back("before " + module.type_name() + " at " + nn::module_path());
    return input * 2.0;
  });
  Hook after =
      linear.register_forward_hook([&](const nn::Module&, const Tensor& input, const Tensor& output) {
        seen.push_back("after");
        CHECK(equal(input, x * 2.0));
        CHECK(path_of(output) == "Sequential.0");
        return Tensor();
      });
  Hook last = linear.register_forward_hook(
      [&](const nn::Module&, const Tensor&, const Tensor& output) { return output + 1.0; });
  nn::Sequential chain(std::move(linear));  // hooks move along
  Tensor hooked = chain(x);
  CHECK(seen == Words{"before Linear at Sequential.0", "after"});
  before.remove();
  after.remove();
  CHECK(allclose(chain(x), plain + 1.0, 0, 1e-6));
  CHECK_FALSE(allclose(hooked, plain + 1.0, 0, 1e-6));
  last.remove();
  CHECK(equal(chain(x), plain));
  CHECK(seen.size() == 2);
}

TEST_CASE("a hook may outlive its module and may throw", "[scope]") {
  std::unique_ptr<nn::Tanh> layer = std::make_unique<nn::Tanh>();
  Hook hook = layer->register_forward_pre_hook(
      [](const nn::Module&, const Tensor&) -> Tensor { throw std::runtime_error("no"); });
  CHECK_THROWS_WITH((*layer)(ones({2})), "no");
  CHECK(nn::module_path().empty());
  layer.reset();
  hook.remove();
}
