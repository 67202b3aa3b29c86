package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"

	oracle "assay.test/oracle/common"
	"github.com/veraison/apiclient/verification"
	"github.com/veraison/ccatoken"
	"github.com/veraison/go-cose"
	"github.com/veraison/psatoken"
)

const (
	psaMediaType = "application/psa-attestation-token"
	ccaMediaType = `application/eat-collection; profile="http://arm.com/CCA-SSD/1.0.0"`
)

// verificationCommands drive the verification interface as the original client
// does in its two roles, and with evidence that the library cannot read; session-…
// are the halves of such an exchange. URL is that of newSession.
var verificationCommands = map[string]oracle.Command{
	"verify-psa-as-relying-party": {Args: "TOKEN URL", Options: exchangeOptions(), Run: psaAsRelyingParty},
	"verify-cca-as-relying-party": {Args: "TOKEN URL", Options: exchangeOptions(), Run: ccaAsRelyingParty},
	"verify-as-relying-party":     {Args: "TOKEN TYPE NONCE URL", Options: exchangeOptions(), Run: anyAsRelyingParty},
	"verify-psa-as-attester":      {Args: "CLAIMS KEY URL", Options: exchangeOptions("nonce-size"), Run: psaAsAttester},
	"verify-cca-as-attester":      {Args: "CLAIMS IAK RAK URL", Options: exchangeOptions("nonce-size"), Run: ccaAsAttester},
	"session-open":                {Args: "URL", Options: exchangeOptions("nonce", "nonce-size"), Run: sessionOpen},
	"session-answer":              {Args: "SESSION FILE TYPE", Options: oracle.ConnectionOptions, Run: sessionAnswer},
	"session-delete":              {Args: "SESSION", Options: oracle.ConnectionOptions, Run: sessionDelete},
}

func exchangeOptions(more ...string) []string {
	return append(append(more, "wrap"), oracle.ConnectionOptions...)
}

// exchange is a configured client, and what it was shown.
type exchange struct {
	config verification.ChallengeResponseConfig
	seen   struct {
		Nonce  string   `json:"nonce"`
		Accept []string `json:"accept"`
		Result string   `json:"result"`
	}
}

func newExchange(in oracle.Input, target string) (*exchange, error) {
	connection, err := oracle.NewConnection(in)
	if err != nil {
		return nil, err
	}
	var made exchange
	if err = made.config.SetSessionURI(target); err != nil {
		return nil, err
	}
	made.config.SetDeleteSession(true)
	made.config.SetIsInsecure(connection.Insecure)
	made.config.SetCerts(connection.CACerts)
	wrap, known := map[string]verification.CmwWrap{"": verification.NoWrap, "cbor": verification.WrapCBOR, "json": verification.WrapJSON}[in.Options["wrap"]]
	if !known {
		return nil, fmt.Errorf("unknown wrap %q: cbor or json", in.Options["wrap"])
	}
	return &made, made.config.SetWrap(wrap)
}

// setNonce takes the options nonce (hex) and nonce-size.
func (e *exchange) setNonce(in oracle.Input, size uint64) error {
	nonce, err := in.Hex("nonce")
	if err != nil {
		return err
	}
	if text := in.Options["nonce-size"]; text != "" {
		if size, err = strconv.ParseUint(text, 10, 32); err != nil {
			return err
		}
	}
	if nonce != nil {
		return e.config.SetNonce(nonce)
	}
	return e.config.SetNonceSz(uint(size))
}

// evidence is what the library calls for evidence; it is asked once.
type evidence struct {
	of    *exchange
	type_ string
	make  func(nonce []byte) ([]byte, error)
}

func (e evidence) BuildEvidence(nonce []byte, accept []string) ([]byte, string, error) {
	e.of.seen.Nonce, e.of.seen.Accept = hex.EncodeToString(nonce), accept
	for _, offered := range accept {
		if offered == e.type_ {
			made, err := e.make(nonce)
			return made, e.type_, err
		}
	}
	return nil, "", fmt.Errorf("expecting media type %s, got %s", e.type_, strings.Join(accept, ", "))
}

func (e *exchange) run(mediaType string, makeEvidence func(nonce []byte) ([]byte, error)) (any, error) {
	if err := e.config.SetEvidenceBuilder(evidence{e, mediaType, makeEvidence}); err != nil {
		return nil, err
	}
	result, err := e.config.Run()
	e.seen.Result = unquoted(result)
	return e.seen, err
}

// unquoted is the JWT: the library hands the JSON string out as it came.
func unquoted(result []byte) string {
	return strings.Trim(string(result), `"`)
}

func psaAsRelyingParty(in oracle.Input) (any, error) {
	token, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	decoded, err := psatoken.DecodeAndValidateEvidenceFromCOSE(token)
	if err != nil {
		return nil, err
	}
	nonce, err := decoded.Claims.GetNonce()
	if err != nil {
		return nil, err
	}
	return asRelyingParty(in, token, nonce, psaMediaType, in.Args[1])
}

func ccaAsRelyingParty(in oracle.Input) (any, error) {
	token, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	decoded, err := ccatoken.DecodeAndValidateEvidenceFromCBOR(token)
	if err != nil {
		return nil, err
	}
	nonce, err := decoded.RealmClaims.GetChallenge()
	if err != nil {
		return nil, err
	}
	return asRelyingParty(in, token, nonce, ccaMediaType, in.Args[1])
}

func anyAsRelyingParty(in oracle.Input) (any, error) {
	token, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	nonce, err := hex.DecodeString(in.Args[2])
	if err != nil {
		return nil, err
	}
	return asRelyingParty(in, token, nonce, in.Args[1], in.Args[3])
}

// asRelyingParty uses the nonce that is in the token, and wants it back.
func asRelyingParty(in oracle.Input, token, nonce []byte, mediaType, target string) (any, error) {
	client, err := newExchange(in, target)
	if err != nil {
		return nil, err
	}
	if err = client.config.SetNonce(nonce); err != nil {
		return nil, err
	}
	return client.run(mediaType, func(answered []byte) ([]byte, error) {
		if !bytes.Equal(nonce, answered) {
			return nil, fmt.Errorf("expecting nonce %x, got %x", nonce, answered)
		}
		return token, nil
	})
}

func psaAsAttester(in oracle.Input) (any, error) {
	text, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	claims, err := psatoken.DecodeClaimsFromJSON(text)
	if err != nil {
		return nil, err
	}
	signer, err := oracle.LoadSigner(in.Args[1], "")
	if err != nil {
		return nil, err
	}
	client, err := newExchange(in, in.Args[2])
	if err != nil {
		return nil, err
	}
	if err = client.setNonce(in, 48); err != nil {
		return nil, err
	}
	return client.run(psaMediaType, func(nonce []byte) ([]byte, error) {
		if err := claims.SetNonce(nonce); err != nil {
			return nil, fmt.Errorf("setting nonce: %w", err)
		}
		var made psatoken.Evidence
		if err := made.SetClaims(claims); err != nil {
			return nil, fmt.Errorf("setting claims: %w", err)
		}
		return made.ValidateAndSign(signer)
	})
}

func ccaAsAttester(in oracle.Input) (any, error) {
	text, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	claims, err := ccatoken.DecodeEvidenceFromJSON(text)
	if err != nil {
		return nil, err
	}
	var signers [2]cose.Signer
	for i := range signers {
		if signers[i], err = oracle.LoadSigner(in.Args[1+i], ""); err != nil {
			return nil, err
		}
	}
	client, err := newExchange(in, in.Args[3])
	if err != nil {
		return nil, err
	}
	if err = client.setNonce(in, 64); err != nil {
		return nil, err
	}
	return client.run(ccaMediaType, func(nonce []byte) ([]byte, error) {
		if err := claims.RealmClaims.SetChallenge(nonce); err != nil {
			return nil, fmt.Errorf("setting nonce: %w", err)
		}
		var made ccatoken.Evidence
		if err := made.SetClaims(claims.PlatformClaims, claims.RealmClaims); err != nil {
			return nil, fmt.Errorf("setting claims: %w", err)
		}
		return made.ValidateAndSign(signers[0], signers[1])
	})
}

func sessionOpen(in oracle.Input) (any, error) {
	client, err := newExchange(in, in.Args[0])
	if err != nil {
		return nil, err
	}
	if err = client.setNonce(in, 0); err != nil {
		return nil, err
	}
	session, uri, err := client.config.NewSession()
	if err != nil {
		return nil, err
	}
	return map[string]any{"uri": uri, "nonce": hex.EncodeToString(session.Nonce), "accept": session.Accept, "status": session.Status, "expiry": session.Expiry}, nil
}

// sessionAnswer leaves the session there.
func sessionAnswer(in oracle.Input) (any, error) {
	token, err := os.ReadFile(in.Args[1])
	if err != nil {
		return nil, err
	}
	connection, err := oracle.NewConnection(in)
	if err != nil {
		return nil, err
	}
	var config verification.ChallengeResponseConfig
	if config.Client, err = connection.Client(in.Args[0]); err != nil {
		return nil, err
	}
	result, err := config.ChallengeResponse(token, in.Args[2], in.Args[0])
	return map[string]string{"result": unquoted(result)}, err
}

func sessionDelete(in oracle.Input) (any, error) {
	connection, err := oracle.NewConnection(in)
	if err != nil {
		return nil, err
	}
	client, err := connection.Client(in.Args[0])
	if err != nil {
		return nil, err
	}
	return map[string]string{"deleted": in.Args[0]}, client.DeleteResource(in.Args[0])
}
