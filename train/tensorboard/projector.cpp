#include "lexigrad/train/tensorboard/projector.h"

#include <filesystem>

#include "lexigrad/autograd/base/file.h"
#include "lexigrad/train/formats/vectors.h"

namespace lexigrad::train {

void save_projector(const std::string& folder, const WordVectors& vectors) {
  auto path = [&](const char* name) { return (std::filesystem::path(folder) / name).string(); };
  save_vectors(path("projector.tsv"), vectors);
  write_file_atomically(path("projector_config.pbtxt"),
                        "embeddings {\n  tensor_name: \"tokens\"\n  tensor_path: \"projector.tsv\"\n"
                        "  metadata_path: \"projector.metadata.tsv\"\n}\n");
}

}  // namespace lexigrad::train
