#include "study/model_terms.h"

namespace shapslice {

ModelTerms model_terms(const ModelManifest& manifest) {
    ModelTerms terms;
    for (const Contrast contrast : manifest.contrasts)
        terms.contrasts.emplace_back(kContrastNames[static_cast<std::size_t>(contrast)]);
    terms.spacing = manifest.spacing;
    terms.patch = manifest.patch;
    terms.multiple = manifest.multiple;
    terms.fixed_patch = manifest.fixed_patch;
    for (std::size_t n = manifest.axes.size(); n-- > 0;) terms.axes += "xyz"[manifest.axes[n]];
    terms.field_of_view = manifest.field_of_view == FieldOfView::image ? "image" : "brain";
    terms.padding = manifest.padding == Padding::patch ? "patch" : "multiple";
    terms.outputs = manifest.output_kind == OutputKind::regions ? "regions" : "labels";
    terms.activation = manifest.activation == Activation::softmax   ? "softmax"
                       : manifest.activation == Activation::sigmoid ? "sigmoid"
                                                                    : "none";
    terms.decoding = manifest.decoding == Decoding::threshold ? "threshold" : "largest";
    return terms;
}

}  // namespace shapslice
