// How much memory this process may still take.
#pragma once
#include <cstdint>
#include <string>

namespace lexigrad {

/// Bytes that this process may still take: the least of what the machine has free, what the limits of its control
/// groups leave (versions 1 and 2, those above them, too), and what `ulimit -v` leaves of its address space.
int64_t available_memory();

/// Bytes that `ulimit -v` leaves of this process's address space; INT64_MAX where it sets no limit.
int64_t available_address_space();

namespace detail {
/// What the limits of control groups leave, with the files of /proc and /sys under `root`; INT64_MAX without limits.
int64_t cgroup_room(const std::string& root = "");
}  // namespace detail

}  // namespace lexigrad
