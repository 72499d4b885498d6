#include <nlohmann/json.hpp>
#include <set>

#include "lexigrad/autograd/ops/shared/example.h"
#include "support/command.h"

using namespace lexigrad::test;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

TEST_CASE("gradcheck walks every op and layer") {
  CommandResult result = run_command({"gradcheck", "--json"});
  CHECK(result.exit == 0);
  CHECK(result.err.empty());
  std::set<std::string> names;
  for (const Json& each : Json::parse(result.out)) {
    INFO(each);
    CHECK(names.insert(each["name"]).second);
    CHECK(each["ok"] == true);
    if (each["differentiable"] == false) continue;
    for (const char* order : {"first_order", "second_order"}) {
      const Json& found = each[order];
      CHECK(found["ok"] == true);
      CHECK(found["entries"] > 0);
      CHECK(found["worst"]["error"].get<double>() <= found["worst"]["allowed"].get<double>());
    }
    if (each["name"] != "softmax") continue;
    CHECK(each["first_order"]["entries"] == 12 + 140 + 24);
    CHECK(each["second_order"]["entries"] == 2 * (12 + 140 + 24));  // the cotangent's, too
  }
  for (const lexigrad::Example& example : lexigrad::examples()) CHECK(names.contains(example.op));
  for (const char* layer : {"Embedding", "Linear", "NextTokenModel"}) CHECK(names.contains(layer));
}

TEST_CASE("gradcheck prints a line for each name") {
  CommandResult result = run_command({"gradcheck", "softmax", "eq", "Linear"});
  CHECK(result.exit == 0);
  CHECK(result.out.starts_with("softmax: ok, "));
  CHECK_THAT(result.out, Contains("; second order: ok, "));
  CHECK_THAT(result.out, Contains("\neq: has no gradient\n"));
  CHECK_THAT(result.out, Contains("\nLinear: ok, "));
  CHECK(std::count(result.out.begin(), result.out.end(), '\n') == 3);
}

TEST_CASE("gradcheck names the op that was meant") {
  CHECK(failed_command(2, {"gradcheck", "add", "sotfmax"}) ==
        "lexigrad: [gradcheck] NAME: \"sotfmax\" is no op or layer. Hint: did you mean \"softmax\"?");
  CHECK_THAT(failed_command(2, {"gradcheck", "xyzzy"}), Contains("without a NAME all are listed"));
}
