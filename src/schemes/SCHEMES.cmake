# The TEEs this stack knows: one word each, one folder each. See docs/ADD-A-TEE.md.
set(ASSAY_ALL_SCHEMES psa cca parsec_tpm tpm_enacttrust riot snp)
# Schemes whose evidence holds another's live in that folder, since schemes do not use each other.
set(ASSAY_SCHEMES_IN_cca parsec_cca)
