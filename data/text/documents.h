// The documents of a corpus: files, or the lines of files of JSON.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/data/text/byte_source.h"

namespace lexigrad::data {

/// The files that `paths` name: a folder stands for the files in it and in its folders, in the order of their names, but
/// those that are hidden or empty. Throws FileError where a folder has none.
std::vector<std::string> files_of(const std::vector<std::string>& paths);

struct DocumentOptions {
  std::string encoding = "auto";
  std::string field =
      {};  ///< of the object on each line of JSON lines: its text is a document; empty: a file is one
  bool warns = true;  ///< of what is not UTF-8
};

/// Goes through documents one after another, whatever they are together: of JSON lines one line is in memory, of files
/// no more than what is read of them.
class Documents {
 public:
  /// Paths as files_of() takes them; "-" is standard input. Throws FileError where a file's name says that it is JSON
  /// lines (.jsonl, .ndjson, packed or not) and no field is named.
  explicit Documents(const std::vector<std::string>& paths, DocumentOptions options = {});
  /// The next document in UTF-8, to be read before the one after it; null at the end. Throws FileError, with the line,
  /// where one is no JSON object or its field is missing or no text.
  std::unique_ptr<ByteSource> next();
  /// How many bytes are likely to come behind the last one.
  size_t expected() const;
  /// The file of the last one.
  const std::string& path() const { return path_; }

 private:
  friend class Texts;
  // A text in memory, in UTF-8.
  struct Kept {
    std::string path, text;
  };
  explicit Documents(std::span<const Kept> kept) : kept_(kept) {}
  bool next_line(std::string& line);
  std::string text_of(std::string_view line) const;

  std::span<const Kept> kept_;
  std::vector<std::string> files_;
  DocumentOptions options_;
  size_t opened_ = 0;
  std::string path_;
  std::unique_ptr<ByteSource> lines_;  // of the file at hand, where it is JSON lines
  std::string read_;                   // of them
  size_t at_ = 0;
  int64_t line_ = 0;
};

/// Documents that can be gone through more than once: what comes from a pipe or standard input is read once, and kept.
class Texts {
 public:
  /// Throws as Documents does.
  explicit Texts(const std::vector<std::string>& paths, DocumentOptions options = {});
  /// All of them from the first on, which this must outlive. `warns`: of what is not UTF-8 in those that are not kept.
  Documents documents(bool warns = true) const;
  /// Bytes of texts in memory.
  int64_t kept_bytes() const;

 private:
  std::vector<std::string> files_;
  DocumentOptions options_;
  std::vector<Documents::Kept> kept_;  // all of them where one is a pipe
};

/// All documents as one text, each from a line of its own. Throws FileError where one is blank.
std::unique_ptr<ByteSource> joined_texts(Documents documents);
/// The same in memory.
std::string read_texts(const std::vector<std::string>& paths, const DocumentOptions& options = {});

}  // namespace lexigrad::data
