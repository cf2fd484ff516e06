// The first bytes of a file, compressed or not: what they are said to be never depends on what comes later, and a
// header that is read whole says the same as its beginning.
#include "image/gzip.h"
#include "input.h"
#include "intake/file_start.h"

using namespace shapslice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const fuzz::Bytes file{bytes, size};
    const FileStart start = look_at_start(file);
    fuzz::must(start.format == "nifti" || start.format == "dicom" || start.format == "other");
    fuzz::must(start.frames >= 1 && (start.frames == 1 || start.format == "nifti"));
    std::vector<std::uint8_t> longer(file.begin(), file.end());
    longer.resize(size + 4096, 0x5A);
    // Of what is compressed the end may be damage; anything else that was known is known still.
    if (start.format != "other" && !is_gzip(file)) {
        const FileStart same = look_at_start(longer);
        fuzz::must(same.format == start.format && same.frames == start.frames);
    }
    FileEntry dataset{"set/dataset.json", 0, std::nullopt, {}, ""};
    take_beginning(dataset, file);
    fuzz::must(dataset.text == fuzz::text_of(file));
    FileEntry image{"set/image.nii.gz", 0, std::nullopt, {}, ""};
    take_beginning(image, file);
    fuzz::must(image.start.format == start.format && image.start.frames == start.frames && image.text.empty());
    return 0;
}
