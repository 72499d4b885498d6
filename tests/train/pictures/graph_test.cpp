#include "lexigrad/train/pictures/graph.h"

#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/grad.h"
#include "lexigrad/autograd/tape/row_grad.h"
#include "lexigrad/nn/nn.h"
#include "support/command.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

namespace {

Json graph_of(const Tensor& loss, const train::GraphOptions& options = {}) {
  Folder folder;
  train::write_graph_html(loss, folder / "graph.html", options);
  std::string page = slurp(folder / "graph.html"), mark = "<script id=\"graph\" type=\"application/json\">";
  CHECK(page.find("https:") == std::string::npos);
  CHECK(page.find("http:") == page.rfind("http://www.w3.org/2000/svg"));  // a name, not an address to fetch
  size_t from = page.find(mark) + mark.size();
  return Json::parse(page.substr(from, page.find("</script>", from) - from));
}

Json node_named(const Json& graph, const std::string& op) {
  for (const Json& node : graph["nodes"])
    if (node["op"] == op) return node;
  return {};
}

}  // namespace

TEST_CASE("the graph's ops, forms, values and gradients", "[graph]") {
  Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}}).requires_grad_(), scale = tensor({0.5, 2.0});
  train::GraphTrace trace;
  Tensor loss = sum(exp(x * scale) * 0.5);
  Json graph = graph_of(loss, {.title = "a <b>", .parameters = {{x, "x"}}, .trace = &trace});
  CHECK(graph["title"] == "a <b>");
  CHECK(graph_of(sum(x * x), {.title = "caf\xe9\x1b"})["title"] == "caf\xEF\xBF\xBD\x1b");
  CHECK(graph["forward"].size() == 4);
  CHECK(graph["backward"].size() == 4);
  CHECK(graph["backward"][0] == graph["forward"][3]);
  Json parameter = node_named(graph, "x");
  CHECK(parameter["kind"] == "parameter");
  CHECK(parameter["shape"] == "[2, 2]");
  CHECK(parameter["value"] == Json({"1", "2", "3", "4"}));
  Json first = node_named(graph, "mul"), y = node_named(graph, "exp");
  CHECK(first["value"] == Json({"0.5", "4", "1.5", "8"}));
  CHECK(first["dtype"] == "float32");
  CHECK(first["inputs"].size() == 2);
  CHECK(graph["nodes"][first["inputs"][1].get<size_t>()]["kind"] == "constant");
  CHECK(y["value"][0] == "1.64872");                              // e^0.5
  CHECK(first["gradient"][0] == "0.824361");                      // half of it
  CHECK(node_named(graph, "sum")["value"] == Json({"1520.84"}));  // by hand: (e^.5 + e^4 + e^1.5 + e^8) / 2
  CHECK(node_named(graph, "sum")["gradient"] == Json({"1"}));
  CHECK(parameter["gradient"][0] == "0.41218");
}

TEST_CASE("bytes kept for backward count each storage once and leaves not at all", "[graph]") {
  Tensor w = ones({10, 10}).requires_grad_();
  Tensor a = w * 2.0, b = a * a, c = exp(b);
  Json graph = graph_of(sum(c * a));
  int64_t kept = 0;
  for (const Json& node : graph["nodes"]) kept += node.value("kept", 0);
  // 400 bytes each of a (by three ops) and c (by two), the scalar 2; w itself is a leaf.
  CHECK(kept >= 800);
  CHECK(kept < 800 + 200);
  int again = 0, leaves = 0;
  for (const Json& node : graph["nodes"])
    for (const Json& saved : node.value("saved", Json::array())) {
      again += saved["note"] == "counted before";
      leaves += saved["note"].get<std::string>().starts_with("a leaf");
    }
  CHECK(again >= 2);
  CHECK(leaves == 0);
}

TEST_CASE("writing the page leaves the graph and its gradients as they were", "[graph]") {
  Tensor table = ones({5, 2}).requires_grad_(), w = full({2}, 3.0).requires_grad_();
  int calls = 0;
  w.register_hook([&](const Tensor&) {
    ++calls;
    return Tensor();
  });
  w.set_grad(full({2}, 7.0));
  Tensor loss = sum(embedding(table, tensor({1, 3, 3})) * w);
  Json graph = graph_of(loss, {.parameters = {{table, "table"}, {w, "w"}}});
  CHECK(node_named(graph, "table")["rows"] == "2 of 5 rows");
  CHECK(node_named(graph, "table")["rowIds"] == Json({"1", "3"}));
  CHECK(node_named(graph, "table")["gradient"] == Json({"3", "3", "6", "6"}));
  CHECK(node_named(graph, "w")["gradient"] == Json({"3", "3"}));
  CHECK_FALSE(table.has_grad());
  CHECK(equal(w.grad(), full({2}, 7.0)));
  CHECK(calls == 0);
  loss.backward();
  CHECK(calls == 1);
  CHECK(table.row_grad()->count() == 2);
  CHECK(equal(w.grad(), full({2}, 10.0)));
}

TEST_CASE("modules name the nodes, and errors say what the page needs", "[graph]") {
  nn::NextTokenModel model({.vocabulary = 5, .dim = 2, .max_length = 3});
  train::GraphTrace trace;
  Tensor loss = model.loss(tensor({{0, 1}}), tensor({{1, 2}})).mean();
  Json graph = graph_of(loss, {.parameters = model.parameters(), .trace = &trace});
  CHECK(graph["nodes"][graph["forward"][0].get<size_t>()]["scope"] == "NextTokenModel.token");
  CHECK(node_named(graph, "head.weight")["kind"] == "parameter");
  CHECK(node_named(graph, "linear_cross_entropy_sum")["kept"].get<int64_t>() >= 5 * 2 * 4);  // its gradients
  Folder folder;
  CHECK_THROWS_WITH(train::write_graph_html(ones({2}), folder / "g"), Contains("[write_graph_html]"));
  CHECK_THROWS_WITH(train::write_graph_html(loss, folder / "none/g"), Contains("none/g"));
  loss.backward();
  CHECK_THROWS_WITH(train::write_graph_html(loss, folder / "g"), Contains("retain_graph"));
}

TEST_CASE("an op with several outputs is one op, and its outputs have values and gradients", "[graph]") {
  Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}).requires_grad_();
  train::GraphTrace trace;
  std::vector<Tensor> rows = unbind(x);
  Json graph = graph_of(sum(rows[0] * rows[2]), {.parameters = {{x, "x"}}, .trace = &trace});
  CHECK(graph["forward"].size() == 3);  // unbind, mul, sum
  CHECK(graph["backward"].size() == 3);
  Json op = node_named(graph, "unbind"), first = node_named(graph, "unbind output 0"),
       last = node_named(graph, "unbind output 2");
  CHECK(op["kind"] == "op");
  CHECK(op["shape"] == "[2], [2]");
  CHECK(op["bytes"] == 16);
  CHECK_FALSE(op.contains("gradient"));
  CHECK(node_named(graph, "unbind output 1").is_null());
  for (const Json& output : {first, last}) {
    CHECK(output["kind"] == "output");
    CHECK(graph["nodes"][output["inputs"][0].get<size_t>()]["op"] == "unbind");
  }
  CHECK(first["value"] == Json({"1", "2"}));
  CHECK(first["gradient"] == Json({"5", "6"}));
  CHECK(last["gradient"] == Json({"1", "2"}));
  CHECK(node_named(graph, "x")["gradient"] == Json({"5", "6", "0", "0", "1", "2"}));
}
