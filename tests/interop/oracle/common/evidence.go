package oracle

import (
	"crypto"
	"encoding/json"
	"fmt"
	"os"

	"github.com/veraison/ccatoken"
	"github.com/veraison/psatoken"
)

var evidenceCommands = map[string]Command{
	"cca-decode": {Args: "FILE", Run: func(in Input) (any, error) { return ccaRead(in.Args[0], "") }},
	"cca-verify": {Args: "FILE KEY", Run: func(in Input) (any, error) { return ccaRead(in.Args[0], in.Args[1]) }},
	"cca-create": {Args: "CLAIMS IAK RAK OUT", Run: ccaCreate},
	"psa-decode": {Args: "FILE", Run: func(in Input) (any, error) { return psaRead(in.Args[0], "") }},
	"psa-verify": {Args: "FILE KEY", Run: func(in Input) (any, error) { return psaRead(in.Args[0], in.Args[1]) }},
	"psa-create": {Args: "CLAIMS KEY PROFILE OUT", Run: psaCreate},
}

// ccaRead decodes and validates a token, verifies it when there is a key, and
// returns the claims as the library prints them.
func ccaRead(path, keyPath string) (any, error) {
	token, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	evidence, err := ccatoken.DecodeAndValidateEvidenceFromCBOR(token)
	if err != nil {
		return nil, err
	}
	if err = verifyIfAsked(evidence.Verify, keyPath); err != nil {
		return nil, err
	}
	text, err := ccatoken.EncodeEvidenceToJSON(evidence)
	return json.RawMessage(text), err
}

func ccaCreate(in Input) (any, error) {
	text, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	evidence, err := ccatoken.DecodeAndValidateEvidenceFromJSON(text)
	if err != nil {
		return nil, err
	}
	platformSigner, err := LoadSigner(in.Args[1], "")
	if err != nil {
		return nil, err
	}
	realmSigner, err := LoadSigner(in.Args[2], "")
	if err != nil {
		return nil, err
	}
	token, err := evidence.ValidateAndSign(platformSigner, realmSigner)
	if err != nil {
		return nil, err
	}
	return WriteOutput(in.Args[3], token)
}

func psaRead(path, keyPath string) (any, error) {
	token, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	evidence, err := psatoken.DecodeAndValidateEvidenceFromCOSE(token)
	if err != nil {
		return nil, err
	}
	if err = verifyIfAsked(evidence.Verify, keyPath); err != nil {
		return nil, err
	}
	text, err := psatoken.EncodeClaimsToJSON(evidence.Claims)
	return json.RawMessage(text), err
}

func psaCreate(in Input) (any, error) {
	text, err := os.ReadFile(in.Args[0])
	if err != nil {
		return nil, err
	}
	claims, err := psatoken.DecodeAndValidateClaimsFromJSON(text)
	if err != nil {
		return nil, err
	}
	profile, err := claims.GetProfile()
	if err != nil {
		return nil, err
	}
	if profile != in.Args[2] {
		return nil, fmt.Errorf("profile mismatch: requested: %s loaded: %s", in.Args[2], profile)
	}
	signer, err := LoadSigner(in.Args[1], "")
	if err != nil {
		return nil, err
	}
	var evidence psatoken.Evidence
	if err = evidence.SetClaims(claims); err != nil {
		return nil, err
	}
	token, err := evidence.ValidateAndSign(signer)
	if err != nil {
		return nil, err
	}
	return WriteOutput(in.Args[3], token)
}

func verifyIfAsked(verify func(crypto.PublicKey) error, keyPath string) error {
	if keyPath == "" {
		return nil
	}
	public, err := loadPublicKey(keyPath)
	if err != nil {
		return err
	}
	return verify(public)
}
