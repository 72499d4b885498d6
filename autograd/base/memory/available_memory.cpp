#include "lexigrad/autograd/base/memory/available_memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad {
namespace {

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

// The number in a file; `otherwise` where there is none, as in "max".
int64_t number_in(const std::string& path, int64_t otherwise) {
  int64_t value = 0;
  return std::ifstream(path) >> value ? value : otherwise;
}

// The least room of a group and of those above it, whose folders are under `base`.
int64_t room_of(const std::string& base, std::string group, const char* limit, const char* used) {
  int64_t room = kNoLimit;
  while (true) {
    std::string folder = base + group + "/";
    int64_t most = number_in(folder + limit, kNoLimit);
    if (most != kNoLimit) room = std::min(room, std::max<int64_t>(most - number_in(folder + used, 0), 0));
    if (group.empty() || group == "/") return room;
    group.erase(group.rfind('/'));
  }
}

bool lists_memory(std::string_view controllers) {
  return text(',', controllers, ',').find(",memory,") != std::string::npos;
}

int64_t machine_room() {
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  int64_t kib = 0;
  while (file >> key >> kib >> unit)
    if (key == "MemAvailable:") return kib * 1024;
  return kNoLimit;
}

}  // namespace

// A line of /proc/self/cgroup is "0::/group" for version 2 and "4:memory:/group" for 1. Within a container the
// group may be named as seen from outside, and its files are at the top.
int64_t detail::cgroup_room(const std::string& root) {
  const std::string top = root + "/sys/fs/cgroup";
  constexpr const char *limit1 = "memory.limit_in_bytes", *used1 = "memory.usage_in_bytes";
  int64_t room =
      std::min(room_of(top, "", "memory.max", "memory.current"), room_of(top + "/memory", "", limit1, used1));
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    if (controllers.empty())
      room = std::min(room, room_of(top, group, "memory.max", "memory.current"));
    else if (lists_memory(controllers))
      room = std::min(room, room_of(top + "/memory", group, limit1, used1));
  }
  return room;
}

int64_t available_address_space() {
  struct rlimit limit = {};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur >= static_cast<rlim_t>(kNoLimit)) return kNoLimit;
  int64_t taken = number_in("/proc/self/statm", 0) * ::sysconf(_SC_PAGESIZE);
  return std::max<int64_t>(static_cast<int64_t>(limit.rlim_cur) - taken, 0);
}

int64_t available_memory() {
  return std::min({machine_room(), detail::cgroup_room(), available_address_space()});
}

}  // namespace lexigrad
