// Whose library a network was built with, by the names that its weights and nodes carry: it decides in which order
// sequences go in, which way axes lie, and what comes out.
#pragma once

#include <string>
#include <string_view>

#include "network/network.h"

namespace shapslice {

enum class Library { unknown, monai, nnunet };

struct Family {
    Library library = Library::unknown;
    std::string architecture;  // "SegResNet"; empty where it is not known
};

// Weights keep their names where PyTorch folds nothing into them, nodes keep their modules': both are looked through,
// below whatever a wrapper put before them ("module.", "_orig_mod.", "m.").
Family family_of(const Network& network);

}  // namespace shapslice
