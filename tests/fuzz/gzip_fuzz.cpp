// Gzip input: inflated within the limit or refused; and what gzip() makes of any bytes inflates to them again.
#include "image/gzip.h"
#include "input.h"

using namespace shapslice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    constexpr std::size_t kLimit = 1 << 16;
    const fuzz::Bytes input(bytes, size);
    const auto inflated = gunzip("scan.nii.gz", input, kLimit);
    if (inflated) {
        fuzz::must(inflated->size() <= kLimit);
    } else {
        fuzz::must(inflated.error().sentence.starts_with("scan.nii.gz: "));
    }
    if (is_gzip(input)) return 0;
    const auto packed = gzip(input);
    const auto again = gunzip("again.gz", packed, kLimit);
    fuzz::must(again && std::equal(again->begin(), again->end(), input.begin(), input.end()));
    return 0;
}
