#include "lexigrad/train/pictures/graph.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/tape/module_path.h"
#include "lexigrad/autograd/tape/observer.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/autograd/tensor/tensor_body.h"
#include "lexigrad/train/pictures/graph_page.h"

namespace lexigrad::train {
namespace {

using Json = nlohmann::ordered_json;
using lexigrad::detail::Node;
using lexigrad::detail::Ref;

constexpr int64_t kSmall = 64;

int64_t bytes_of(const Shape& shape, Dtype dtype) { return shape.numel() * item_size(dtype); }

// Values as a person reads them: JSON knows no nan.
Json values_of(const Tensor& x) {
  Json out = Json::array();
  for (double value : x.detach().to_vector<double>()) {
    char digits[32];
    out.push_back(
        std::string(digits, std::to_chars(digits, digits + 32, value, std::chars_format::general, 6).ptr));
  }
  return out;
}

}  // namespace

namespace detail {

// What a GraphTrace has seen.
struct Trace : lexigrad::detail::TapeObserver {
  struct Made {
    size_t order;
    Tensor value;  // small ones only
    std::vector<std::pair<int, Tensor>> constants;
  };
  std::unordered_map<Node*, Made> ops;
  std::unordered_map<Node*, Tensor> leaves;
  std::vector<Ref<Node>> alive;  // so that no other node takes an address

  void made(const char*, const Tensor& y, const Tensor* const* inputs, int count) override {
    Node* node = lexigrad::detail::node_of(y);
    if (!node) return;
    alive.emplace_back(node);
    Made made{ops.size(), y.numel() <= kSmall ? y.detach().clone() : Tensor(), {}};
    for (int i = 0; i < count; ++i) {
      if (!inputs[i]->defined()) continue;
      Node* from = lexigrad::detail::node_of(*inputs[i]);
      if (!from)
        made.constants.emplace_back(i, inputs[i]->detach());
      else if (from->leaf && leaves.emplace(from, inputs[i]->detach()).second)
        alive.emplace_back(from);
    }
    ops.emplace(node, std::move(made));
  }
};

}  // namespace detail

GraphTrace::GraphTrace() : trace_(std::make_unique<detail::Trace>()) {}
GraphTrace::~GraphTrace() = default;

namespace {

// Sets gradients and hooks of a graph's nodes aside, while it lives.
class SetAside {
 public:
  explicit SetAside(const std::vector<Node*>& nodes) {
    for (Node* node : nodes) {
      if (!node->leaf && !node->extras) continue;
      kept_.push_back({Ref<Node>(node), std::move(node->gradient), std::move(node->extras)});
      node->gradient = lexigrad::detail::Gradient();
    }
  }
  ~SetAside() {
    for (Kept& kept : kept_) {
      kept.node->gradient = std::move(kept.gradient);
      kept.node->extras = std::move(kept.extras);
    }
  }
  SetAside(const SetAside&) = delete;
  SetAside& operator=(const SetAside&) = delete;

 private:
  struct Kept {
    Ref<Node> node;
    lexigrad::detail::Gradient gradient;
    std::unique_ptr<lexigrad::detail::NodeExtras> extras;
  };
  std::vector<Kept> kept_;
};

// What a walk back shows.
struct Walk : lexigrad::detail::TapeObserver {
  struct Ran {
    Tensor gradient;  // of the output; small ones only
    struct Saved {
      Tensor values;
      bool leaf;
    };
    std::vector<Saved> saved;  // one of each storage
  };
  std::vector<Node*> order;
  std::unordered_map<Node*, Ran> ran;

  void running(Node& node, const Tensor& dy) override {
    order.push_back(&node);
    ran[&node].gradient = dy.numel() <= kSmall ? dy.detach().clone() : Tensor();
  }
  void read(const Tensor& saved) override {
    auto& list = ran[order.back()].saved;
    auto same = [&](const Ran::Saved& s) { return s.values.shares_storage(saved); };
    if (std::none_of(list.begin(), list.end(), same))
      list.push_back({saved.detach(), saved.is_leaf() && saved.requires_grad()});
  }
};

// Every node that leads to the loss, inputs before what is made of them.
std::vector<Node*> forward_order(Node* root) {
  std::unordered_map<Node*, int64_t> uses{{root, 0}};
  std::vector<Node*> stack{root}, out;
  auto inputs = [](Node* node, const auto& f) {
    for (uint32_t i = 0; i < node->edge_count; ++i)
      if (Node* input = node->edges()[i].get()) f(input);
  };
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    inputs(node, [&](Node* input) {
      if (uses[input]++ == 0) stack.push_back(input);
    });
  }
  stack.push_back(root);
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    out.push_back(node);
    inputs(node, [&](Node* input) {
      if (--uses[input] == 0) stack.push_back(input);
    });
  }
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

/// Turns a graph into what the page's script reads.
class GraphReader {
 public:
  GraphReader(const Tensor& loss, const GraphOptions& options)
      : trace_(options.trace ? options.trace->trace_.get() : nullptr),
        nodes_(forward_order(lexigrad::detail::node_of(loss))) {
    for (const nn::ParameterRef& p : options.parameters)
      if (Node* node = lexigrad::detail::node_of(p)) parameters_.emplace(node, &p);
    if (trace_) by_trace();
    for (size_t i = 0; i < nodes_.size(); ++i) place_[nodes_[i]] = i;
    list_nodes();
    add_constants();
    walk_back(loss);
    out_["title"] = options.title;
    out_["traced"] = trace_ != nullptr;
  }

  std::string json() const { return out_.dump(); }

 private:
  // The order in which the ops ran, where all are known; leaves stay before what reads them.
  void by_trace() {
    auto known = [&](Node* node) { return node->leaf || trace_->ops.contains(node); };
    if (!std::all_of(nodes_.begin(), nodes_.end(), known)) return;
    std::stable_sort(nodes_.begin(), nodes_.end(), [&](Node* a, Node* b) {
      if (a->leaf || b->leaf) return a->leaf && !b->leaf;
      return trace_->ops.at(a).order < trace_->ops.at(b).order;
    });
  }

  void list_nodes() {
    for (Node* node : nodes_) {
      Json entry{{"op", node->leaf ? "" : node->name},
                 {"kind", node->leaf ? "leaf" : "op"},
                 {"scope", lexigrad::detail::scope_path(node->scope)},
                 {"shape", text(node->shape)},
                 {"dtype", name(node->dtype)},
                 {"bytes", bytes_of(node->shape, node->dtype)}};
      Json inputs = Json::array();
      for (uint32_t i = 0; i < node->edge_count; ++i)
        if (Node* input = node->edges()[i].get()) inputs.push_back(place_.at(input));
      entry["inputs"] = inputs;
      if (!node->leaf) out_["forward"].push_back(place_.at(node));
      Tensor value = value_of(node, entry);
      if (value.defined() && value.numel() <= kSmall) entry["value"] = values_of(value);
      out_["nodes"].push_back(std::move(entry));
    }
  }

  // The value of a node's tensor where it is known; names a parameter.
  Tensor value_of(Node* node, Json& entry) {
    if (auto found = parameters_.find(node); found != parameters_.end()) {
      entry["kind"] = "parameter";
      entry["op"] = found->second->name;
      return *found->second;
    }
    if (!trace_) return {};
    if (node->leaf) {
      auto found = trace_->leaves.find(node);
      return found == trace_->leaves.end() ? Tensor() : found->second;
    }
    auto found = trace_->ops.find(node);
    return found == trace_->ops.end() ? Tensor() : found->second.value;
  }

  // Inputs that want no gradient, one node for each tensor.
  void add_constants() {
    if (!trace_) return;
    std::vector<std::pair<Tensor, size_t>> known;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      auto made = trace_->ops.find(nodes_[i]);
      if (made == trace_->ops.end()) continue;
      for (const auto& [index, x] : made->second.constants) {
        auto found = std::find_if(known.begin(), known.end(), [&x = x](const auto& k) {
          return k.first.shares_storage(x) && k.first.shape() == x.shape();
        });
        if (found == known.end()) {
          Json entry{{"op", ""},
                     {"kind", "constant"},
                     {"scope", lexigrad::detail::scope_path(nodes_[i]->scope)},
                     {"shape", text(x.shape())},
                     {"dtype", name(x.dtype())},
                     {"bytes", bytes_of(x.shape(), x.dtype())},
                     {"inputs", Json::array()}};
          if (x.numel() <= kSmall) entry["value"] = values_of(x);
          known.emplace_back(x, out_["nodes"].size());
          out_["nodes"].push_back(std::move(entry));
          found = known.end() - 1;
        }
        out_["nodes"][i]["inputs"].push_back(found->second);
      }
    }
  }

  void walk_back(const Tensor& loss) {
    std::vector<Ref<Node>> alive(nodes_.begin(), nodes_.end());
    SetAside aside(nodes_);
    Walk walk;
    loss.backward({.retain_graph = true});
    out_["backward"] = Json::array();
    for (Node* node : walk.order) out_["backward"].push_back(place_.at(node));
    for (Node* node : nodes_) {
      Json& entry = out_["nodes"][place_.at(node)];
      if (node->leaf)
        add_leaf_gradient(*node, entry);
      else if (auto ran = walk.ran.find(node); ran != walk.ran.end())
        add_ran(ran->second, entry);
    }
  }

  static void add_leaf_gradient(const Node& leaf, Json& entry) {
    const lexigrad::detail::Gradient& g = leaf.gradient;
    if (!g.defined()) return;
    if (g.rows) {
      entry["rows"] = text(g.rows->count(), " of ", g.rows->rows(), " rows");
      if (g.rows->values().numel() <= kSmall) {
        entry["rowIds"] = values_of(g.rows->indices());
        entry["gradient"] = values_of(g.rows->values());
      }
    } else if (g.dense.numel() <= kSmall) {
      entry["gradient"] = values_of(g.dense);
    }
  }

  // Storages that an earlier op keeps, too, and those of leaves count no more.
  void add_ran(const Walk::Ran& ran, Json& entry) {
    if (ran.gradient.defined()) entry["gradient"] = values_of(ran.gradient);
    int64_t kept = 0;
    for (const auto& [x, leaf] : ran.saved) {
      const lexigrad::detail::Storage* storage = x.body()->storage.get();
      bool counted = !leaf && counted_.insert(storage).second;
      int64_t bytes = static_cast<int64_t>(storage->bytes);
      if (counted) kept += bytes;
      entry["saved"].push_back({{"shape", text(x.shape())},
                                {"dtype", name(x.dtype())},
                                {"bytes", bytes},
                                {"note", leaf      ? "a leaf: there anyway"
                                         : counted ? ""
                                                   : "counted before"}});
    }
    entry["kept"] = kept;
  }

  const detail::Trace* trace_;
  std::vector<Node*> nodes_;  // in the order of the page's numbers
  std::unordered_map<Node*, size_t> place_;
  std::unordered_map<Node*, const nn::ParameterRef*> parameters_;
  std::unordered_set<const void*> counted_;
  Json out_{{"nodes", Json::array()}, {"forward", Json::array()}};
};

void write_graph_html(const Tensor& loss, const std::string& path, const GraphOptions& options) {
  check(loss.numel() == 1 && loss.requires_grad(), "write_graph_html",
        "Needs a loss of one element that requires a gradient, got shape ", loss.shape(),
        loss.requires_grad() ? "" : " off the tape");
  std::string page = graph_page(GraphReader(loss, options).json());
  write_file_atomically(path, page);
}

}  // namespace lexigrad::train
