// The text of a safetensors file's header, a window of it in memory at a time: fresh memory for a header with a million
// words would cost more than looking through it.
#pragma once
#include <string>
#include <string_view>

#include "lexigrad/autograd/base/file.h"

namespace lexigrad::train {

/// Stands at a byte of the header and goes forward.
class HeaderText {
 public:
  /// Bytes `begin`..`end`-1 of the file, which must outlive it.
  HeaderText(const InputFile& file, int64_t begin, int64_t end);
  bool ended() const { return at_ == last_; }
  const char& byte() const { return *at_; }
  /// The byte's place in the file.
  int64_t place() const { return begin_ + (at_ - window_.data()); }
  void advance() {
    const bool text = skips_ && begins_text(*at_);
    if (++at_ == last_) look_from(place());
    if (text) skip_text();
  }
  /// Where a key has been read: makes advance() go from the quote of its text to the one that ends it, or to what is no
  /// valid JSON between, for the parser to say what is wrong.
  void skip_next_text() { skips_ = true; }

 private:
  // Ends the wait for a text where another value begins.
  bool begins_text(char c) {
    skips_ = c == ':' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
    return c == '"';
  }
  void look_from(int64_t place);
  void skip_text();

  const InputFile& file_;
  const int64_t end_;
  std::string window_;
  int64_t begin_ = 0;  ///< the window's place in the file
  const char *at_ = nullptr, *last_ = nullptr;
  bool skips_ = false;
};

/// How many first bytes of the inside of a JSON text are whole characters and escapes, up to a quote, to what is not
/// valid, to a character or escape that the bytes end in, or to an escape of a surrogate.
size_t valid_json_text(std::string_view inside);

}  // namespace lexigrad::train
