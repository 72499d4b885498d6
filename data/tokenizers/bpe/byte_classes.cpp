#include "lexigrad/data/tokenizers/bpe/byte_classes.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/data/tokenizers/bpe/byte_classes.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace lexigrad::data::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// The bits of test(d, p) for the vectors that begin at p, of 64 bytes.
template <class Test>
HWY_INLINE uint64_t bits_at(const uint8_t* from, const Test& test) {
  const hn::CappedTag<uint8_t, 64> d;
  uint64_t out = 0;
  for (size_t i = 0, lanes = hn::Lanes(d); i < 64; i += lanes) {
    uint64_t bits = 0;
    hn::StoreMaskBits(d, test(d, from + i), reinterpret_cast<uint8_t*>(&bits));
    out |= bits << i;
  }
  return out;
}

template <class Test>
HWY_INLINE uint64_t bits_of(const uint8_t* from, const Test& test) {
  return bits_at(from, [&](auto d, const uint8_t* p) HWY_ATTR { return test(d, hn::LoadU(d, p)); });
}

template <class D, class V>
HWY_INLINE hn::Mask<D> within(D d, V v, int first, int last) {
  const auto above = hn::Sub(v, hn::Set(d, static_cast<uint8_t>(first)));
  return hn::Eq(hn::Min(above, hn::Set(d, static_cast<uint8_t>(last - first))), above);
}

// Where U+4E00..U+9FBF begin: E4 B8..BF, E5..E8 or E9 80..BE, and bytes that follow.
HWY_INLINE uint64_t ideographs(const uint8_t* from) {
  return bits_at(from, [](auto d, const uint8_t* p) HWY_ATTR {
    const auto lead = hn::LoadU(d, p), second = hn::LoadU(d, p + 1), third = hn::LoadU(d, p + 2);
    const auto low = hn::And(within(d, lead, 0xE4, 0xE4), within(d, second, 0xB8, 0xBF));
    const auto middle = hn::And(within(d, lead, 0xE5, 0xE8), within(d, second, 0x80, 0xBF));
    const auto high = hn::And(within(d, lead, 0xE9, 0xE9), within(d, second, 0x80, 0xBE));
    return hn::And(hn::Or(hn::Or(low, middle), high), within(d, third, 0x80, 0xBF));
  });
}

void classify(const char* text, size_t blocks, ByteClasses* out) {
  const auto* from = reinterpret_cast<const uint8_t*>(text);
  for (size_t b = 0; b < blocks; ++b, from += 64) {
    out[b].letter = bits_of(from, [&](auto d, auto v) HWY_ATTR {
      return within(d, hn::Or(v, hn::Set(d, uint8_t{0x20})), 'a', 'z');
    });
    out[b].number = bits_of(from, [&](auto d, auto v) HWY_ATTR { return within(d, v, '0', '9'); });
    out[b].blank = bits_of(from, [](auto d, auto v) HWY_ATTR { return hn::Eq(v, hn::Set(d, uint8_t{' '})); });
    out[b].space =
        out[b].blank | bits_of(from, [&](auto d, auto v) HWY_ATTR { return within(d, v, '\t', '\r'); });
    out[b].apostrophe =
        bits_of(from, [](auto d, auto v) HWY_ATTR { return hn::Eq(v, hn::Set(d, uint8_t{'\''})); });
    out[b].multibyte = bits_of(from, [](auto d, auto v) HWY_ATTR {
      const auto top = hn::Set(d, uint8_t{0x80});
      return hn::Eq(hn::And(v, top), top);
    });
    out[b].ideograph = out[b].multibyte == 0 ? 0 : ideographs(from);
  }
}

}  // namespace
}  // namespace lexigrad::data::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::data {
namespace {
HWY_EXPORT(classify);
}

void classify_bytes(const char* text, size_t blocks, ByteClasses* out) {
  HWY_DYNAMIC_DISPATCH(classify)(text, blocks, out);
}

}  // namespace lexigrad::data
#endif  // HWY_ONCE
