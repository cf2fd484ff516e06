// What lists of names say of the channels that go in and come out.
#pragma once

#include <set>

#include "model_files/settings.h"

namespace shapslice {

// "T1, T1ce, T2 and Flair"
std::string joined_names(const std::vector<std::string>& names);

// The sequences in the order of the channels. An error where there are not four; where a name says no sequence, or two
// say the same, a remark, and the order stays a guess.
Expected<void> take_sequences(const std::string& file, const std::vector<std::string>& names, ModelSettings& settings);

struct NamedOutput {
    std::string name;
    std::set<int> values;  // of the segmentation that it was trained on; empty: not said
};
// Regions are known by their names, or by which contains which. An error where whole tumour, tumour core and enhancing
// tumour are not all among them.
Expected<void> take_regions(const std::string& file, const std::vector<NamedOutput>& outputs, ModelSettings& settings);
// Labels by their names. An error where there is another number of labels than background, NCR, ED and ET; where the
// names do not say which is which, a remark, and the order stays a guess.
Expected<void> take_labels(const std::string& file, const std::vector<std::string>& names, ModelSettings& settings);

}  // namespace shapslice
