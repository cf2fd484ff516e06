// Dropped files to cases and roles (METHOD 8.5), layouts as data sets publish them and as people's disks have them.
#include <gtest/gtest.h>

#include "intake/case_list.h"
#include "intake/file_kind.h"
#include "intake/file_start.h"

namespace shapslice {
namespace {

using Names = std::vector<std::string>;

CaseRequest request_of(const Names& paths) {
    CaseRequest request;
    for (const std::string& path : paths) request.files.push_back({path, 1000, std::nullopt, {}, ""});
    return request;
}

CaseList list_of(const Names& paths) {
    return find_cases(request_of(paths));
}

// "t1c=... t1n=... t2f=... t2w=... seg=..." of one case, "-" where nothing has the role.
std::string roles_of(const FoundCase& found) {
    std::string text;
    for (const FileRole role : {FileRole::t1c, FileRole::t1n, FileRole::t2f, FileRole::t2w, FileRole::segmentation}) {
        std::string name = "-";
        for (const FoundFile& file : found.files) {
            if (file.role == role) name = file.key();
        }
        text += (text.empty() ? "" : " ") + name;
    }
    return text;
}

std::string names_of(const CaseList& list) {
    std::string text;
    for (const FoundCase& found : list.cases) text += (text.empty() ? "" : " | ") + found.name;
    return text;
}

const FoundFile& file_of(const FoundCase& found, const std::string& key) {
    for (const FoundFile& file : found.files) {
        if (file.key() == key) return file;
    }
    ADD_FAILURE() << key << " is not in the case " << found.name;
    return found.files.front();
}

// One case whose five roles, in order, are the first five names; the rest is unused.
void expect_case(const Names& paths, const std::string& name = "", std::size_t roles = 5) {
    const CaseList list = list_of(paths);
    ASSERT_EQ(list.cases.size(), 1u) << names_of(list);
    std::string expected;
    for (std::size_t n = 0; n < 5; ++n) expected += (n ? " " : "") + (n < roles ? paths[n] : std::string("-"));
    EXPECT_EQ(roles_of(list.cases[0]), expected);
    EXPECT_EQ(refusal_of(list), "");
    if (!name.empty()) {
        EXPECT_EQ(list.cases[0].name, name);
    }
}

TEST(Intake, NamesOfDataSets) {
    expect_case({"sub-01_ses-01_ce-gadolinium_T1w.nii.gz", "sub-01_ses-01_T1w.nii.gz", "sub-01_ses-01_FLAIR.nii.gz",
                 "sub-01_ses-01_T2w.nii.gz", "sub-01_ses-01_dseg.nii.gz"},
                "sub-01_ses-01");
    expect_case({"ds/sub-07/ses-2/anat/sub-07_ses-2_ce-gd_T1w.nii.gz", "ds/sub-07/ses-2/anat/sub-07_ses-2_T1w.nii.gz",
                 "ds/sub-07/ses-2/anat/sub-07_ses-2_FLAIR.nii.gz", "ds/sub-07/ses-2/anat/sub-07_ses-2_T2w.nii.gz",
                 "ds/derivatives/manual/sub-07/ses-2/anat/sub-07_ses-2_space-T1w_label-tumor_mask.nii.gz",
                 "ds/derivatives/manual/sub-07/ses-2/anat/sub-07_ses-2_desc-brain_mask.nii.gz"},
                "sub-07_ses-2");
    expect_case(
        {"U/UCSF-PDGM-0004_T1c.nii.gz", "U/UCSF-PDGM-0004_T1.nii.gz", "U/UCSF-PDGM-0004_FLAIR.nii.gz",
         "U/UCSF-PDGM-0004_T2.nii.gz", "U/UCSF-PDGM-0004_tumor_segmentation.nii.gz", "U/UCSF-PDGM-0004_T1c_bias.nii.gz",
         "U/UCSF-PDGM-0004_T1_bias.nii.gz", "U/UCSF-PDGM-0004_FLAIR_bias.nii.gz", "U/UCSF-PDGM-0004_T2_bias.nii.gz",
         "U/UCSF-PDGM-0004_brain_segmentation.nii.gz", "U/UCSF-PDGM-0004_brain_parenchyma_segmentation.nii.gz",
         "U/UCSF-PDGM-0004_ADC.nii.gz", "U/UCSF-PDGM-0004_ASL.nii.gz", "U/UCSF-PDGM-0004_SWI_bias.nii.gz",
         "U/UCSF-PDGM-0004_DTI_eddy_FA.nii.gz", "U/UCSF-PDGM-0004_DWI.nii.gz"},
        "UCSF-PDGM-0004");
    expect_case({"N/images_structural/UPENN-GBM-00001_11/UPENN-GBM-00001_11_T1GD.nii.gz",
                 "N/images_structural/UPENN-GBM-00001_11/UPENN-GBM-00001_11_T1.nii.gz",
                 "N/images_structural/UPENN-GBM-00001_11/UPENN-GBM-00001_11_FLAIR.nii.gz",
                 "N/images_structural/UPENN-GBM-00001_11/UPENN-GBM-00001_11_T2.nii.gz",
                 "N/images_segm/UPENN-GBM-00001_11_segm.nii.gz",
                 "N/automated_segm/UPENN-GBM-00001_11_automated_approx_segm.nii.gz",
                 "N/images_structural_unstripped/UPENN-GBM-00001_11/UPENN-GBM-00001_11_T1GD_unstripped.nii.gz",
                 "N/images_structural_unstripped/UPENN-GBM-00001_11/UPENN-GBM-00001_11_T1_unstripped.nii.gz",
                 "N/images_structural_unstripped/UPENN-GBM-00001_11/UPENN-GBM-00001_11_FLAIR_unstripped.nii.gz",
                 "N/images_structural_unstripped/UPENN-GBM-00001_11/UPENN-GBM-00001_11_T2_unstripped.nii.gz"},
                "UPENN-GBM-00001_11");
    expect_case(
        {"TCGA-02-0003_1997.06.08_t1Gd.nii.gz", "TCGA-02-0003_1997.06.08_t1.nii.gz",
         "TCGA-02-0003_1997.06.08_flair.nii.gz", "TCGA-02-0003_1997.06.08_t2.nii.gz",
         "TCGA-02-0003_1997.06.08_GlistrBoost_ManuallyCorrected.nii.gz", "TCGA-02-0003_1997.06.08_GlistrBoost.nii.gz"},
        "TCGA-02-0003_1997.06.08");
    expect_case(
        {"100001_time1_t1ce.nii.gz", "100001_time1_t1.nii.gz", "100001_time1_flair.nii.gz", "100001_time1_t2.nii.gz",
         "100001_time1_seg.nii.gz", "100001_time1_t1_sub.nii.gz", "100001_time1_brain_mask.nii.gz"},
        "100001_time1");
    expect_case(
        {"EGD-0001/2_T1GD/NIFTI/T1GD.nii.gz", "EGD-0001/1_T1/NIFTI/T1.nii.gz", "EGD-0001/4_FLAIR/NIFTI/FLAIR.nii.gz",
         "EGD-0001/3_T2/NIFTI/T2.nii.gz", "EGD-0001/5_SEG/NIFTI/MASK.nii.gz"},
        "EGD-0001");
    expect_case({"FeTS2022_00000/FeTS2022_00000_t1ce.nii.gz", "FeTS2022_00000/FeTS2022_00000_t1.nii.gz",
                 "FeTS2022_00000/FeTS2022_00000_flair.nii.gz", "FeTS2022_00000/FeTS2022_00000_t2.nii.gz",
                 "FeTS2022_00000/FeTS2022_00000_seg.nii.gz"},
                "FeTS2022_00000");
    expect_case({"P/Timepoint_1/PatientID_0003_Timepoint_1_brain_t1c.nii.gz",
                 "P/Timepoint_1/PatientID_0003_Timepoint_1_brain_t1n.nii.gz",
                 "P/Timepoint_1/PatientID_0003_Timepoint_1_brain_t2f.nii.gz",
                 "P/Timepoint_1/PatientID_0003_Timepoint_1_brain_t2w.nii.gz",
                 "P/Timepoint_1/PatientID_0003_Timepoint_1_tumorMask.nii.gz"},
                "PatientID_0003_Timepoint_1");
    expect_case({"BT0001/brain_t1ce.nii.gz", "BT0001/brain_t1.nii.gz", "BT0001/brain_fl.nii.gz",
                 "BT0001/brain_t2.nii.gz", "BT0001/tumorseg_manual_correction.nii.gz", "BT0001/tumorseg_FeTS.nii.gz"},
                "BT0001");
    expect_case(
        {"UCSD-PTGBM-0002_01_T1post.nii.gz", "UCSD-PTGBM-0002_01_T1pre.nii.gz", "UCSD-PTGBM-0002_01_FLAIR.nii.gz",
         "UCSD-PTGBM-0002_01_T2.nii.gz", "UCSD-PTGBM-0002_01_BraTS_tumor_seg.nii.gz", "UCSD-PTGBM-0002_01_ADC.nii.gz"},
        "UCSD-PTGBM-0002_01");
    expect_case(
        {"BraTS-GLI-00000-000/BraTS-GLI-00000-000-t1c.nii.gz", "BraTS-GLI-00000-000/BraTS-GLI-00000-000-t1n.nii.gz",
         "BraTS-GLI-00000-000/BraTS-GLI-00000-000-t2f.nii.gz", "BraTS-GLI-00000-000/BraTS-GLI-00000-000-t2w.nii.gz",
         "BraTS-GLI-00000-000/BraTS-GLI-00000-000-seg.nii.gz"},
        "BraTS-GLI-00000-000");
}

TEST(Intake, LumiereTakesTheRegisteredImages) {
    const std::string week = "Patient-001/week-044/";
    const std::string hd = week + "HD-GLIO-AUTO-segmentation/registered/";
    expect_case({hd + "CT1_r2s_bet_reg.nii.gz", hd + "T1_r2s_bet.nii.gz", hd + "FLAIR_r2s_bet_reg.nii.gz",
                 hd + "T2_r2s_bet_reg.nii.gz", hd + "segmentation.nii.gz", week + "CT1.nii.gz", week + "T1.nii.gz",
                 week + "FLAIR.nii.gz", week + "T2.nii.gz",
                 week + "HD-GLIO-AUTO-segmentation/native/segmentation_CT1_origspace.nii.gz",
                 week + "HD-GLIO-AUTO-segmentation/native/segmentation_FLAIR_origspace.nii.gz",
                 week + "DeepBraTumIA-segmentation/native/segmentation/ct1_seg_mask.nii.gz",
                 week + "DeepBraTumIA-segmentation/native/segmentation/flair_seg_mask.nii.gz",
                 week + "DeepBraTumIA-segmentation/atlas/skull_strip/brain_mask.nii.gz"},
                "Patient-001/week-044");
}

TEST(Intake, WordsAndSeparators) {
    for (const Names& names : std::vector<Names>{
             {"P1 T1+C.nii", "P1 T1.nii", "P1 T2 FLAIR.nii", "P1 T2.nii", "P1 Tumour.nii"},
             {"p1.T1-weighted with gadolinium.nii", "p1.T1-weighted.nii", "p1.FLAIR.nii", "p1.T2-weighted.nii",
              "p1.ground truth.nii"},
             {"P1_T1_post-contrast.NII.GZ", "P1_T1_pre-contrast.NII.GZ", "P1_T2_FLAIR.NII.GZ", "P1_T2_TSE.NII.GZ",
              "P1_GT.NII.GZ"},
             {"A-12_t1wce.nii.gz", "A-12_t1w.nii.gz", "A-12_t2flair.nii.gz", "A-12_t2w.nii.gz", "A-12_tumorseg.nii.gz"},
             {"A_T1_Gd.nii", "A_T1_without_Gd.nii", "A_FLAIR_with_Gd.nii", "A_T2_space_sag.nii", "A_labels.nii"},
             {"x/rT1c.nii", "x/rT1.nii", "x/rFLAIR.nii", "x/rT2.nii", "x/lesion_mask.nii"},
             {"VSD.Brain.XX.O.MR_T1c.54514.nii", "VSD.Brain.XX.O.MR_T1.54513.nii", "VSD.Brain.XX.O.MR_Flair.54512.nii",
              "VSD.Brain.XX.O.MR_T2.54515.nii", "VSD.Brain_3more.XX.O.OT.54517.nii"},
             {"1_T1GD.nii", "2_T1.nii", "3_FLAIR.nii", "4_T2.nii", "5_SEG.nii"},
             {"P1-T1-postop-km.nii", "P1-T1-postop.nii", "P1-FLAIR-postop.nii", "P1-T2-postop.nii",
              "P1-postop-seg.nii"},
             {"t1c_P9.nii.gz", "t1n_P9.nii.gz", "flair_P9.nii.gz", "t2_P9.nii.gz", "seg_P9.nii.gz"},
             {"c\\P1\\t1c.nii", "c\\P1\\t1n.nii", "c\\P1\\t2f.nii", "c\\P1\\t2w.nii", "c\\P1\\seg.nii"},
             {"t1c/P3.nii.gz", "t1n/P3.nii.gz", "flair/P3.nii.gz", "t2w/P3.nii.gz", "segmentations/P3.nii.gz"},
         }) {
        SCOPED_TRACE(names[0]);
        expect_case(names);
    }
}

TEST(Intake, CopiesSuffixesAndHiddenFiles) {
    for (const std::string suffix :
         {"(1)", " (12)", " - Copy", " - Copy (2)", " copy", " copy 2", "_copy", "-copy", " - Kopie"}) {
        SCOPED_TRACE(suffix);
        Names names;
        for (const char* role : {"t1c", "t1n", "t2f", "t2w", "seg"})
            names.push_back("P001-" + std::string(role) + suffix + ".nii.gz");
        expect_case(names, "P001");
    }
    Names names;
    for (const char* role : {"t1c", "t1n", "t2f", "t2w", "seg"})
        names.push_back("P001-" + std::string(role) + ".nii (1).gz");  // as a browser writes it
    expect_case(names, "P001");
    names.clear();
    for (const char* role : {"t1c", "t1n", "t2f", "t2w", "seg"})
        names.push_back("m/P001-" + std::string(role) + ".nii.gz");
    const Names plain = names;
    for (const std::string& name : plain) {
        names.push_back("m/._" + name.substr(2));
        names.push_back("__MACOSX/m/._" + name.substr(2));
    }
    names.insert(names.end(), {"m/.DS_Store", "m/Thumbs.db", ".git/t1c.nii"});
    expect_case(names, "P001");
}

TEST(Intake, SeveralCasesAreNeverMixed) {
    const CaseList two =
        list_of({"P001/P001-t1c.nii.gz", "P001/P001-t1n.nii.gz", "P001/P001-t2f.nii.gz", "P002/P002-t1c.nii.gz",
                 "P002/P002-t1n.nii.gz", "P002/P002-t2f.nii.gz", "P002/P002-t2w.nii.gz", "P002/P002-seg.nii.gz"});
    EXPECT_EQ(names_of(two), "P001 | P002");
    EXPECT_EQ(two.chosen, std::nullopt);
    EXPECT_EQ(two.cases[0].missing, (std::vector{FileRole::t2w, FileRole::segmentation}));
    EXPECT_EQ(refusal_of(two),
              "These files are of 2 cases: P001 (no T2w, no expert segmentation); P002. Choose one of them in the list "
              "of cases.");
    // The same dropped file by file, and two visits of one patient in one folder.
    EXPECT_EQ(names_of(list_of({"P001-t1c.nii", "P001-t1n.nii", "P002-t2f.nii", "P002-t2w.nii"})), "P001 | P002");
    EXPECT_EQ(names_of(list_of({"P1_time1_t1c.nii", "P1_time1_flair.nii", "P1_time2_t1c.nii", "P1_time2_flair.nii"})),
              "P1_time1 | P1_time2");
    EXPECT_EQ(names_of(list_of({"t1c_baseline.nii", "flair_baseline.nii", "t1c_followup.nii", "flair_followup.nii"}))
                      .find('|') != std::string::npos,
              true);
    EXPECT_EQ(names_of(list_of({"BraTS-GLI-00008-100-t1c.nii", "BraTS-GLI-00008-100-t1n.nii",
                                "BraTS-GLI-00008-101-t1c.nii", "BraTS-GLI-00008-101-t1n.nii"})),
              "BraTS-GLI-00008-100 | BraTS-GLI-00008-101");
    const CaseList visits =
        list_of({"P/week-000-1/CT1.nii", "P/week-000-1/FLAIR.nii", "P/week-000-1/T1.nii", "P/week-000-1/T2.nii",
                 "P/week-040/CT1.nii", "P/week-040/FLAIR.nii", "P/week-040/T1.nii", "P/week-040/T2.nii"});
    EXPECT_EQ(names_of(visits), "P/week-000-1 | P/week-040");
    // One identifier in two folders that each have the images.
    const CaseList sites = list_of({"a/P1-t1c.nii", "a/P1-t2f.nii", "b/P1-t1c.nii", "b/P1-t2f.nii"});
    EXPECT_EQ(names_of(sites), "a/P1 | b/P1");
    // The user's choice.
    CaseRequest chosen = request_of({"P001-t1c.nii", "P002-t1c.nii"});
    chosen.chosen = "P002";
    EXPECT_EQ(find_cases(chosen).chosen, 1u);
    chosen.chosen = "P003";
    EXPECT_EQ(refusal_of(find_cases(chosen)), "There is no case named P003 among these files.");
    chosen.chosen = kAllTogether;
    EXPECT_EQ(find_cases(chosen).cases.size(), 1u);
}

TEST(Intake, ASegmentationOfAnotherIdentifierWaitsForAYes) {
    const Names names{"B/BraTS20_355_t1ce.nii", "B/BraTS20_355_t1.nii", "B/BraTS20_355_flair.nii",
                      "B/BraTS20_355_t2.nii", "B/W39_1998.09.19_Segm.nii"};
    const CaseList list = list_of(names);
    ASSERT_EQ(list.cases.size(), 1u);
    EXPECT_EQ(file_of(list.cases[0], names[4]).role, FileRole::unused);
    EXPECT_EQ(file_of(list.cases[0], names[4]).mark, FoundFile::Mark::question);
    CaseRequest yes = request_of(names);
    yes.roles[names[4]] = FileRole::segmentation;
    EXPECT_EQ(file_of(find_cases(yes).cases[0], names[4]).role, FileRole::segmentation);
    // Without an identifier on one side there is nothing to contradict.
    expect_case({"P/t1c.nii", "P/t1n.nii", "P/flair.nii", "P/t2.nii", "P/P001_seg.nii"});
    expect_case({"P001_t1c.nii", "P001_t1n.nii", "P001_flair.nii", "P001_t2.nii", "seg.nii"});
}

TEST(Intake, RegisteredCopiesAreTakenTogether) {
    const CaseList list = list_of({"FLAIR.nii.gz", "FLAIR_to_T1c.nii.gz", "T1.nii.gz", "T1_to_T1c.nii.gz", "T1c.nii.gz",
                                   "T2.nii.gz", "T2_to_T1c.nii.gz", "seg.nii.gz"});
    ASSERT_EQ(list.cases.size(), 1u);
    EXPECT_EQ(roles_of(list.cases[0]), "T1c.nii.gz T1_to_T1c.nii.gz FLAIR_to_T1c.nii.gz T2_to_T1c.nii.gz seg.nii.gz");
    const FoundFile& flair = file_of(list.cases[0], "FLAIR_to_T1c.nii.gz");
    EXPECT_EQ(flair.mark, FoundFile::Mark::chosen);
    EXPECT_EQ(flair.remark, "taken as T2-FLAIR before FLAIR.nii.gz: it is registered");
    EXPECT_EQ(flair.instead, Names{"FLAIR.nii.gz"});
    const CaseList other =
        list_of({"flair2t1c.nii", "flair.nii", "t2_in_t1c_space.nii", "t1_reg2_t1c.nii", "t1c.nii", "t2.nii"});
    EXPECT_EQ(roles_of(other.cases[0]).substr(0, 7), "t1c.nii");
    EXPECT_EQ(file_of(other.cases[0], "flair2t1c.nii").role, FileRole::t2f);
    // Registered images that not all sequences have are no reason for a mixture of spaces.
    const CaseList mni = list_of({"T1c.nii", "T1.nii", "FLAIR.nii", "T2.nii", "T1c_to_MNI.nii", "FLAIR_to_MNI.nii"});
    EXPECT_EQ(roles_of(mni.cases[0]), "T1c.nii T1.nii FLAIR.nii T2.nii -");
}

TEST(Intake, DerivedImagesAreNeither) {
    const Names images{"P1_t1c.nii", "P1_t1n.nii", "P1_flair.nii", "P1_t2.nii"};
    for (const std::string derived : {"P1_brain_mask.nii",
                                      "P1_BrainMask.nii",
                                      "P1_parenchyma_seg.nii",
                                      "P1_t1c_minus_t1n.nii",
                                      "P1_T1_subtraction.nii",
                                      "P1_tumor_prob.nii",
                                      "P1_seg_probabilities.nii",
                                      "P1_change_map.nii",
                                      "P1_T1map.nii",
                                      "P1_csf_mask.nii",
                                      "P1_ventricle_seg.nii",
                                      "P1_flair_to_t1c_warp.nii",
                                      "P1_seg_pred.nii",
                                      "P1_adc.nii",
                                      "P1_time1_to_time2_change.nii",
                                      "P1_t1_biasfield.nii",
                                      "P1_aparc+aseg.nii",
                                      "P1_T2star.nii",
                                      "P1_T2*.nii",
                                      "P1_dwi_b1000.nii"}) {
        Names names = images;
        names.push_back(derived);
        const CaseList list = list_of(names);
        ASSERT_EQ(list.cases.size(), 1u) << derived << ": " << names_of(list);
        EXPECT_EQ(roles_of(list.cases[0]), "P1_t1c.nii P1_t1n.nii P1_flair.nii P1_t2.nii -") << derived;
        EXPECT_NE(file_of(list.cases[0], derived).remark, "") << derived;
        EXPECT_EQ(refusal_of(list), "") << derived;
    }
}

TEST(Intake, TwoOfOneNameAreSettledByDateOrAsked) {
    CaseRequest request = request_of({"P001-seg.nii.gz", "P001-t1c.nii", "P001-t1c.nii.gz", "P001-t1n.nii.gz",
                                      "P001-t2f.nii.gz", "P001-t2w.nii.gz"});
    const CaseList asked = find_cases(request);
    EXPECT_EQ(
        refusal_of(asked),
        "P001-t1c.nii, P001-t1c.nii.gz: both are named as T1c, and neither names nor dates say which to take; choose "
        "the one in the table of files.");
    EXPECT_EQ(file_of(asked.cases[0], "P001-t1c.nii").mark, FoundFile::Mark::question);
    for (FileEntry& file : request.files) file.modified = 1e12;
    request.files[1].modified = 1e12 + 5000;  // seconds: they were unpacked together
    EXPECT_NE(refusal_of(find_cases(request)), "");
    request.files[2].modified = 1e12 + 86'400'000;
    const CaseList newer = find_cases(request);
    EXPECT_EQ(refusal_of(newer), "");
    EXPECT_EQ(file_of(newer.cases[0], "P001-t1c.nii.gz").role, FileRole::t1c);
    EXPECT_EQ(file_of(newer.cases[0], "P001-t1c.nii.gz").remark, "taken as T1c before P001-t1c.nii: it is the newer");
    request.roles["P001-t1c.nii"] = FileRole::t1c;
    const CaseList told = find_cases(request);
    EXPECT_EQ(file_of(told.cases[0], "P001-t1c.nii").role, FileRole::t1c);
    EXPECT_EQ(file_of(told.cases[0], "P001-t1c.nii.gz").role, FileRole::unused);
    EXPECT_EQ(file_of(told.cases[0], "P001-t1c.nii.gz").instead, Names{"P001-t1c.nii"});
}

TEST(Intake, OneVariantBeforeAMixture) {
    // Bias-corrected images of all, plain ones of two: the corrected set.
    const CaseList list = list_of(
        {"P1_t1c_bias.nii", "P1_t1_bias.nii", "P1_flair_bias.nii", "P1_t2_bias.nii", "P1_t1c.nii", "P1_t1.nii"});
    EXPECT_EQ(roles_of(list.cases[0]), "P1_t1c_bias.nii P1_t1_bias.nii P1_flair_bias.nii P1_t2_bias.nii -");
    // Where no variant is whole, the odd one is said.
    const CaseList mixed = list_of({"P1_t1c.nii", "P1_t1.nii", "P1_flair_bias.nii", "P1_t2.nii"});
    EXPECT_EQ(refusal_of(mixed), "");
    EXPECT_EQ(file_of(mixed.cases[0], "P1_flair_bias.nii").mark, FoundFile::Mark::chosen);
    // Two sets that nothing tells apart.
    EXPECT_NE(refusal_of(list_of({"P1_t1c_n4.nii", "P1_t1_n4.nii", "P1_flair_n4.nii", "P1_t2_n4.nii", "P1_t1c_bias.nii",
                                  "P1_t1_bias.nii", "P1_flair_bias.nii", "P1_t2_bias.nii"})),
              "");
}

TEST(Intake, DatasetJsonNamesChannels) {
    CaseRequest request = request_of({"D/imagesTr/BRATS_001_0000.nii.gz", "D/imagesTr/BRATS_001_0001.nii.gz",
                                      "D/imagesTr/BRATS_001_0002.nii.gz", "D/imagesTr/BRATS_001_0003.nii.gz",
                                      "D/labelsTr/BRATS_001.nii.gz", "D/dataset.json"});
    EXPECT_NE(refusal_of(find_cases(request)).find("dataset.json"), std::string::npos);
    request.files.back().text =
        R"({"channel_names": {"0": "T1", "1": "T1ce", "2": "T2", "3": "FLAIR"}, "labels": {"background": 0}})";
    const CaseList list = find_cases(request);
    ASSERT_EQ(list.cases.size(), 1u) << names_of(list);
    EXPECT_EQ(roles_of(list.cases[0]),
              "D/imagesTr/BRATS_001_0001.nii.gz D/imagesTr/BRATS_001_0000.nii.gz D/imagesTr/BRATS_001_0003.nii.gz "
              "D/imagesTr/BRATS_001_0002.nii.gz D/labelsTr/BRATS_001.nii.gz");
    EXPECT_EQ(list.cases[0].label_names["background"], 0);
}

TEST(Intake, DecathlonsVolumes) {
    CaseRequest request = request_of({"D/imagesTr/BRATS_001.nii.gz", "D/labelsTr/BRATS_001.nii.gz", "D/dataset.json"});
    request.files[0].start = {"nifti", 4};
    const std::string refusal = refusal_of(find_cases(request));
    EXPECT_NE(refusal.find("4-D"), std::string::npos) << refusal;
    EXPECT_NE(refusal.find("dataset.json"), std::string::npos) << refusal;
    request.files.back().text =
        R"({"modality": {"0": "FLAIR", "1": "T1w", "2": "t1gd", "3": "T2w"}, "tensorImageSize": "4D"})";
    const CaseList list = find_cases(request);
    ASSERT_EQ(list.cases.size(), 1u) << names_of(list);
    EXPECT_EQ(roles_of(list.cases[0]),
              "D/imagesTr/BRATS_001.nii.gz#3 D/imagesTr/BRATS_001.nii.gz#2 D/imagesTr/BRATS_001.nii.gz#1 "
              "D/imagesTr/BRATS_001.nii.gz#4 D/labelsTr/BRATS_001.nii.gz");
    EXPECT_EQ(refusal_of(list), "");
    // Without it the table of files is the way.
    request.files.back().text.clear();
    const std::string image = "D/imagesTr/BRATS_001.nii.gz";
    request.roles = {{image + "#1", FileRole::t2f},
                     {image + "#2", FileRole::t1n},
                     {image + "#3", FileRole::t1c},
                     {image + "#4", FileRole::t2w}};
    EXPECT_EQ(refusal_of(find_cases(request)), "");
    EXPECT_EQ(find_cases(request).cases[0].missing, std::vector<FileRole>{});
}

TEST(Intake, OtherFormatsAreNamed) {
    const auto refusal = [](const std::string& path, const std::string& format = "") {
        CaseRequest request = request_of({path});
        request.files[0].start.format = format;
        return refusal_of(find_cases(request));
    };
    EXPECT_EQ(
        refusal("a/t1c.nrrd"),
        "a/t1c.nrrd: this is an NRRD image; expected NIfTI. Convert it to NIfTI (.nii.gz) first, for example with 3D "
        "Slicer.");
    EXPECT_NE(refusal("brain.mgz").find("FreeSurfer"), std::string::npos);
    EXPECT_NE(refusal("t1.mha").find("MetaImage"), std::string::npos);
    EXPECT_NE(refusal("IM0001.dcm").find("dcm2niix"), std::string::npos);
    EXPECT_NE(refusal("DICOM/IM0001", "dicom").find("dcm2niix"), std::string::npos);
    EXPECT_NE(refusal("slice.JPG").find("a picture"), std::string::npos);
    EXPECT_NE(refusal("P001.zip").find("Unpack it"), std::string::npos);
    EXPECT_NE(refusal("notes.txt").find("expected NIfTI"), std::string::npos);
    EXPECT_NE(refusal_of(find_cases({})), "");
}

TEST(Intake, TheTableIsAWayOut) {
    // Four files of which nothing is known.
    CaseRequest request = request_of({"a1.nii", "b2.nii", "c3.nii", "d4.nii"});
    CaseList list = find_cases(request);
    ASSERT_EQ(list.cases.size(), 1u);
    EXPECT_EQ(list.cases[0].files.size(), 4u);
    request.roles = {
        {"a1.nii", FileRole::t1c}, {"b2.nii", FileRole::t1n}, {"c3.nii", FileRole::t2f}, {"d4.nii", FileRole::t2w}};
    EXPECT_EQ(refusal_of(find_cases(request)), "");
    // A file of one case given a role in another: the user's word.
    request = request_of({"P1-t1c.nii", "P1-t1n.nii", "P1-t2f.nii", "P2-t2w.nii"});
    request.chosen = "P1";
    request.roles = {{"P2-t2w.nii", FileRole::t2w}};
    list = find_cases(request);
    EXPECT_EQ(roles_of(list.cases[*list.chosen]), "P1-t1c.nii P1-t1n.nii P1-t2f.nii P2-t2w.nii -");
    // Two files of one role chosen: the later takes it.
    request = request_of({"P1-t1c.nii", "P1-t1n.nii", "P1-t2f.nii", "P1-t2w.nii", "odd.nii"});
    request.roles = {{"odd.nii", FileRole::t2w}};
    list = find_cases(request);
    EXPECT_EQ(roles_of(list.cases[0]), "P1-t1c.nii P1-t1n.nii P1-t2f.nii odd.nii -");
    EXPECT_EQ(file_of(list.cases[0], "P1-t2w.nii").instead, Names{"odd.nii"});
}

TEST(Intake, PairsOfHeaderAndVoxels) {
    const CaseList list = list_of({"x/p-t1c.hdr", "x/p-t1c.img", "x/p-t1n.nii", "x/p-t2f.nii", "x/p-t2w.nii"});
    EXPECT_EQ(file_of(list.cases[0], "x/p-t1c.hdr").image_path, "x/p-t1c.img");
    EXPECT_EQ(list.cases[0].files.size(), 4u);
}

TEST(Intake, ThousandsOfFilesAreQuick) {
    Names names;
    for (int patient = 0; patient < 2000; ++patient) {
        for (const char* role : {"t1c", "t1n", "t2f", "t2w", "seg"})
            names.push_back("all/P" + std::to_string(patient) + "/P" + std::to_string(patient) + "-" + role +
                            ".nii.gz");
    }
    const CaseList list = list_of(names);
    EXPECT_EQ(list.cases.size(), 2000u);
    EXPECT_EQ(list.cases[7].missing.size(), 0u);
}

}  // namespace
}  // namespace shapslice
