package oracle

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/google/uuid"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/veraison/apiclient/auth"
	"github.com/veraison/apiclient/common"
	"github.com/veraison/apiclient/management"
	"github.com/veraison/apiclient/provisioning"
)

// ConnectionOptions say who connects, and whom it trusts: as the options of the
// original clients with these names do.
var ConnectionOptions = []string{"username", "password", "token-url", "client-id", "client-secret", "ca-cert", "insecure"}

// serviceCommands drive a verifier service with the client library: the
// endorsement and policy clients, and what everybody may read. The client of
// the verification interface needs an older CMW library: it is in the 2024 module.
var serviceCommands = map[string]Command{
	"provision":         {Args: "URL FILE TYPE", Options: ConnectionOptions, Run: provision},
	"policy-create":     {Args: "URL SCHEME RULES", Options: append([]string{"name"}, ConnectionOptions...), Run: policyCreate},
	"policy-activate":   {Args: "URL SCHEME UUID", Options: ConnectionOptions, Run: policyActivate},
	"policy-deactivate": {Args: "URL SCHEME", Options: ConnectionOptions, Run: policyDeactivate},
	"policy-active":     {Args: "URL SCHEME", Options: ConnectionOptions, Run: policyActive},
	"policy-get":        {Args: "URL SCHEME UUID", Options: ConnectionOptions, Run: policyGet},
	"policy-list":       {Args: "URL SCHEME", Options: append([]string{"name"}, ConnectionOptions...), Run: policyList},
	"schemes":           {Args: "URL", Options: ConnectionOptions, Run: schemes},
	"discover":          {Args: "URL", Options: ConnectionOptions, Run: discover},
	"ear-of-service":    {Args: "FILE URL", Options: ConnectionOptions, Run: earOfService},
}

// Connection is what ConnectionOptions say.
type Connection struct {
	Auth     auth.IAuthenticator
	CACerts  []string
	Insecure bool
}

// NewConnection sets authentication up the way the original clients do.
func NewConnection(in Input) (Connection, error) {
	connection := Connection{Auth: &auth.NullAuthenticator{}, Insecure: in.Options["insecure"] == "true"}
	if file := in.Options["ca-cert"]; file != "" {
		connection.CACerts = []string{file}
	}
	user, given := in.Options["username"]
	if !given {
		return connection, nil
	}
	settings := map[string]any{"username": user, "password": in.Options["password"]}
	connection.Auth = &auth.BasicAuthenticator{}
	if in.Options["token-url"] != "" {
		for option, name := range map[string]string{"token-url": "token_url", "client-id": "client_id", "client-secret": "client_secret"} {
			settings[name] = in.Options[option]
		}
		settings["ca_certs"] = connection.CACerts
		connection.Auth = &auth.Oauth2Authenticator{}
	}
	return connection, connection.Auth.Configure(settings)
}

// Client is what the library makes of a connection to that URL by itself.
func (connection Connection) Client(target string) (*common.Client, error) {
	parsed, err := url.Parse(target)
	switch {
	case err != nil:
		return nil, err
	case parsed.Scheme != "https":
		return common.NewClient(connection.Auth), nil
	case connection.Insecure:
		return common.NewInsecureTLSClient(connection.Auth), nil
	}
	return common.NewTLSClient(connection.Auth, connection.CACerts)
}

// provision submits a CoRIM as the endorsement client does.
func provision(in Input) (any, error) {
	endorsements, err := os.ReadFile(in.Args[1])
	if err != nil {
		return nil, err
	}
	connection, err := NewConnection(in)
	if err != nil {
		return nil, err
	}
	var submission provisioning.SubmitConfig
	if err = submission.SetSubmitURI(in.Args[0]); err != nil {
		return nil, err
	}
	submission.SetAuth(connection.Auth)
	submission.SetCerts(connection.CACerts)
	submission.SetIsInsecure(connection.Insecure)
	submission.SetDeleteSession(true)
	if err = submission.Run(endorsements, in.Args[2]); err != nil {
		return nil, err
	}
	return map[string]any{"submitted": len(endorsements)}, nil
}

// manager makes the policy client; the URL ends with /management/v1.
func manager(in Input) (*management.Service, error) {
	connection, err := NewConnection(in)
	if err != nil {
		return nil, err
	}
	parsed, err := url.Parse(in.Args[0])
	switch {
	case err != nil:
		return nil, err
	case parsed.Scheme != "https":
		return management.NewService(in.Args[0], connection.Auth)
	case connection.Insecure:
		return management.NewInsecureTLSService(in.Args[0], connection.Auth)
	}
	return management.NewTLSService(in.Args[0], connection.Auth, connection.CACerts)
}

func policyCreate(in Input) (any, error) {
	rules, err := os.ReadFile(in.Args[2])
	if err != nil {
		return nil, err
	}
	service, err := manager(in)
	if err != nil {
		return nil, err
	}
	return service.CreateOPAPolicy(in.Args[1], rules, in.Options["name"])
}

func policyActivate(in Input) (any, error) {
	service, err := manager(in)
	if err != nil {
		return nil, err
	}
	id, err := uuid.Parse(in.Args[2])
	if err != nil {
		return nil, err
	}
	return map[string]any{"activated": id}, service.ActivatePolicy(in.Args[1], id)
}

func policyDeactivate(in Input) (any, error) {
	service, err := manager(in)
	if err != nil {
		return nil, err
	}
	return map[string]any{"deactivated": in.Args[1]}, service.DeactivateAllPolicies(in.Args[1])
}

func policyActive(in Input) (any, error) {
	service, err := manager(in)
	if err != nil {
		return nil, err
	}
	return service.GetActivePolicy(in.Args[1])
}

func policyGet(in Input) (any, error) {
	service, err := manager(in)
	if err != nil {
		return nil, err
	}
	id, err := uuid.Parse(in.Args[2])
	if err != nil {
		return nil, err
	}
	return service.GetPolicy(in.Args[1], id)
}

func policyList(in Input) (any, error) {
	service, err := manager(in)
	if err != nil {
		return nil, err
	}
	return service.GetPolicies(in.Args[1], in.Options["name"])
}

func schemes(in Input) (any, error) {
	service, err := manager(in)
	if err != nil {
		return nil, err
	}
	return service.GetSupportedSchemes()
}

func discover(in Input) (any, error) {
	return discovered(in, in.Args[0])
}

// discovered gets a discovery document.
func discovered(in Input, target string) (map[string]json.RawMessage, error) {
	connection, err := NewConnection(in)
	if err != nil {
		return nil, err
	}
	client, err := connection.Client(target)
	if err != nil {
		return nil, err
	}
	answer, err := client.GetResource(management.WellKnownMediaType, target)
	if err != nil {
		return nil, err
	}
	if err = common.CheckResponse(answer, http.StatusOK); err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	var document map[string]json.RawMessage
	return document, json.Unmarshal(text, &document)
}

// earOfService verifies a result with the key, and the algorithm, that the
// discovery document of its issuer names.
func earOfService(in Input) (any, error) {
	token, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	document, err := discovered(in, in.Args[1])
	if err != nil {
		return nil, err
	}
	key, err := jwk.ParseKey(document["ear-verification-key"])
	if err != nil {
		return nil, fmt.Errorf("ear-verification-key: %w", err)
	}
	if private, err := jwk.IsPrivateKey(key); err != nil || private {
		return nil, fmt.Errorf("ear-verification-key: a private key (%v)", err)
	}
	name, given := key.Algorithm()
	if !given {
		return nil, fmt.Errorf("ear-verification-key: no algorithm")
	}
	return earClaims(token, name.String(), key)
}
