#include "lexigrad/autograd/tensor/draws.h"

#include "lexigrad/autograd/tensor/generator.h"

namespace lexigrad {
namespace {

struct Place {
  uint64_t step = 0, calls = 0, seeding = 0;
  std::optional<uint64_t> seed = {};  // instead of the default generator's
};
constinit thread_local Place place;

// The place of the next draw: a new seed starts the numbers again.
Place& next_place() {
  if (uint64_t now = detail::seedings(); place.seeding != now) place = {place.step, 0, now, {}};
  return place;
}

}  // namespace

Draw next_draw() {
  Place& next = next_place();
  return {next.seed ? *next.seed : default_generator().seed(), next.step, next.calls++};
}

std::pair<uint64_t, uint64_t> detail::draw_place() {
  const Place& next = next_place();
  return {next.step, next.calls};
}

DrawStep::DrawStep(uint64_t step)
    : step_(place.step), calls_(place.calls), seeding_(place.seeding), seed_(place.seed) {
  place = {step, 0, detail::seedings(), next_place().seed};
}

DrawStep::~DrawStep() { place = {step_, calls_, seeding_, seed_}; }

detail::DrawsAgain::DrawsAgain(uint64_t seed, std::pair<uint64_t, uint64_t> from)
    : place_(place.step, place.calls), seeding_(place.seeding), seed_(place.seed) {
  place = {from.first, from.second, seedings(), seed};
}

detail::DrawsAgain::~DrawsAgain() { place = {place_.first, place_.second, seeding_, seed_}; }

}  // namespace lexigrad
