#include "lexigrad/data/corpora/planted_truth.h"

#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/json_text.h"

namespace lexigrad::data {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view kWhere = "planted_truth";

Json class_json(const PlantedClass& c) {
  return {{"name", c.name},   {"words", c.words},           {"counts", c.counts},
          {"verbs", c.verbs}, {"adjectives", c.adjectives}, {"places", c.places}};
}

PlantedClass read_class(const Json& json, const std::string& path) {
  PlantedClass c;
  json.at("name").get_to(c.name);
  json.at("words").get_to(c.words);
  json.at("counts").get_to(c.counts);
  json.at("verbs").get_to(c.verbs);
  json.at("adjectives").get_to(c.adjectives);
  json.at("places").get_to(c.places);
  if (c.counts.size() != c.words.size())
    fail_file(kWhere,
              text("Class \"", c.name, "\" has ", c.words.size(), " words but ", c.counts.size(), " counts"),
              path);
  return c;
}

PlantedControl read_control(const Json& json, const std::vector<PlantedClass>& classes,
                            const std::string& path) {
  PlantedControl control;
  json.at("word").get_to(control.word);
  json.at("matches").get_to(control.matches);
  json.at("count").get_to(control.count);
  std::string name = json.at("class");
  for (const PlantedClass& c : classes) {
    if (c.name == name) return control;
    ++control.class_index;
  }
  fail_file(kWhere, text("Control \"", control.word, "\" names the unknown class \"", name, "\""), path);
}

PlantedTruth read(const Json& json, const std::string& path) {
  PlantedTruth truth;
  PlantedOptions& o = truth.options;
  json.at("seed").get_to(o.seed);
  json.at("sentences").get_to(o.sentences);
  json.at("words_per_class").get_to(o.words_per_class);
  json.at("controls_per_class").get_to(o.controls_per_class);
  json.at("min_count").get_to(o.min_count);
  for (const Json& c : json.at("classes")) truth.classes.push_back(read_class(c, path));
  for (const Json& c : json.at("controls")) truth.controls.push_back(read_control(c, truth.classes, path));
  o.classes = static_cast<int64_t>(truth.classes.size());
  return truth;
}

}  // namespace

std::string truth_json(const PlantedTruth& truth) {
  const PlantedOptions& o = truth.options;
  Json classes = Json::array(), controls = Json::array();
  for (const PlantedClass& c : truth.classes) classes.push_back(class_json(c));
  for (const PlantedControl& c : truth.controls)
    controls.push_back({{"word", c.word},
                        {"class", truth.classes[c.class_index].name},
                        {"matches", c.matches},
                        {"count", c.count}});
  Json json = {{"seed", o.seed},
               {"sentences", o.sentences},
               {"words_per_class", o.words_per_class},
               {"controls_per_class", o.controls_per_class},
               {"min_count", o.min_count},
               {"classes", classes},
               {"controls", controls}};
  return json_text(json, 1) + "\n";
}

PlantedTruth parse_truth(const std::string& json, const std::string& path) {
  try {
    return read(Json::parse(json), path);
  } catch (const Json::parse_error& e) {
    fail_file(kWhere, "The text is not JSON", path, static_cast<int64_t>(e.byte));
  } catch (const Json::exception&) {
    fail_file(
        kWhere,
        "The JSON is not the truth of a planted corpus: a key is missing or has a value of another kind. "
        "Hint: `lexigrad corpus --truth` writes it anew",
        path);
  }
}

}  // namespace lexigrad::data
