// The position methods by name: what a model's options, the command line and a saved
// run choose from.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "lexigrad/autograd/base/table.h"
#include "lexigrad/nn/positions/positions.h"

namespace lexigrad::nn {

struct PositionMethod {
  std::string name, help;
  std::function<std::unique_ptr<Positions>(const PositionsOptions&)> make;  ///< checks what it needs of them
};
Table<PositionMethod>& position_methods();

/// Adds a method of one's own: const PositionsEntry mine({.name = "mine", .help = "...",
/// .make = make}).
using PositionsEntry = TableEntry<position_methods>;

/// The method of that name; throws, naming all, for another.
std::unique_ptr<Positions> make_positions(const std::string& name, const PositionsOptions& options);

}  // namespace lexigrad::nn
