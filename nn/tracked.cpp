#include "lexigrad/nn/tracked.h"

#include <map>
#include <mutex>

#include "lexigrad/autograd/base/fork.h"

namespace lexigrad::nn::detail {
namespace {

struct Living {
  lexigrad::detail::ForkMutex mutex;
  std::map<const Tracked*, Kind> objects;
};

// Never destroyed: modules with static storage may outlive any object here.
Living& living() {
  static Living* all = new Living;
  return *all;
}

}  // namespace

Tracked::Tracked(Kind kind) {
  std::lock_guard lock(living().mutex);
  living().objects[this] = kind;
}

Tracked::Tracked(Tracked&& other) noexcept {
  std::lock_guard lock(living().mutex);
  living().objects[this] = living().objects.at(&other);
}

Tracked::~Tracked() {
  std::lock_guard lock(living().mutex);
  living().objects.erase(this);
}

std::vector<std::pair<const Tracked*, Kind>> living_in(const Range& range) {
  std::lock_guard lock(living().mutex);
  std::vector<std::pair<const Tracked*, Kind>> out;
  auto at = living().objects.lower_bound(reinterpret_cast<const Tracked*>(range.begin));
  for (; at != living().objects.end() && range.holds(at->first); ++at) out.push_back(*at);
  return out;
}

}  // namespace lexigrad::nn::detail
