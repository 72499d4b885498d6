// Writes the graph pages that graph_page.mjs looks at: usage: graph_pages FOLDER
#include <string>

#include "lexigrad/nn/nn.h"
#include "lexigrad/train/pictures/graph.h"

using namespace lexigrad;

namespace {

// x + a small network of x, twice.
class Block : public nn::Module {
 public:
  explicit Block(int64_t dim) : up_(dim, 2 * dim), down_(2 * dim, dim) {}
  Tensor forward(const Tensor& x) const { return x + down_(gelu(up_(x))); }

 private:
  nn::Linear up_, down_;
  LEXIGRAD_MODULE(Block, up_, down_)
};

class Model : public nn::Module {
 public:
  explicit Model(int64_t layers, int64_t dim) : token_(9, dim), position_(4, dim), head_(dim, 9) {
    for (int64_t i = 0; i < layers; ++i) layers_.emplace_back(dim);
  }
  Tensor forward(const Tensor& ids) const {
    Tensor x = position_(token_(ids));
    for (const Block& layer : layers_) x = layer(x);
    return head_(x);
  }

 private:
  nn::Embedding token_;
  nn::LearnedPositions position_;
  std::vector<Block> layers_;
  nn::Linear head_;
  LEXIGRAD_MODULE(Model, token_, position_, layers_, head_)
};

void small(const std::string& file) {
  Model model(2, 4);
  train::GraphTrace trace;
  Tensor loss =
      nn::cross_entropy(model(tensor({{1, 2, 3}, {7, 0, 2}})), tensor({{2, 3, 4}, {0, 2, 1}})).mean();
  train::write_graph_html(loss, file,
                          {.title = "Two blocks", .parameters = model.parameters(), .trace = &trace});
}

void deep(const std::string& file) {  // 3,000 ops and more
  Model model(748, 4);
  Tensor loss = nn::cross_entropy(model(tensor({{1, 2, 3}})), tensor({{2, 3, 4}})).mean();
  train::write_graph_html(loss, file, {.title = "Deep", .parameters = model.parameters()});
}

void chain(const std::string& file) {  // the same without a module
  Tensor x = ones({2}).requires_grad_(), y = x;
  for (int i = 0; i < 1500; ++i) y = tanh(y * 0.5);
  train::write_graph_html(sum(y), file, {.title = "</script><b>Chain</b>"});
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  manual_seed(3);
  std::string folder = arguments[1];
  small(folder + "/small.html");
  deep(folder + "/deep.html");
  chain(folder + "/chain.html");
}
