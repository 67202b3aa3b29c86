# The TEEs this stack knows: one word each, one folder each. See docs/ADD-A-TEE.md.
set(ASSAY_ALL_SCHEMES psa cca)
