// Which module runs: a number for its path, kept by every node of the tape.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace lexigrad::detail {

/// The module path that this thread is in; 0 outside any module. nn::Scope and
/// the walk back set it.
extern constinit thread_local uint32_t current_scope;

/// The number of `name` below `parent`: the same for the same path, for the
/// life of the process.
uint32_t scope_below(uint32_t parent, std::string_view name);
/// "NextTokenModel.token"; empty for 0.
std::string scope_path(uint32_t scope);

}  // namespace lexigrad::detail
