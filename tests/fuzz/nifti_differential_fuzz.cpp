// The same bytes to read_nifti and to nifti_clib's own reader: where both take them, the shape, the affine and every
// scaled voxel must agree. By design
// - lengths in metres or micrometres are millimetres to us, negative voxel sizes are their absolute values, and a form
//   that places nothing gives way to the other (METHOD 8.1a);
// - we refuse more: dimensions of 0 among the first three, several volumes, types that are no numbers, affines that are
// singular, not finite or beyond
//   a float, offsets inside the header (nifti_clib repairs the first and last, and takes the others);
// - an offset of 0 in a .nii is the first byte after the four extension bytes to us, the one before them to nifti_clib;
// - without qform and sform x runs to the left and the grid is centred; nifti_clib leaves the origin at 0;
// - a voxel that is no number is 0 to us after scaling, to nifti_clib before it.
#include <nifti2_io.h>

#include "input.h"
#include "nifti_clib_reader.h"

using namespace shapslice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto [first, second] = fuzz::two_files({bytes, size});
    const auto ours = read_nifti("scan.nii", first, second);
    if (!ours) return 0;
    const auto theirs = fuzz::read_with_nifti_clib(first, second);
    if (!theirs) return 0;
    for (int axis = 0; axis < 3; ++axis)
        fuzz::must(theirs->dim[axis + 1] == ours->layout.grid.shape[static_cast<std::size_t>(axis)]);
    const bool by_sform = ours->layout.sform_code > 0;
    const bool negative = theirs->dx < 0 || theirs->dy < 0 || theirs->dz < 0;
    const bool placed = by_sform || (ours->layout.qform_code > 0 && !negative);
    const nifti_dmat44& affine = by_sform ? theirs->sto_xyz : theirs->qto_xyz;
    const double unit = theirs->xyz_units == NIFTI_UNITS_METER    ? 1000
                        : theirs->xyz_units == NIFTI_UNITS_MICRON ? 0.001
                                                                  : 1;
    for (int row = 0; row < 3 && placed; ++row)
        for (int column = 0; column < 4; ++column)
            fuzz::must(affine.m[row][column] * unit == ours->layout.grid.affine(row, column));
    const StorageWalk walk = storage_walk(ours->layout);
    const Grid& grid = ours->volume.grid;
    for (int k = 0; k < grid.shape[2]; ++k)
        for (int j = 0; j < grid.shape[1]; ++j)
            for (int i = 0; i < grid.shape[0]; ++i) {
                const auto at = walk.start + walk.step[2] * k + walk.step[1] * j + walk.step[0] * i;
                const float value = ours->volume.voxels[grid.index(i, j, k)];
                const auto expected = fuzz::scaled_voxel(*theirs, static_cast<std::size_t>(at));
                fuzz::must(value == expected.scaled || (value == 0 && expected.was_zeroed));
            }
    return 0;
}
