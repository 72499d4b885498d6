// A position method of a program's own.
#include "position.h"

#include "lexigrad/nn/positions/methods.h"

using namespace lexigrad;

const nn::PositionsEntry mine({.name = "time",
                               .help = "the position as a number, added to the vector",
                               .make = [](const nn::PositionsOptions& o) {
                                 return std::make_unique<nn::TimePositions>(o.max_length);
                               }});
