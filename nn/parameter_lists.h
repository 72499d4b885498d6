// Lists of parameters: joined, and chosen by name, for an optimizer and its groups.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lexigrad/nn/parameter.h"

namespace lexigrad::nn {

/// The parameters of several modules as one list, under "encoder.weight" for {"encoder",
/// encoder.parameters()}; a tensor that two of them share is listed once.
std::vector<ParameterRef> join(
    const std::vector<std::pair<std::string, std::vector<ParameterRef>>>& named_lists);

/// True where `pattern` is the name; * in it stands for any letters ("*.bias").
bool name_fits(std::string_view name, std::string_view pattern);

/// The parameters whose name fits one of the patterns, in which * stands for any letters ("*.bias"),
/// or none of them. Throws where a pattern fits no name.
std::vector<ParameterRef> named(const std::vector<ParameterRef>& parameters,
                                const std::vector<std::string>& patterns);
std::vector<ParameterRef> not_named(const std::vector<ParameterRef>& parameters,
                                    const std::vector<std::string>& patterns);

}  // namespace lexigrad::nn
