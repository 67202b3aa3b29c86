module assay.test/oracle/common

go 1.23.0

// Lowest versions: the module of each generation asks for its own.
require (
	github.com/google/uuid v1.3.0
	github.com/veraison/apiclient v0.3.1-0.20240827095125-ab8774ee8e6d
	github.com/lestrrat-go/jwx/v3 v3.0.8
	github.com/veraison/ccatoken v1.3.1
	github.com/veraison/ear v1.1.3
	github.com/veraison/go-cose v1.3.0
	github.com/veraison/psatoken v1.2.1-0.20240719122628-26fe500fd5d4
)
